import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';
import { tell } from './rotation-store.ts';

/**
 * Destroys every data key of a workspace that is being deleted: nothing sealed in it can be opened from then on, by anybody, with
 * whatever master key. In a transaction of its own, and every process forgets what it has in memory. No key is made afterwards:
 * whoever makes one looks at the workspace's row, which is locked here, first.
 */
export async function destroyKeys(system: Queries, workspaceId: string): Promise<void> {
  await system.transaction().execute(async (transaction) => {
    await sql`select from workspaces where id = ${workspaceId} for update`.execute(transaction);
    await transaction.deleteFrom('data_keys').where('workspace_id', '=', workspaceId).execute();
    await tell(transaction, workspaceId);
  });
}
