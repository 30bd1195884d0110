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
  const rows = await rowsOf(tx, workspaceId, tableId)
    .where('position', '>', page.after)
    .orderBy('position')
    .limit(page.limit)
    .execute();
  return rows as KeyedRow[];
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
        (select position from table_rows where workspace_id = ${workspaceId} and table_id = ${tableId}
          order by position limit 1) as first,
        (select position from table_rows where workspace_id = ${workspaceId} and table_id = ${tableId}
          order by position desc limit 1) as last,
        (select row_count from tables where workspace_id = ${workspaceId} and id = ${tableId}) as row_count
    )
    select case
      when ${offset}::bigint >= row_count then null
      when last - first + 1 = row_count then first + ${offset}::bigint
      else (select position from table_rows where workspace_id = ${workspaceId} and table_id = ${tableId}
        order by position offset ${offset}::bigint limit 1)
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
 * Changes values of many rows in one statement; rows that are gone are passed over. Answers which of `watched` keys have
 * another value now, by row; rows in which none has are left out. Rows are locked in the order of their ids, so that
 * two writers do not wait for each other in a circle.
 */
export async function mergeValues(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  writes: readonly KeyedWrite[],
  watched: readonly string[],
): Promise<{ id: string; changed: string[] }[]> {
  const { rows } = await sql<{ id: string; changed: string[] }>`
    with wanted as (
      select id, set, unset
      from jsonb_to_recordset(${JSON.stringify(writes)}::jsonb) as wanted (id text, set jsonb, unset text[])
    ), before as (
      select id, values from table_rows
      where workspace_id = ${workspaceId} and table_id = ${tableId} and id = any(array(select id from wanted))
      order by id for no key update
    ), after as (
      update table_rows as r
      set values = (before.values || wanted.set) - wanted.unset, updated_at = now()
      from before join wanted using (id)
      where r.workspace_id = ${workspaceId} and r.table_id = ${tableId} and r.id = before.id
        and before.values is distinct from (before.values || wanted.set) - wanted.unset
      returning r.id, r.values
    )
    select after.id, array(
      select key from unnest(${watched}::text[]) as key
      where before.values -> key is distinct from after.values -> key
    ) as changed
    from after join before using (id)
  `.execute(queries(tx));
  return rows.filter((row) => row.changed.length > 0);
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

/** Values of one column that are not empty, in order of position. */
export async function valuesOfColumn(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  key: number,
  page: { after: number; limit: number },
): Promise<{ id: string; position: number; value: StoredValue }[]> {
  const { rows } = await sql<{ id: string; position: number; value: StoredValue }>`
    select id, position, values -> ${String(key)} as value from table_rows
    where workspace_id = ${workspaceId} and table_id = ${tableId} and position > ${page.after}
      and values ? ${String(key)}
    order by position limit ${page.limit}
  `.execute(queries(tx));
  return rows;
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
  const { rows } = await sql<{ last: number | null }>`
    with page as (
      select id, position from table_rows
      where workspace_id = ${workspaceId} and table_id = ${tableId} and position > ${page.after}
      order by position limit ${page.limit}
    ), dropped as (
      update table_rows as r set values = r.values - ${String(key)}
      from page
      where r.workspace_id = ${workspaceId} and r.table_id = ${tableId} and r.id = page.id
        and r.values ? ${String(key)}
    )
    select max(position) as last from page
  `.execute(queries(tx));
  return rows[0]?.last ?? null;
}

/** Numbers and booleans of these columns become text, in rows from a position on. */
export async function valuesBecomeText(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  keys: readonly string[],
  fromPosition: number,
): Promise<void> {
  await sql`
    update table_rows set values = values || (
      select jsonb_object_agg(key, values ->> key) from unnest(${keys}::text[]) as key where values ? key
    )
    where workspace_id = ${workspaceId} and table_id = ${tableId} and position >= ${fromPosition}
      and values ?| ${keys}::text[]
  `.execute(queries(tx));
}

function rowsOf(tx: Tx, workspaceId: string, tableId: string) {
  return queries(tx)
    .selectFrom('table_rows')
    .select(['id', 'position', 'values'])
    .where('workspace_id', '=', workspaceId)
    .where('table_id', '=', tableId);
}
