import { type ConnectionEvent, connectionEvent } from '@keyrail/contract/connections';
import { sql } from 'kysely';
import { executeLater, queries } from '../db/open.ts';
import { newId } from '../lib/id.ts';
import type { Tx } from '../lib/tx.ts';

export interface NewEvent {
  kind: ConnectionEvent['kind'];
  message: string;
  /** Who did it; null: Keyrail itself. */
  actor: string | null;
  at: Date;
}

export async function insertEvent(
  tx: Tx,
  connection: { workspaceId: string; id: string },
  event: NewEvent,
): Promise<void> {
  await queries(tx)
    .insertInto('connection_events')
    .values({
      id: newId('evt', event.at.getTime()),
      workspace_id: connection.workspaceId,
      connection_id: connection.id,
      ...event,
    })
    .execute();
}

/** Several in one statement whose text is always the same; it goes with the commit. */
export async function insertEvents(
  tx: Tx,
  events: readonly (NewEvent & { connection: { workspaceId: string; id: string } })[],
): Promise<void> {
  if (events.length === 0) return;
  const of = <Value>(value: (event: (typeof events)[number]) => Value) => events.map(value);
  const insert = sql`
    insert into connection_events (id, workspace_id, connection_id, kind, message, actor, at)
    select * from unnest(
      ${of((one) => newId('evt', one.at.getTime()))}::text[], ${of((one) => one.connection.workspaceId)}::text[],
      ${of((one) => one.connection.id)}::text[], ${of((one) => one.kind)}::text[],
      ${of((one) => one.message)}::text[], ${of((one) => one.actor)}::text[], ${of((one) => one.at)}::timestamptz[]
    )`;
  await executeLater(tx, insert);
}

/** Newest first. */
export async function listEvents(
  tx: Tx,
  connection: { workspaceId: string; id: string },
  page: { before: string | null; limit: number },
): Promise<ConnectionEvent[]> {
  let query = queries(tx)
    .selectFrom('connection_events')
    .select(['id', 'kind', 'message', 'actor', 'at'])
    .where('workspace_id', '=', connection.workspaceId)
    .where('connection_id', '=', connection.id)
    .orderBy('id', 'desc')
    .limit(page.limit);
  if (page.before !== null) query = query.where('id', '<', page.before);
  const rows = await query.execute();
  return rows.map((row) => ({
    ...row,
    kind: connectionEvent.shape.kind.parse(row.kind),
    at: row.at.toISOString(),
  }));
}
