import { sql } from 'kysely';
import { queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';

/** The host that the workspace's setup is for; null: its secret was sent to none yet. */
export async function findHost(tx: Tx, workspaceId: string, integration: string): Promise<string | null> {
  const row = await queries(tx)
    .selectFrom('oauth_apps')
    .select('token_host')
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', integration)
    .executeTakeFirst();
  return row?.token_host ?? null;
}

/** The same, and from now on this one, where there was none. */
export async function keepHost(
  tx: Tx,
  workspaceId: string,
  integration: string,
  host: string,
): Promise<string> {
  const row = await queries(tx)
    .updateTable('oauth_apps')
    .set({ token_host: sql<string>`coalesce(token_host, ${host})` })
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', integration)
    .returning('token_host')
    .executeTakeFirst();
  return row?.token_host ?? host;
}

/** A secret that is entered anew may be of another server. */
export async function forgetHost(tx: Tx, workspaceId: string, integration: string): Promise<void> {
  await queries(tx)
    .updateTable('oauth_apps')
    .set({ token_host: null })
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', integration)
    .execute();
}
