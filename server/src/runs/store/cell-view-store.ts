import type { CellState } from '@keyrail/contract/tables';
import { sql } from 'kysely';
import { queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';
import type { CellOfRow, CellsSource } from '../../tables/cells-source.ts';
import type { CellTrace, CellView } from '../cell.ts';

interface CellRow {
  row_id: string;
  column_id: string;
  state: CellState;
  value: unknown;
  outputs: unknown;
  message: string | null;
  detail: unknown;
  response_body: string | null;
  run_id: string | null;
  updated_at: Date;
}

/** Null where it was never run. */
export async function findCell(
  tx: Tx,
  workspaceId: string,
  columnId: string,
  rowId: string,
): Promise<CellView | null> {
  const { rows } = await sql<CellRow>`
    select row_id, column_id, state, value, outputs, message, detail, response_body, run_id, updated_at
    from action_cells where workspace_id = ${workspaceId} and column_id = ${columnId} and row_id = ${rowId}`.execute(
    queries(tx),
  );
  const row = rows[0];
  if (row === undefined) return null;
  return {
    rowId: row.row_id,
    columnId: row.column_id,
    state: row.state,
    value: row.value,
    outputs: (row.outputs ?? {}) as Record<string, unknown>,
    message: row.message,
    trace: (row.detail ?? null) as CellTrace | null,
    body: row.response_body,
    runId: row.run_id,
    updatedAt: row.updated_at,
  };
}

/** What changed cells look like now, for those who watch. Cells that are empty again come as `empty`. */
export async function lookAtCells(
  tx: Tx,
  workspaceId: string,
  columnId: string,
  rowIds: readonly string[],
): Promise<{ rowId: string; state: CellState; message: string | null }[]> {
  if (rowIds.length === 0) return [];
  const { rows } = await sql<{ row_id: string; state: CellState; message: string | null }>`
    select row_id, state, message from action_cells
    where workspace_id = ${workspaceId} and column_id = ${columnId} and row_id = any(${rowIds}::text[])`.execute(
    queries(tx),
  );
  return rows.map((row) => ({ rowId: row.row_id, state: row.state, message: row.message }));
}

/** What tables know of cells and runs. */
export const cellsSource: CellsSource = {
  cellsOfRows: async (tx, workspaceId, tableId, rowIds) => {
    if (rowIds.length === 0) return [];
    const { rows } = await sql<CellRow>`
      select c.row_id, c.column_id, c.state, c.value, c.message
      from columns k join action_cells c on c.column_id = k.id and c.row_id = any(${rowIds}::text[])
      where k.workspace_id = ${workspaceId} and k.table_id = ${tableId} and k.type = 'action'
        and c.workspace_id = ${workspaceId}`.execute(queries(tx));
    return rows.map((row) => ({
      rowId: row.row_id,
      columnId: row.column_id,
      state: row.state,
      value: row.value as CellOfRow['value'],
      message: row.message,
    }));
  },
  activeRuns: async (tx, workspaceId, tableIds) => {
    const { rows } = await sql<{ id: string; table_id: string; column_id: string }>`
      select id, table_id, column_id from runs
      where workspace_id = ${workspaceId} and table_id = any(${tableIds}::text[])
        and state in ('queued', 'running', 'paused', 'waiting')`.execute(queries(tx));
    return rows.map((row) => ({ runId: row.id, tableId: row.table_id, columnId: row.column_id }));
  },
  inputsChanged: async (tx, workspaceId, { tableId, columnIds, rowIds }) => {
    await sql`
      update action_cells set state = 'stale', updated_at = now()
      where workspace_id = ${workspaceId} and table_id = ${tableId} and column_id = any(${columnIds}::text[])
        and (${rowIds}::text[] is null or row_id = any(${rowIds}::text[])) and state in ('done', 'no_result')`.execute(
      queries(tx),
    );
  },
};
