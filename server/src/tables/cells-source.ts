import type { ActionCell } from '@keyrail/contract/tables';
import type { Tx } from '../lib/tx.ts';

export interface CellOfRow extends ActionCell {
  rowId: string;
  columnId: string;
}

/**
 * What tables need to know of cells and runs, which are a higher room's; filled in by `compose`.
 *
 * Cells of rows, columns and tables that are deleted go by triggers (`after delete … referencing old table as gone`) on
 * `table_rows`, `columns` and `tables` that the cells' own migration adds; nothing is called here for that.
 */
export interface CellsSource {
  /** The cells of these rows, in any order; cells never run are left out. */
  cellsOfRows(tx: Tx, workspaceId: string, tableId: string, rowIds: readonly string[]): Promise<CellOfRow[]>;
  /** Runs of these tables that are not over. */
  activeRuns(
    tx: Tx,
    workspaceId: string,
    tableIds: readonly string[],
  ): Promise<{ runId: string; tableId: string; columnId: string }[]>;
  /**
   * Values that feed these action columns have changed: their `done` (and `no_result`) cells become `stale` ("Inputs
   * changed"). `rowIds` null: in all rows of the table.
   */
  inputsChanged(
    tx: Tx,
    workspaceId: string,
    changed: { tableId: string; columnIds: readonly string[]; rowIds: readonly string[] | null },
  ): Promise<void>;
}
