import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { SignedInConnection } from '../workspaces/members.ts';

/** The connections of a person that hold a credential, for when the person leaves. */
export async function connectionsMadeBy(
  tx: Tx,
  workspaceId: string,
  userId: string,
): Promise<SignedInConnection[]> {
  return queries(tx)
    .selectFrom('connections')
    .select(['id', 'integration', 'name', 'method', 'status'])
    .where('workspace_id', '=', workspaceId)
    .where('created_by', '=', userId)
    .where('status', '!=', 'disconnected')
    .orderBy('integration')
    .orderBy('name_key')
    .limit(500)
    .execute();
}
