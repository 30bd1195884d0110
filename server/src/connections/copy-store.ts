import { sql } from 'kysely';
import { type Queries, queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';

/** Of one workspace: connections that hold what a person signed in for, after this id. */
export async function signedInAfter(
  tx: Tx,
  workspaceId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from connections c
    where workspace_id = ${workspaceId} and id > ${after} and (
      (method = 'oauth2' and status <> 'disconnected')
      or exists (
        select from credentials s
        where s.workspace_id = c.workspace_id and s.connection_id = c.id and s.method = 'oauth2' and s.sealed is not null
      )
    )
    order by id limit ${limit}`.execute(queries(tx));
  return rows.map(({ id }) => id);
}

/** What is still to be withdrawn at a provider is left to whoever holds the original. */
export async function dropWithdrawals(tx: Tx, workspaceId: string, problem: string, at: Date): Promise<void> {
  await queries(tx)
    .updateTable('withdrawals')
    .set({ state: 'failed', sealed: null, next_attempt_at: null, settled_at: at, problem })
    .where('workspace_id', '=', workspaceId)
    .where('state', '=', 'pending')
    .execute();
}

export async function everyWorkspace(system: Queries): Promise<string[]> {
  const rows = await system.selectFrom('workspaces').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}
