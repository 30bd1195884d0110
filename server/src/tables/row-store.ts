import { sql } from 'kysely';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { StoredValue } from './table.ts';

/** As rows are kept: values by the column's key. */
export interface KeyedRow {
  id: string;
  position: number;
  values: Record<string, StoredValue>;
}

/** Values by key to set, and keys to empty. */
export interface KeyedWrite {
  id: string;
  set: Record<string, StoredValue>;
  unset: readonly string[];
}

/** Rows from after a position on, in order. */
export async function rowsAfter(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  page: { after: number; limit: number },
): Promise<KeyedRow[]> {
  const { rows } = await sql<KeyedRow>`
    select id, position, values from keyrail_rows_after(${workspaceId}, ${tableId}, ${page.after}, ${page.limit})
  `.execute(queries(tx));
  return rows;
}

/**
 * The position of the row that `offset` others stand before; null where there are not so many. Positions without gaps (the
 * usual thing: nothing was deleted) are counted on, so that the grid jumps into a million rows at once; else the index is walked.
 */
export async function positionAt(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  offset: number,
): Promise<number | null> {
  const { rows } = await sql<{ position: number | null }>`
    with ends as (
      select
        (select min(position) from table_rows where workspace_id = ${workspaceId} and table_id = ${tableId}) as first,
        (select max(position) from table_rows where workspace_id = ${workspaceId} and table_id = ${tableId}) as last,
        (select row_count from tables where workspace_id = ${workspaceId} and id = ${tableId}) as row_count
    )
    select case
      when ${offset}::bigint >= row_count then null
      when last - first + 1 = row_count then first + ${offset}::bigint
      else keyrail_position_at(${workspaceId}, ${tableId}, ${offset}::bigint)
    end as position
    from ends
  `.execute(queries(tx));
  return rows[0]?.position ?? null;
}

/** In the order of their positions. */
export async function rowsById(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  ids: readonly string[],
): Promise<KeyedRow[]> {
  const rows = await rowsOf(tx, workspaceId, tableId)
    .where(sql<boolean>`id = any(${ids}::text[])`)
    .orderBy('position')
    .execute();
  return rows as KeyedRow[];
}

export async function insertRows(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  rows: readonly KeyedRow[],
): Promise<void> {
  await sql`
    insert into table_rows (workspace_id, table_id, id, position, values)
    select ${workspaceId}, ${tableId}, id, position, values
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as made (id text, position bigint, values jsonb)
  `.execute(queries(tx));
}

/**
 * Changes values of many rows in one call; rows that are gone are passed over. Answers which of `watched` keys have
 * another value now, by row; rows in which none has are left out.
 */
export async function mergeValues(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  writes: readonly KeyedWrite[],
  watched: readonly string[],
): Promise<{ id: string; changed: string[] }[]> {
  const inOrder = writes.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const { rows } = await sql<{ id: string; changed: string[] }>`
    select row_id as id, changed
    from keyrail_merge_values(${workspaceId}, ${tableId}, ${JSON.stringify(inOrder)}::jsonb, ${watched}::text[])
  `.execute(queries(tx));
  return rows;
}

export async function deleteRows(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  ids: readonly string[],
): Promise<number> {
  const result = await queries(tx)
    .deleteFrom('table_rows')
    .where('workspace_id', '=', workspaceId)
    .where('table_id', '=', tableId)
    .where(sql<boolean>`id = any(${ids}::text[])`)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/**
 * Takes a deleted column's values out of the next rows after a position; answers where to go on, null at the end.
 */
export async function dropValues(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  key: number,
  page: { after: number; limit: number },
): Promise<number | null> {
  const rows = await rowsAfter(tx, workspaceId, tableId, page);
  const unset = [String(key)];
  const writes = rows
    .filter(({ values }) => Object.hasOwn(values, key))
    .map(({ id }) => ({ id, set: {}, unset }));
  if (writes.length > 0) await mergeValues(tx, workspaceId, tableId, writes, []);
  return rows.at(-1)?.position ?? null;
}

/** Numbers and booleans of these columns become text, in rows from one position up to before another. */
export async function valuesBecomeText(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  keys: readonly string[],
  positions: { from: number; to: number },
): Promise<void> {
  await sql`
    update table_rows set values = values || (
      select jsonb_object_agg(key, values ->> key) from unnest(${keys}::text[]) as key where values ? key
    )
    where workspace_id = ${workspaceId} and table_id = ${tableId}
      and position >= ${positions.from} and position < ${positions.to} and values ?| ${keys}::text[]
  `.execute(queries(tx));
}

/** The other way round, for plain numerals alone: whoever calls has looked that they are exact. */
export async function valuesBecomeNumbers(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  keys: readonly string[],
  positions: { from: number; to: number },
): Promise<void> {
  for (const key of keys)
    await sql`
      update table_rows set values = values || jsonb_build_object(${key}::text, (values ->> ${key})::numeric)
      where workspace_id = ${workspaceId} and table_id = ${tableId}
        and position >= ${positions.from} and position < ${positions.to}
        and jsonb_typeof(values -> ${key}) = 'string'
    `.execute(queries(tx));
}

/** One more than the last position; 0 without rows. */
export async function endOfRows(tx: Tx, workspaceId: string, tableId: string): Promise<number> {
  const row = await queries(tx)
    .selectFrom('table_rows')
    .select('position')
    .where('workspace_id', '=', workspaceId)
    .where('table_id', '=', tableId)
    .orderBy('position', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row ? row.position + 1 : 0;
}

function rowsOf(tx: Tx, workspaceId: string, tableId: string) {
  return queries(tx)
    .selectFrom('table_rows')
    .select(['id', 'position', 'values'])
    .where('workspace_id', '=', workspaceId)
    .where('table_id', '=', tableId);
}
