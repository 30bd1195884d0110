import { AppError } from '../lib/app-error.ts';
import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { type RowWithCells, withCells } from './change-rows.ts';
import type { TablesDeps } from './deps.ts';
import { readTable } from './manage-table.ts';
import { positionAt, rowsAfter, rowsById } from './row-store.ts';
import { fromKeyed } from './row-values.ts';
import type { Row } from './table.ts';
import { columnsOf } from './table-store.ts';

export interface RowsQuery {
  limit: number;
  cursor?: string | undefined;
  offset?: number | undefined;
}

/** Rows in order, from a cursor (`nextCursor` of the page before) or so many rows from the start. */
export async function listRows(
  deps: Pick<TablesDeps, 'transact' | 'cells'>,
  who: Who,
  tableId: string,
  query: RowsQuery,
): Promise<{ rows: RowWithCells[]; nextCursor: string | null }> {
  if (query.cursor !== undefined && query.offset !== undefined)
    throw new AppError('invalid_input', {
      detail: 'Say either cursor or offset.',
      fields: [{ path: 'offset', message: 'Not together with cursor.' }],
    });
  return deps.transact(who.workspaceId, async (tx) => {
    const { columns } = await readTable(tx, who.workspaceId, tableId);
    const after = await startOf(tx, who.workspaceId, tableId, query);
    if (after === null) return { rows: [], nextCursor: null };
    const found = await rowsAfter(tx, who.workspaceId, tableId, { after, limit: query.limit + 1 });
    const page = fromKeyed(columns, found.slice(0, query.limit));
    const ids = page.map(({ id }) => id);
    const cells = columns.some(({ type }) => type === 'action')
      ? await deps.cells.cellsOfRows(tx, who.workspaceId, tableId, ids)
      : [];
    const last = page.at(-1);
    return {
      rows: withCells(page, cells),
      nextCursor: last && found.length > query.limit ? String(last.position) : null,
    };
  });
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
  query: RowsQuery,
): Promise<number | null> {
  if (query.cursor !== undefined) {
    if (/^\d{1,15}$/.test(query.cursor)) return Number(query.cursor);
    throw new AppError('invalid_input', {
      detail: 'This is not a cursor that a list of rows answered.',
      fields: [{ path: 'cursor', message: 'Not a cursor of this list.' }],
    });
  }
  if (query.offset === undefined || query.offset === 0) return -1;
  const position = await positionAt(tx, workspaceId, tableId, query.offset);
  return position === null ? null : position - 1;
}
