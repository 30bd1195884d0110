import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { ConnectionRequest } from './connection-request.ts';

export interface RequestsPage {
  limit: number;
  /** The last id of the page before. */
  before: string | null;
  state: ConnectionRequest['state'] | undefined;
  /** Of this person alone; null: everybody's. */
  requestedBy: string | null;
}

const columns = [
  'id',
  'integration',
  'note',
  'state',
  'requested_by_label as requestedBy',
  'requested_by as requestedById',
  'created_at as createdAt',
  'decided_by_label as decidedBy',
  'decided_at as decidedAt',
  'connection_id as connectionId',
] as const;

/** Newest first. */
export async function listRequests(
  tx: Tx,
  workspaceId: string,
  { limit, before, state, requestedBy }: RequestsPage,
): Promise<ConnectionRequest[]> {
  let query = queries(tx)
    .selectFrom('connection_requests')
    .select(columns)
    .where('workspace_id', '=', workspaceId)
    .orderBy('id', 'desc')
    .limit(limit);
  if (before !== null) query = query.where('id', '<', before);
  if (state !== undefined) query = query.where('state', '=', state);
  if (requestedBy !== null) query = query.where('requested_by', '=', requestedBy);
  return (await query.execute()) as ConnectionRequest[];
}

/** Null when this person has an open request for it already. */
export async function insertRequest(
  tx: Tx,
  workspaceId: string,
  made: Pick<
    ConnectionRequest,
    'id' | 'integration' | 'note' | 'requestedBy' | 'requestedById' | 'createdAt'
  >,
): Promise<ConnectionRequest | null> {
  const row = await queries(tx)
    .insertInto('connection_requests')
    .values({
      id: made.id,
      workspace_id: workspaceId,
      integration: made.integration,
      note: made.note,
      requested_by: made.requestedById,
      requested_by_label: made.requestedBy,
      created_at: made.createdAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning(columns)
    .executeTakeFirst();
  return (row as ConnectionRequest | undefined) ?? null;
}

export interface Decision {
  state: 'done' | 'declined';
  by: string;
  at: Date;
  connectionId: string | null;
}

/** Decides those that are open: one by its id, or all for an integration. What was decided. */
export async function decideRequests(
  tx: Tx,
  workspaceId: string,
  which: { id: string } | { integration: string },
  decision: Decision,
): Promise<ConnectionRequest[]> {
  let update = queries(tx)
    .updateTable('connection_requests')
    .set({
      state: decision.state,
      decided_by_label: decision.by,
      decided_at: decision.at,
      connection_id: decision.connectionId,
    })
    .where('workspace_id', '=', workspaceId)
    .where('state', '=', 'open');
  update =
    'id' in which ? update.where('id', '=', which.id) : update.where('integration', '=', which.integration);
  return (await update.returning(columns).execute()) as ConnectionRequest[];
}

export async function findRequest(
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<ConnectionRequest | null> {
  const row = await queries(tx)
    .selectFrom('connection_requests')
    .select(columns)
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  return (row as ConnectionRequest | undefined) ?? null;
}
