import { record } from '../audit/record.ts';
import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import type { Connection } from './connection.ts';
import { changeConnection, takenNames } from './connection-store.ts';
import { insertEvent } from './event-store.ts';
import { nameKey, nameTaken, tidyName } from './name.ts';

/** Gives a connection (taken by `takeConnection`) another name, unless another one of its integration has it. */
export async function renameIn(
  tx: Tx,
  who: Who,
  before: Connection,
  wanted: string,
  at: Date,
): Promise<void> {
  const name = tidyName(wanted);
  if (name === before.name) return;
  const taken = await takenNames(tx, before.workspaceId, before.integration);
  const isSameKey = nameKey(name) === nameKey(before.name);
  if (!isSameKey && taken.has(nameKey(name))) throw nameTaken(name);
  await changeConnection(tx, before, { name, nameKey: nameKey(name) }, { now: at, byPerson: true });
  const message = `Renamed from “${before.name}” to “${name}”.`;
  await insertEvent(tx, before, { kind: 'renamed', message, actor: who.label, at });
  await record(tx, {
    who,
    action: 'connection.renamed',
    subject: { kind: 'connection', id: before.id, name },
    detail: { from: before.name },
  });
}
