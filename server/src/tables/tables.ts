import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import {
  type ChangedColumn,
  type ColumnChange,
  changeColumn,
  createColumn,
  deleteColumn,
  type NewColumn,
} from './change-column.ts';
import { createRows, deleteRows, type RowWithCells, updateRows, writeValues } from './change-rows.ts';
import { type Exported, exportCsv } from './csv/export.ts';
import { type Imported, type ImportRequest, importCsv } from './csv/import.ts';
import { type Preview, type PreviewRequest, previewCsv } from './csv/preview.ts';
import type { TablesDeps } from './deps.ts';
import { listRows, type RowsPage, readRows } from './list-rows.ts';
import {
  createTable,
  deleteTable,
  getTable,
  type ListedTable,
  listTables,
  type NewValueColumn,
  readTable,
  renameTable,
  type WholeTable,
} from './manage-table.ts';
import type { RowAccess } from './row-access.ts';

/**
 * What people and tokens do with tables. Unknown and foreign ids alike: AppError `not_found`. `expectedVersion`: what
 * the caller last saw (If-Match), null: whatever there is; another one throws `edited_meanwhile`.
 */
export interface Tables extends RowAccess {
  create(who: Who, wanted: { name: string; columns: readonly NewValueColumn[] }): Promise<WholeTable>;
  list(who: Who, page: { limit: number; after: string | null }): Promise<ListedTable[]>;
  get(who: Who, tableId: string): Promise<WholeTable>;
  rename(who: Who, tableId: string, name: string, expectedVersion: number | null): Promise<WholeTable>;
  remove(who: Who, tableId: string, expectedVersion: number | null): Promise<void>;
  createColumn(
    who: Who,
    tableId: string,
    wanted: NewColumn,
    expectedVersion: number | null,
  ): Promise<ChangedColumn>;
  changeColumn(
    who: Who,
    tableId: string,
    columnId: string,
    change: ColumnChange,
    expectedVersion: number | null,
  ): Promise<ChangedColumn>;
  deleteColumn(who: Who, tableId: string, columnId: string, expectedVersion: number | null): Promise<void>;
  listRows(who: Who, tableId: string, page: RowsPage): Promise<RowWithCells[]>;
  createRows(
    who: Who,
    tableId: string,
    rows: readonly { values: Readonly<Record<string, unknown>> }[],
  ): Promise<RowWithCells[]>;
  updateRows(
    who: Who,
    tableId: string,
    rows: readonly { id: string; values: Readonly<Record<string, unknown>> }[],
  ): Promise<RowWithCells[]>;
  deleteRows(who: Who, tableId: string, ids: readonly string[]): Promise<void>;
  importCsv(who: Who, tableId: string, request: ImportRequest): Promise<Imported>;
  /** `body`: the beginning of a file; what follows its first megabyte is not looked at. */
  previewCsv(who: Who, request: PreviewRequest): Promise<Preview>;
  exportCsv(who: Who, tableId: string, options: { withByteOrderMark: boolean }): Promise<Exported>;
}

export function createTables(deps: TablesDeps): Tables {
  return {
    create: (who, wanted) => createTable(deps, who, wanted),
    list: (who, page) => listTables(deps, who, page),
    get: (who, tableId) => getTable(deps, who, tableId),
    rename: (who, tableId, name, version) => renameTable(deps, who, tableId, name, version),
    remove: (who, tableId, version) => deleteTable(deps, who, tableId, version),
    createColumn: (who, tableId, wanted, version) => createColumn(deps, who, tableId, wanted, version),
    changeColumn: (who, tableId, columnId, change, version) =>
      changeColumn(deps, who, tableId, columnId, change, version),
    deleteColumn: (who, tableId, columnId, version) => deleteColumn(deps, who, tableId, columnId, version),
    listRows: (who, tableId, page) => listRows(deps, who, tableId, page),
    createRows: (who, tableId, rows) => createRows(deps, who, tableId, rows),
    updateRows: (who, tableId, rows) => updateRows(deps, who, tableId, rows),
    deleteRows: (who, tableId, ids) => deleteRows(deps, who, tableId, ids),
    importCsv: (who, tableId, request) => importCsv(deps, who, tableId, request),
    previewCsv: (who, request) => previewCsv(deps, who, request),
    exportCsv: (who, tableId, options) => exportCsv(deps, who, tableId, options),
    ...rowAccess(deps),
  };
}

/** The way of the rooms above; apart, because what those make is handed to `createTables`. */
export function rowAccess(deps: Pick<TablesDeps, 'cells'>): RowAccess {
  return {
    readTable: (tx: Tx, workspaceId, tableId) => readTable(tx, workspaceId, tableId),
    readRows: (tx: Tx, workspaceId, tableId, rowIds) => readRows(tx, workspaceId, tableId, rowIds),
    writeValues: (tx: Tx, workspaceId, tableId, writes) =>
      writeValues(deps, tx, workspaceId, tableId, writes),
  };
}
