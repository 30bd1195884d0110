import { sql } from 'kysely';
import type { TestDatabase } from './database.ts';

/** By table, what stands in it of one workspace: two of these differ where anything was written but when a token was used. */
export async function digestOf(
  { db }: Pick<TestDatabase, 'db'>,
  workspaceId: string,
): Promise<Record<string, string>> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.columns
    where table_schema = current_schema() and column_name = 'workspace_id'
      and table_name not in (select table_name from information_schema.views where table_schema = current_schema())
    order by table_name`.execute(db.system);
  const digests: Record<string, string> = {};
  for (const { name } of tables) {
    const { rows } = await sql<{ digest: string }>`
      select count(*) || ' ' || coalesce(md5(string_agg(line, '|' order by line)), '') as digest
      from (
        select (to_jsonb(t) - 'last_used_at')::text as line from ${sql.table(name)} t where workspace_id = ${workspaceId}
      ) lines`.execute(db.system);
    digests[name] = rows[0]?.digest ?? '';
  }
  return digests;
}
