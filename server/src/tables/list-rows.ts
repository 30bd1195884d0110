import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { type RowWithCells, withCells } from './change-rows.ts';
import type { TablesDeps } from './deps.ts';
import { readTable } from './manage-table.ts';
import { positionAt, rowsAfter, rowsById } from './row-store.ts';
import { fromKeyed } from './row-values.ts';
import type { Row } from './table.ts';
import { columnsOf } from './table-store.ts';

/** `after`: a position; or so many rows from the start. */
export interface RowsPage {
  limit: number;
  after: number | null;
  offset?: number | undefined;
}

/** Rows in order, with their cells. */
export async function listRows(
  deps: Pick<TablesDeps, 'transact' | 'cells'>,
  who: Who,
  tableId: string,
  page: RowsPage,
): Promise<RowWithCells[]> {
  return deps.transact(
    who.workspaceId,
    async (tx) => {
      const { columns } = await readTable(tx, who.workspaceId, tableId);
      const after = await startOf(tx, who.workspaceId, tableId, page);
      if (after === null) return [];
      const found = await rowsAfter(tx, who.workspaceId, tableId, { after, limit: page.limit });
      const ids = found.map(({ id }) => id);
      const cells = columns.some(({ type }) => type === 'action')
        ? await deps.cells.cellsOfRows(tx, who.workspaceId, tableId, ids)
        : [];
      return withCells(fromKeyed(columns, found), cells);
    },
    'read',
  );
}

/** For the rooms above: see `RowAccess.readRows`. */
export async function readRows(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  rowIds: readonly string[],
): Promise<Row[]> {
  if (rowIds.length === 0) return [];
  const columns = await columnsOf(tx, workspaceId, tableId);
  return fromKeyed(columns, await rowsById(tx, workspaceId, tableId, rowIds));
}

/** The position that the page comes after; null where the table ends before. */
async function startOf(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  { after, offset = 0 }: RowsPage,
): Promise<number | null> {
  if (after !== null || offset === 0) return after ?? -1;
  const position = await positionAt(tx, workspaceId, tableId, offset);
  return position === null ? null : position - 1;
}
