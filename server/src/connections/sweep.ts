import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import { findConnection, lockConnection, lockIntegration } from './connection-store.ts';
import { destroy } from './credential-store.ts';
import { insertEvent } from './event-store.ts';
import type { SweepStore } from './sweep-store.ts';
import type { Withdrawals } from './withdrawals/withdrawals.ts';

interface Deps {
  ownTransact: Transact;
  sweepStore: SweepStore;
  withdrawals: Pick<Withdrawals, 'givingUp'>;
  clock: Clock;
}

/** At one time; more waits for the next sweep, so that checks never crowd out other work. */
const MOST_AT_ONCE = 200;
/** How long a check that was enqueued may take to come about before it is enqueued again. */
const LEASE_MS = 15 * 60_000;

/** Every minute: due checks become jobs, and replaced credentials whose time is over are destroyed. */
export async function sweep(deps: Deps): Promise<void> {
  const { sweepStore, clock } = deps;
  const now = clock.now();
  await sweepStore.destroyExpired(now);
  for (const one of await sweepStore.expiredSignedIn(now, MOST_AT_ONCE)) await giveUpPrevious(deps, one, now);
  await sweepStore.enqueueDue(now, new Date(now.getTime() + LEASE_MS), MOST_AT_ONCE);
}

/** Access that was replaced is withdrawn at the provider, too, once nobody can roll back to it. */
async function giveUpPrevious(
  { ownTransact, withdrawals }: Deps,
  { workspaceId, connectionId }: { workspaceId: string; connectionId: string },
  now: Date,
): Promise<void> {
  const giveUp = await withdrawals.givingUp(workspaceId);
  await ownTransact(workspaceId, async (tx) => {
    const seen = await findConnection(tx, workspaceId, connectionId);
    if (seen === null) return;
    await lockIntegration(tx, workspaceId, seen.integration);
    const connection = await lockConnection(tx, workspaceId, connectionId);
    const until = connection?.previousCredential?.destroyAfter;
    if (connection === null || until === undefined || until > now) return;
    await giveUp(tx, connection, ['previous'], 'replaced');
    await destroy(tx, connection, ['previous'], now);
    const message = 'The replaced credentials were destroyed, as their time was over.';
    await insertEvent(tx, connection, { kind: 'previous_destroyed', message, actor: null, at: now });
  });
}
