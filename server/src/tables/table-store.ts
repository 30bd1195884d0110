import { columnAction } from '@keyrail/contract/tables';
import { sql } from 'kysely';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { Column, Table } from './table.ts';

export async function insertTable(tx: Tx, workspaceId: string, id: string, name: string): Promise<void> {
  await queries(tx).insertInto('tables').values({ workspace_id: workspaceId, id, name }).execute();
}

export async function findTable(tx: Tx, workspaceId: string, id: string): Promise<Table | null> {
  const row = await tables(tx, workspaceId).where('id', '=', id).executeTakeFirst();
  return row ? fromRow(row) : null;
}

/** Nobody else adds or takes away its rows or columns until this transaction ends. */
export async function lockTable(tx: Tx, workspaceId: string, id: string): Promise<Table | null> {
  const row = await tables(tx, workspaceId).where('id', '=', id).forNoKeyUpdate().executeTakeFirst();
  return row ? fromRow(row) : null;
}

/** The newest first; `after`: an id. */
export async function listTables(
  tx: Tx,
  workspaceId: string,
  page: { limit: number; after: string | null },
): Promise<(Table & { columnCount: number })[]> {
  let query = tables(tx, workspaceId)
    .select((eb) =>
      eb
        .selectFrom('columns')
        .select(sql<number>`count(*)::int`.as('n'))
        .where('columns.workspace_id', '=', workspaceId)
        .whereRef('columns.table_id', '=', 'tables.id')
        .as('column_count'),
    )
    .orderBy('id', 'desc')
    .limit(page.limit);
  if (page.after !== null) query = query.where('id', '<', page.after);
  const rows = await query.execute();
  return rows.map((row) => ({ ...fromRow(row), columnCount: row.column_count ?? 0 }));
}

/** Name and version; whatever changes the columns raises the version too. */
export async function raiseVersion(tx: Tx, workspaceId: string, id: string, name?: string): Promise<void> {
  await queries(tx)
    .updateTable('tables')
    .set({ version: sql`version + 1`, updated_at: sql`now()`, ...(name !== undefined && { name }) })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

/** Takes rows and columns with it (0040), and cells and runs (0051). */
export async function deleteTable(tx: Tx, workspaceId: string, id: string): Promise<void> {
  await queries(tx)
    .deleteFrom('tables')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

/**
 * Counts rows in or out and hands out the positions of new ones: the first of `added`. Holds the lock on the table's row, so
 * a table cannot be deleted while rows come in.
 */
export async function countRows(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  change: { added?: number; deleted?: number },
): Promise<{ rowCount: number; firstPosition: number } | null> {
  const { added = 0, deleted = 0 } = change;
  const row = await queries(tx)
    .updateTable('tables')
    .set({
      row_count: sql`row_count + ${added - deleted}`,
      next_position: sql`next_position + ${added}`,
      updated_at: sql`now()`,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', tableId)
    .returning(['row_count', 'next_position'])
    .executeTakeFirst();
  return row ? { rowCount: row.row_count, firstPosition: row.next_position - added } : null;
}

/** By position. */
export async function columnsOf(tx: Tx, workspaceId: string, tableId: string): Promise<Column[]> {
  const rows = await queries(tx)
    .selectFrom('columns')
    .select(['id', 'key', 'name', 'type', 'position', 'width', 'action'])
    .where('workspace_id', '=', workspaceId)
    .where('table_id', '=', tableId)
    .orderBy('position')
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    ...row,
    type: row.type as Column['type'],
    action: row.action === null ? null : columnAction.parse(row.action),
  }));
}

/** Keys for so many new columns: the first of them. */
export async function takeColumnKeys(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  count: number,
): Promise<number> {
  const row = await queries(tx)
    .updateTable('tables')
    .set({ next_column_key: sql`next_column_key + ${count}` })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', tableId)
    .returning('next_column_key')
    .executeTakeFirstOrThrow();
  return row.next_column_key - count;
}

export async function insertColumns(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  columns: readonly Column[],
): Promise<void> {
  if (columns.length === 0) return;
  await queries(tx)
    .insertInto('columns')
    .values(
      columns.map((column) => ({
        ...column,
        action: column.action && JSON.stringify(column.action),
        workspace_id: workspaceId,
        table_id: tableId,
      })),
    )
    .execute();
}

export async function updateColumn(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  column: Column,
): Promise<void> {
  await queries(tx)
    .updateTable('columns')
    .set({
      name: column.name,
      type: column.type,
      width: column.width,
      action: column.action && JSON.stringify(column.action),
      updated_at: sql`now()`,
    })
    .where('workspace_id', '=', workspaceId)
    .where('table_id', '=', tableId)
    .where('id', '=', column.id)
    .execute();
}

/** Positions 0, 1, 2, … in the order of `ids`. */
export async function orderColumns(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  ids: readonly string[],
): Promise<void> {
  await sql`
    update columns set position = wanted.position - 1
    from unnest(${ids}::text[]) with ordinality as wanted (id, position)
    where columns.workspace_id = ${workspaceId} and columns.table_id = ${tableId} and columns.id = wanted.id
      and columns.position <> wanted.position - 1
  `.execute(queries(tx));
}

export async function deleteColumn(tx: Tx, workspaceId: string, tableId: string, id: string): Promise<void> {
  await queries(tx)
    .deleteFrom('columns')
    .where('workspace_id', '=', workspaceId)
    .where('table_id', '=', tableId)
    .where('id', '=', id)
    .execute();
}

function tables(tx: Tx, workspaceId: string) {
  return queries(tx)
    .selectFrom('tables')
    .select(['id', 'workspace_id', 'name', 'row_count', 'version', 'created_at', 'updated_at'])
    .where('workspace_id', '=', workspaceId);
}

function fromRow(row: {
  id: string;
  workspace_id: string;
  name: string;
  row_count: number;
  version: number;
  created_at: Date;
  updated_at: Date;
}): Table {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    name: row.name,
    rowCount: row.row_count,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** False while an import into the table is under way; else none can begin until the transaction ends. */
export async function claimTable(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql<{ claimed: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended(${id}, 0)) as claimed
  `.execute(queries(tx));
  return rows[0]?.claimed ?? false;
}
