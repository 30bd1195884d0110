import { record } from '../audit/record.ts';
import { ADDRESS_CHANGED } from '../catalog/requests/base-url.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import { type Connection, isBroken } from './connection.ts';
import { changeConnection, lockConnection } from './connection-store.ts';
import { insertEvent } from './event-store.ts';
import { tellStatus } from './tell-status.ts';

/**
 * What is stored was entered for another address than its integration has now, and is not sent to this one: the status says
 * so, once. It is kept: where the address is the old one again, the next check finds that it works. `name`: the integration's.
 */
export async function markForOtherAddress(
  { transact, clock }: { transact: Transact; clock: Clock },
  seen: Connection,
  name: string,
): Promise<void> {
  const { workspaceId, id } = seen;
  await transact(workspaceId, async (tx) => {
    const before = await lockConnection(tx, workspaceId, id);
    if (before === null || before.credentialVersion !== seen.credentialVersion) return;
    if (isBroken(before.status) || before.status === 'disconnected') return;
    const [at, status] = [clock.now(), 'invalid' as const];
    // What the last check said, and advised, was about the other address.
    const change = { status, statusReason: ADDRESS_CHANGED, statusSince: at, lastVerdict: null };
    await changeConnection(tx, before, change, { now: at, byPerson: false });
    await insertEvent(tx, before, { kind: 'address_changed', message: ADDRESS_CHANGED, actor: null, at });
    await record(tx, {
      who: { workspaceId, system: 'keyrail' },
      action: 'connection.status_changed',
      subject: { kind: 'connection', id, name: before.name },
      detail: { from: before.status, to: status, because: 'address_changed' },
    });
    await tellStatus(tx, before, { status, name, reason: ADDRESS_CHANGED, at });
  });
}
