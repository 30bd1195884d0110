import { sql } from 'kysely';
import type { Queries } from './open.ts';

/**
 * Rows that are reached through another table, as they have no index by workspace: many of them may be there, and what goes with a
 * row by cascade or trigger goes in one statement. In this order; their parents are still there.
 */
const THROUGH = [
  { table: 'table_rows', column: 'table_id', parent: 'tables' },
  { table: 'call_usage', column: 'connection_id', parent: 'connections' },
  { table: 'connection_events', column: 'connection_id', parent: 'connections' },
];

/** One that a deferred trigger keeps up: without its row there is nothing to count. */
const FIRST = 'connected_apps';
/** No secret is in there and nothing refers to it: what is left of connections that were deleted before. */
const WITHOUT_INDEX = ['call_usage', 'runs'];

/**
 * Deletes a workspace's rows, so many in one statement, until it is told to stop; false: there are more. Begun again it goes on
 * with what is left. Tables are found by their column `workspace_id`, so that a new one is not forgotten.
 */
export async function deleteWorkspaceRows(
  system: Queries,
  workspaceId: string,
  { atOnce, isStopped }: { atOnce: number; isStopped: () => boolean },
): Promise<boolean> {
  const emptied = async (step: () => Promise<number>): Promise<boolean> => {
    for (;;) {
      if (isStopped()) return false;
      if ((await step()) < atOnce) return true;
    }
  };
  for (const { table, column, parent } of THROUGH) {
    const [of, by, parents] = [sql.table(table), sql.ref(column), sql.table(parent)];
    const rows = sql`select r.ctid from ${parents} p join ${of} r on r.${by} = p.id
      where p.workspace_id = ${workspaceId} limit ${atOnce}`;
    if (!(await emptied(() => deleted(system, table, rows)))) return false;
  }
  for (const table of await tablesByWorkspace(system)) {
    const rows = sql`select ctid from ${sql.table(table)} where workspace_id = ${workspaceId} limit ${atOnce}`;
    if (!(await emptied(() => deleted(system, table, rows)))) return false;
  }
  for (const table of WITHOUT_INDEX) {
    if (isStopped()) return false;
    await system.transaction().execute(async (transaction) => {
      await sql`set local statement_timeout = 0`.execute(transaction);
      await sql`delete from ${sql.table(table)} where workspace_id = ${workspaceId}`.execute(transaction);
    });
  }
  await system.deleteFrom('workspaces').where('id', '=', workspaceId).execute();
  return true;
}

async function deleted(system: Queries, table: string, rows: ReturnType<typeof sql>): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from ${sql.table(table)} where ctid = any(array(${rows}))`.execute(system);
  return Number(numAffectedRows ?? 0);
}

/** With an index that begins with it; those that refer to others of them come before these. */
async function tablesByWorkspace(system: Queries): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select c.relname as name from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
    where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
      and exists (select from pg_index i where i.indrelid = c.oid and i.indkey[0] = a.attnum and i.indpred is null)
    order by c.relname <> ${FIRST}, (
      select count(*) from pg_constraint f
      where f.conrelid = c.oid and f.contype = 'f' and f.confrelid not in ('workspaces'::regclass, 'users'::regclass)
    ) desc, c.relname = 'connections', c.relname`.execute(system);
  return rows.map(({ name }) => name);
}
