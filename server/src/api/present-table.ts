import type { ColumnId, RowId, RunId, TableId } from '@keyrail/contract/ids';
import type * as contract from '@keyrail/contract/tables';
import type { RowWithCells } from '../tables/change-rows.ts';
import { nameOfDelimiter } from '../tables/csv/delimiter.ts';
import type { Imported } from '../tables/csv/import.ts';
import type { Preview } from '../tables/csv/preview.ts';
import type { ListedTable, WholeTable } from '../tables/manage-table.ts';
import type { Column } from '../tables/table.ts';

export function presentTable({ table, columns, activeRunIds }: WholeTable): contract.Table {
  return {
    id: table.id as TableId,
    name: table.name,
    row_count: table.rowCount,
    columns: columns.map(presentColumn),
    active_run_ids: activeRunIds as RunId[],
    created_at: table.createdAt.toISOString(),
    updated_at: table.updatedAt.toISOString(),
    version: table.version,
  };
}

export function presentSummary(table: ListedTable): contract.TableSummary {
  return {
    id: table.id as TableId,
    name: table.name,
    row_count: table.rowCount,
    column_count: table.columnCount,
    updated_at: table.updatedAt.toISOString(),
  };
}

export function presentColumn({ id, name, type, position, width, action }: Column): contract.Column {
  return { id: id as ColumnId, name, type, position, width, action };
}

export function presentRow({ id, values, cells }: RowWithCells): contract.Row {
  return {
    id: id as RowId,
    values,
    cells: Object.fromEntries(
      cells.map(({ columnId, state, value, message }) => [columnId, { state, value, message }]),
    ),
  };
}

export function presentImport(imported: Imported): contract.ImportResult {
  return {
    rows_added: imported.rowsAdded,
    rows_changed: imported.rowsChanged,
    rows_rejected: imported.rejected,
    problems: imported.problems,
    columns: imported.columns.map(presentColumn),
    encoding: imported.encoding,
    delimiter: nameOfDelimiter(imported.delimiter),
    notes: imported.notes,
  };
}

export function presentPreview(preview: Preview): contract.ImportPreview {
  return {
    encoding: preview.encoding,
    delimiter: preview.delimiter,
    has_header: preview.hasHeader,
    columns: preview.columns,
    rows: preview.rows,
    notes: preview.notes,
  };
}
