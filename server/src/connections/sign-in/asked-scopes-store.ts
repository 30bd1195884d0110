import { sql } from 'kysely';
import { queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';

interface Owner {
  workspaceId: string;
  connectionId: string;
  credentialVersion: number;
}

/** With the credential that a sign-in became. */
export async function saveAskedScopes(tx: Tx, owner: Owner, asked: readonly string[]): Promise<void> {
  await queries(tx)
    .updateTable('credentials')
    .set({ asked_scopes: [...asked] })
    .where('workspace_id', '=', owner.workspaceId)
    .where('connection_id', '=', owner.connectionId)
    .where('version', '=', owner.credentialVersion)
    .execute();
}

/** What the current credentials of these connections were asked for, by connection; of one that was not signed in for, none. */
export async function findAskedScopes(
  tx: Tx,
  workspaceId: string,
  connectionIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await queries(tx)
    .selectFrom('credentials')
    .select(['connection_id', 'asked_scopes'])
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', sql<string>`any(${[...connectionIds]})`)
    .where('state', '=', 'current')
    .where('asked_scopes', 'is not', null)
    .execute();
  return new Map(rows.map((row) => [row.connection_id, row.asked_scopes ?? []]));
}

/** The same of one credential, whichever it is; null: nobody signed in for it. */
export async function askedScopesOf(
  tx: Tx,
  { workspaceId, connectionId, credentialVersion }: Owner,
): Promise<readonly string[] | null> {
  const row = await queries(tx)
    .selectFrom('credentials')
    .select('asked_scopes')
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .where('version', '=', credentialVersion)
    .executeTakeFirst();
  return row?.asked_scopes ?? null;
}
