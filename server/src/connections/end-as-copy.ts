import { record } from '../audit/record.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import { changeConnection, lockConnection } from './connection-store.ts';
import { dropWithdrawals, signedInAfter } from './copy-store.ts';
import { destroy } from './credential-store.ts';
import { insertEvent } from './event-store.ts';
import { disconnected } from './status.ts';
import { tellPutAway } from './tell-status.ts';

interface Deps {
  transact: Transact;
  clock: Clock;
}

const AT_ONCE = 200;
const BECAUSE = 'This server works on a copy of another one’s database, and the sign-in belongs to that one.';

/**
 * This database is a copy beside its original: what people signed in for is destroyed here, and nobody is told of it, since
 * the original still uses it. Keys, certificates and service accounts stay: they can be used from two sides. Returns how many
 * connections must sign in again. Killed in between, it goes on where it was.
 */
export async function endSignInsAsCopy(deps: Deps, workspaceId: string): Promise<number> {
  let ended = 0;
  let after = '';
  for (;;) {
    const ids = await deps.transact(workspaceId, (tx) => signedInAfter(tx, workspaceId, after, AT_ONCE));
    if (ids.length === 0) break;
    after = ids.at(-1) ?? after;
    ended += await deps.transact(workspaceId, async (tx) => {
      let count = 0;
      for (const id of ids) count += (await endOne(deps, tx, workspaceId, id)) ? 1 : 0;
      return count;
    });
  }
  const problem = 'This server works on a copy of the database: access is withdrawn by the original alone.';
  await deps.transact(workspaceId, (tx) => dropWithdrawals(tx, workspaceId, problem, deps.clock.now()));
  return ended;
}

/** True: it must sign in again. A connection that uses a key by now loses only the sign-in it could be rolled back to. */
async function endOne({ clock }: Deps, tx: Tx, workspaceId: string, id: string): Promise<boolean> {
  const before = await lockConnection(tx, workspaceId, id);
  if (before === null) return false;
  const at = clock.now();
  if (before.method !== 'oauth2') {
    await destroy(tx, before, ['previous'], at);
    return false;
  }
  await destroy(tx, before, ['pending', 'current', 'previous'], at);
  await changeConnection(tx, before, disconnected(BECAUSE, at), { now: at, byPerson: true });
  const message = `${BECAUSE} Sign in again to use it here; the original keeps its own.`;
  await insertEvent(tx, before, { kind: 'disconnected', message, actor: 'the operator', at });
  await tellPutAway(tx, before, at);
  await record(tx, {
    who: { workspaceId, system: 'operator' },
    action: 'connection.ended_as_copy',
    subject: { kind: 'connection', id: before.id, name: before.name },
    detail: { integration: before.integration },
  });
  return true;
}
