import { sql } from 'kysely';
import { queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';

/** Access that nobody could withdraw before its workspace went. */
export interface NotWithdrawn {
  integration: string;
  integrationName: string;
  connectionName: string | null;
  accountName: string | null;
  /** Where a person removes it. */
  removeUrl: string | null;
}

/** Withdrawals to tell now; null: each was told, or tried and put off. */
export async function toldSoon(tx: Tx, workspaceId: string, now: Date): Promise<string[] | null> {
  const { rows } = await sql<{ id: string; is_due: boolean }>`
    select id, next_attempt_at <= ${now} as is_due from withdrawals
    where workspace_id = ${workspaceId} and state = 'pending' and (problem is null or next_attempt_at <= ${now})`.execute(
    queries(tx),
  );
  return rows.length === 0 ? null : rows.filter((row) => row.is_due).map(({ id }) => id);
}

/** Of a workspace that is being deleted: what became of the deletion alone, and what was under way before. */
export async function notWithdrawn(tx: Tx, workspaceId: string): Promise<NotWithdrawn[]> {
  const { rows } = await sql<NotWithdrawn>`
    select integration, integration_name as "integrationName", connection_name as "connectionName",
      account_name as "accountName", remove_url as "removeUrl"
    from withdrawals
    where workspace_id = ${workspaceId} and (state = 'pending' or (
      state in ('failed', 'not_offered')
      and created_at >= (select deleting_at from workspaces where id = ${workspaceId})
    ))
    union all
    select distinct c.integration, c.integration, c.name, c.account ->> 'name', null
    from connections c join credentials s on s.connection_id = c.id
    where c.workspace_id = ${workspaceId} and s.workspace_id = ${workspaceId}
      and s.method = 'oauth2' and s.sealed is not null
    order by 2, 3`.execute(queries(tx));
  return rows;
}
