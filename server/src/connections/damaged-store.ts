import { sql } from 'kysely';
import { type Queries, queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';

/** Marks a credential that does not open; false: it was marked before, or is destroyed. */
export async function markDamaged(
  tx: Tx,
  workspaceId: string,
  connectionId: string,
  version: number,
  at: Date,
): Promise<boolean> {
  const marked = await queries(tx)
    .updateTable('credentials')
    .set({ damaged_at: at })
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .where('version', '=', version)
    .where('sealed', 'is not', null)
    .where('damaged_at', 'is', null)
    .returning('version')
    .executeTakeFirst();
  return marked !== undefined;
}

/**
 * Connections whose credentials in use were found damaged and that have not been healed since; null: of all workspaces, past
 * row-level security.
 */
export async function countDamaged(system: Queries, workspaceId: string | null): Promise<number> {
  const row = await system
    .selectFrom('credentials')
    .innerJoin('connections', 'connections.id', 'credentials.connection_id')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('credentials.damaged_at', 'is not', null)
    .where('credentials.state', '=', 'current')
    .where('credentials.sealed', 'is not', null)
    .where('connections.status', '=', 'invalid')
    .$if(workspaceId !== null, (query) => query.where('credentials.workspace_id', '=', workspaceId))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Current credentials under these keys that are not marked yet, in order; of all workspaces. */
export async function unmarkedUnder(
  system: Queries,
  keyIds: readonly string[],
  limit: number,
): Promise<{ workspaceId: string; connectionId: string; version: number }[]> {
  const rows = await system
    .selectFrom('credentials')
    .select(['workspace_id', 'connection_id', 'version'])
    .where('key_id', '=', sql<string>`any(${[...keyIds]})`)
    .where('damaged_at', 'is', null)
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    connectionId: row.connection_id,
    version: row.version,
  }));
}

/** Whose token this is. */
export async function ownerOfToken(tx: Tx, workspaceId: string, tokenId: string) {
  const row = await queries(tx)
    .selectFrom('tokens')
    .select(['connection_id', 'credential_version'])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', tokenId)
    .executeTakeFirst();
  return row === undefined ? null : { connectionId: row.connection_id, version: row.credential_version };
}
