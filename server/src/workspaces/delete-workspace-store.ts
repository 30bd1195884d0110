import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';

/** Null: it is not there, or is being deleted already. Nobody else changes it until this transaction ends. */
export async function lockWorkspaceName(tx: Tx, workspaceId: string): Promise<string | null> {
  const row = await queries(tx)
    .selectFrom('workspaces')
    .select('name')
    .where('id', '=', workspaceId)
    .where('deleting_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  return row?.name ?? null;
}

export async function endEverybodysAccess(tx: Tx, workspaceId: string, now: Date): Promise<void> {
  await queries(tx)
    .updateTable('workspaces')
    .set({ deleting_at: now })
    .where('id', '=', workspaceId)
    .execute();
  for (const table of ['api_tokens', 'invitations', 'members'] as const)
    await queries(tx).deleteFrom(table).where('workspace_id', '=', workspaceId).execute();
}
