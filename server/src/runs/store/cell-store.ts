import { type RawBuilder, sql } from 'kysely';
import type { PollState } from '../../actions/outcome.ts';
import { queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';
import type { SettledCell } from '../cell.ts';
import type { Run } from '../run.ts';

/** Where a cell stands: all queries name the workspace, and the column, which with the row is the key. */
type Place = Pick<Run, 'id' | 'workspaceId' | 'tableId' | 'columnId'>;

/** Where an input's value stands in the database: under a key in the row, or in another action column's cell. */
export type InputPlace = { kind: 'value'; key: number } | { kind: 'cell'; columnId: string };

export interface ClaimedCell {
  rowId: string;
  position: number;
  poll: PollState | null;
  /** In the order of the places that were asked for; null where the row has nothing. */
  inputs: unknown[];
}

/**
 * Marks the next queued cells as running and hands them out with what their rows give. Whoever holds the lease calls
 * it, under the lock of the run's row. `fromPosition` spares walking over what is done already.
 */
export async function claimCells(
  tx: Tx,
  run: Place,
  places: readonly InputPlace[],
  limit: number,
  fromPosition: number,
): Promise<{ claimed: ClaimedCell[]; gone: string[] }> {
  const { rows } = await sql<ClaimedRow>`
    with next as materialized (
      select row_id from action_cells
      where workspace_id = ${run.workspaceId} and run_id = ${run.id} and state = 'queued' and position >= ${fromPosition}
      order by position limit ${limit}
    )
    update action_cells c set state = 'running', updated_at = now(),
      poll = case when c.poll -> 'isLeft' is null then c.poll end
    from next left join table_rows r
      on r.workspace_id = ${run.workspaceId} and r.table_id = ${run.tableId} and r.id = next.row_id
    where c.workspace_id = ${run.workspaceId} and c.column_id = ${run.columnId} and c.row_id = next.row_id
    returning c.row_id, c.position, c.poll, r.id is null as is_gone, ${inputsArray(run, places)} as inputs`.execute(
    queries(tx),
  );
  const claimed = rows.filter((row) => !row.is_gone).map(claimedOf);
  return {
    claimed: claimed.sort((a, b) => a.position - b.position),
    gone: rows.filter((row) => row.is_gone).map((row) => row.row_id),
  };
}

interface ClaimedRow {
  row_id: string;
  position: number;
  poll: unknown;
  is_gone: boolean;
  inputs: unknown[];
}

function claimedOf(row: ClaimedRow): ClaimedCell {
  return {
    rowId: row.row_id,
    position: row.position,
    poll: (row.poll ?? null) as PollState | null,
    inputs: row.inputs,
  };
}

function inputsArray(run: Place, places: readonly InputPlace[]): RawBuilder<unknown> {
  const values = places.map((place) =>
    place.kind === 'value'
      ? sql`r.values -> ${String(place.key)}::text`
      : sql`(select other.value from action_cells other where other.workspace_id = ${run.workspaceId}
          and other.column_id = ${place.columnId} and other.row_id = c.row_id)`,
  );
  return sql`jsonb_build_array(${sql.join(values)})`;
}

/** The same for one row that no run has taken. */
export async function readInputs(
  tx: Tx,
  where: Omit<Place, 'id'>,
  rowId: string,
  places: readonly InputPlace[],
): Promise<unknown[] | null> {
  const { rows } = await sql<{ inputs: unknown[] }>`
    select ${inputsArray({ ...where, id: '' }, places)} as inputs
    from table_rows r cross join lateral (select r.id as row_id) c
    where r.workspace_id = ${where.workspaceId} and r.table_id = ${where.tableId} and r.id = ${rowId}`.execute(
    queries(tx),
  );
  return rows[0]?.inputs ?? null;
}

/** Stores results of cells that run; one statement for all. Returns the rows that were there. */
export async function settleCells(tx: Tx, run: Place, cells: readonly SettledCell[]): Promise<Set<string>> {
  if (cells.length === 0) return new Set();
  const { rows } = await sql<{ row_id: string }>`
    update action_cells c set state = v.state, value = nullif(v.value, 'null'::jsonb), outputs = v.outputs, message = v.message,
      detail = v.detail, response_body = v.body, poll = v.poll, prior_state = case
        when v.state in ('waiting_for_connection', 'out_of_credits') then c.prior_state end,
      due_at = null, updated_at = now()
    from json_to_recordset(${JSON.stringify(cells.map(settledRow))}::json) as v(
      "rowId" text, state text, value jsonb, outputs jsonb, message text, detail jsonb, body text, poll jsonb)
    where c.workspace_id = ${run.workspaceId} and c.column_id = ${run.columnId} and c.row_id = v."rowId"
      and c.run_id = ${run.id} and c.state = 'running'
    returning c.row_id`.execute(queries(tx));
  return new Set(rows.map((row) => row.row_id));
}

/** undefined is no JSON; a missing member reads as null. */
function settledRow(cell: SettledCell) {
  return { ...cell, value: cell.value ?? null };
}

/** What cells hold now, by row. */
export async function valuesOfCells(
  tx: Tx,
  run: Place,
  rowIds: readonly string[],
): Promise<Map<string, unknown>> {
  const { rows } = await sql<{ row_id: string; value: unknown }>`
    select row_id, value from action_cells where workspace_id = ${run.workspaceId}
      and column_id = ${run.columnId} and row_id = any(${rowIds}::text[])`.execute(queries(tx));
  return new Map(rows.map((row) => [row.row_id, row.value]));
}

/** Remembers jobs at the provider with their cells, which go on running. */
export async function parkCells(
  tx: Tx,
  run: Place,
  cells: readonly { rowId: string; poll: PollState; dueAt: Date }[],
): Promise<void> {
  if (cells.length === 0) return;
  await sql`
    update action_cells c set poll = v.poll, due_at = v."dueAt", updated_at = now()
    from json_to_recordset(${JSON.stringify(cells)}::json) as v("rowId" text, poll jsonb, "dueAt" timestamptz)
    where c.workspace_id = ${run.workspaceId} and c.column_id = ${run.columnId} and c.row_id = v."rowId"
      and c.run_id = ${run.id} and c.state = 'running'`.execute(queries(tx));
}

/** Puts cells that were taken but not acted upon back into the line. Returns how many. */
export async function requeueCells(tx: Tx, run: Place, rowIds: readonly string[]): Promise<number> {
  if (rowIds.length === 0) return 0;
  const { rows } = await sql`
    update action_cells c set state = 'queued', updated_at = now()
    where c.workspace_id = ${run.workspaceId} and c.column_id = ${run.columnId} and c.row_id = any(${rowIds}::text[])
      and c.run_id = ${run.id} and c.state = 'running'
    returning c.row_id`.execute(queries(tx));
  return rows.length;
}

/** What a process that died left running: with a job at the provider, or without. */
export async function runningCells(
  tx: Tx,
  run: Place,
): Promise<{ rowId: string; poll: PollState | null; dueAt: Date | null }[]> {
  const { rows } = await sql<{ row_id: string; poll: unknown; due_at: Date | null }>`
    select row_id, poll, due_at from action_cells
    where workspace_id = ${run.workspaceId} and run_id = ${run.id} and state = 'running'`.execute(
    queries(tx),
  );
  return rows.map((row) => ({ rowId: row.row_id, poll: row.poll as PollState | null, dueAt: row.due_at }));
}

/** The inputs of cells that run already (jobs taken over). */
export async function inputsOfRunning(
  tx: Tx,
  run: Place,
  places: readonly InputPlace[],
  rowIds: readonly string[],
): Promise<ClaimedCell[]> {
  if (rowIds.length === 0) return [];
  const { rows } = await sql<ClaimedRow>`
    select c.row_id, c.position, c.poll, false as is_gone, ${inputsArray(run, places)} as inputs
    from action_cells c join table_rows r
      on r.workspace_id = ${run.workspaceId} and r.table_id = ${run.tableId} and r.id = c.row_id
    where c.workspace_id = ${run.workspaceId} and c.column_id = ${run.columnId} and c.row_id = any(${rowIds}::text[])`.execute(
    queries(tx),
  );
  return rows.map(claimedOf);
}

/** Deletes cells whose row is gone. */
export async function dropCells(tx: Tx, run: Place, rowIds: readonly string[]): Promise<void> {
  if (rowIds.length === 0) return;
  await sql`delete from action_cells where workspace_id = ${run.workspaceId} and column_id = ${run.columnId}
    and row_id = any(${rowIds}::text[])`.execute(queries(tx));
}
