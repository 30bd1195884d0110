import { type ConnectionEvent, connectionEvent } from '@keyrail/contract/connections';
import { queries } from '../db/open.ts';
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
