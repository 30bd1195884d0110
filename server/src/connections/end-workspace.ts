import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import { findConnection, lockConnection, lockIntegration } from './connection-store.ts';
import { signedInAfter } from './copy-store.ts';
import { destroy } from './credential-store.ts';
import { type NotWithdrawn, notWithdrawn, toldSoon } from './withdrawals/end-store.ts';
import type { Withdrawals } from './withdrawals/withdrawals.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
  withdrawals: Pick<Withdrawals, 'givingUp' | 'tell'>;
}

const AT_ONCE = 50;
const TOLD_AT_ONCE = 8;
const LOOK_MS = 100;

/**
 * A workspace is being deleted: what its people signed in for is given up, and the providers are told, for as long as `forMs` at
 * most. Its secrets are destroyed right after, so what could not be withdrawn by then must be removed at the tool by a person.
 */
export async function endAccess(deps: Deps, workspaceId: string, forMs: number): Promise<NotWithdrawn[]> {
  const until = performance.now() + forMs;
  await giveUpAll(deps, workspaceId, until);
  for (;;) {
    const ids = await deps.transact(workspaceId, (tx) => toldSoon(tx, workspaceId, deps.clock.now()), 'read');
    if (ids === null || performance.now() > until) break;
    const telling = inTurns(ids, TOLD_AT_ONCE, (id) => deps.withdrawals.tell(workspaceId, id));
    const told = new AbortController();
    const late = deps.clock.sleep(Math.max(0, until - performance.now()), told.signal).catch(() => {});
    await Promise.race([telling.catch(() => {}), late]);
    told.abort();
    // Another process may be telling one at this moment.
    await deps.clock.sleep(LOOK_MS);
  }
  return deps.transact(workspaceId, (tx) => notWithdrawn(tx, workspaceId), 'read');
}

async function giveUpAll(deps: Deps, workspaceId: string, until: number): Promise<void> {
  const giveUp = await deps.withdrawals.givingUp(workspaceId);
  for (let after = ''; performance.now() < until; ) {
    const ids = await deps.transact(
      workspaceId,
      (tx) => signedInAfter(tx, workspaceId, after, AT_ONCE),
      'read',
    );
    if (ids.length === 0) return;
    after = ids.at(-1) ?? after;
    for (const id of ids)
      await deps.transact(workspaceId, async (tx) => {
        const found = await findConnection(tx, workspaceId, id);
        if (found === null) return;
        await lockIntegration(tx, workspaceId, found.integration);
        const before = await lockConnection(tx, workspaceId, id);
        if (before === null) return;
        await giveUp(tx, before, ['current', 'previous'], 'deleted');
        await destroy(tx, before, ['pending', 'current', 'previous'], deps.clock.now());
      });
  }
}

async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
