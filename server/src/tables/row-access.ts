import type { Tx } from '../lib/tx.ts';
import type { Column, Row, Table } from './table.ts';

/** A value that its column's type does not take; it was not written. */
export interface Misfit {
  rowId: string;
  columnId: string;
  message: string;
}

/**
 * Tables as the rooms above see them; each works in the caller's transaction, which is bound to the workspace.
 *
 * For statements over a whole table (marking a million cells) another room's store may read the ids and positions of
 * `table_rows` (workspace_id, table_id, id, position) itself, and `values ->> key` by a column's `key`.
 */
export interface RowAccess {
  /** The table and its columns by position; throws `not_found`. */
  readTable(tx: Tx, workspaceId: string, tableId: string): Promise<{ table: Table; columns: Column[] }>;
  /** These rows, in the order of their positions; ids that are gone are left out. At most 10,000. */
  readRows(tx: Tx, workspaceId: string, tableId: string, rowIds: readonly string[]): Promise<Row[]>;
  /**
   * Writes values by column id into rows, one statement for all of them; null empties. A value is converted to its
   * column's type where nothing is lost, and comes back as a misfit where it does not fit. Rows and columns that are
   * gone meanwhile are passed over. Cells of action columns that take a changed column become stale.
   */
  writeValues(
    tx: Tx,
    workspaceId: string,
    tableId: string,
    writes: readonly { rowId: string; values: Readonly<Record<string, unknown>> }[],
  ): Promise<Misfit[]>;
}
