import type { ColumnId, TableId } from '@keyrail/contract/ids';
import type { ValueType } from '@keyrail/contract/tables';
import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/id.ts';
import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { checkNames } from './column-name.ts';
import type { TablesDeps } from './deps.ts';
import type { Column, Table } from './table.ts';
import * as store from './table-store.ts';

/** A table as it is shown: without its rows. */
export interface WholeTable {
  table: Table;
  columns: Column[];
  activeRunIds: string[];
}

export type ListedTable = Table & { columnCount: number };

export interface NewValueColumn {
  name: string;
  type: ValueType;
  width?: number | undefined;
}

export async function createTable(
  deps: Pick<TablesDeps, 'transact' | 'cells'>,
  who: Who,
  wanted: { name: string; columns: readonly NewValueColumn[] },
): Promise<WholeTable> {
  checkNames([], wanted.columns);
  const id = newId<TableId>('tbl');
  return deps.transact(who.workspaceId, async (tx) => {
    await store.insertTable(tx, who.workspaceId, id, wanted.name);
    const firstKey = await store.takeColumnKeys(tx, who.workspaceId, id, wanted.columns.length);
    const columns = wanted.columns.map((column, index) => ({
      id: newId<ColumnId>('col'),
      key: firstKey + index,
      name: column.name,
      type: column.type,
      position: index,
      width: column.width ?? null,
      action: null,
    }));
    await store.insertColumns(tx, who.workspaceId, id, columns);
    await record(tx, { who, action: 'table.created', subject: { kind: 'table', id, name: wanted.name } });
    return whole(deps, tx, who.workspaceId, id);
  });
}

/** The newest first; `after`: an id. */
export async function listTables(
  deps: Pick<TablesDeps, 'transact'>,
  who: Who,
  page: { limit: number; after: string | null },
): Promise<ListedTable[]> {
  return deps.transact(who.workspaceId, (tx) => store.listTables(tx, who.workspaceId, page), 'read');
}

export async function getTable(
  deps: Pick<TablesDeps, 'transact' | 'cells'>,
  who: Who,
  id: string,
): Promise<WholeTable> {
  return deps.transact(who.workspaceId, (tx) => whole(deps, tx, who.workspaceId, id), 'read');
}

export async function renameTable(
  deps: Pick<TablesDeps, 'transact' | 'cells'>,
  who: Who,
  id: string,
  name: string,
  expectedVersion: number | null,
): Promise<WholeTable> {
  return deps.transact(who.workspaceId, async (tx) => {
    await lockForChange(tx, who.workspaceId, id, expectedVersion);
    await store.raiseVersion(tx, who.workspaceId, id, name);
    await record(tx, { who, action: 'table.renamed', subject: { kind: 'table', id, name } });
    return whole(deps, tx, who.workspaceId, id);
  });
}

/** With its columns, rows and cells. Not while something runs in it or comes into it. */
export async function deleteTable(
  deps: Pick<TablesDeps, 'transact' | 'cells'>,
  who: Who,
  id: string,
  expectedVersion: number | null,
): Promise<void> {
  await deps.transact(who.workspaceId, async (tx) => {
    const table = await lockForChange(tx, who.workspaceId, id, expectedVersion);
    const runs = await deps.cells.activeRuns(tx, who.workspaceId, [id]);
    if (runs.length > 0)
      throw new AppError('conflict', {
        reason: 'run_active',
        detail: `A run in "${table.name}" is not over. Cancel it, then delete the table.`,
      });
    if (!(await store.claimTable(tx, id)))
      throw new AppError('conflict', {
        reason: 'import_active',
        detail: `A file is being imported into "${table.name}". Wait until that is over, then delete the table.`,
      });
    await store.deleteTable(tx, who.workspaceId, id);
    await record(tx, {
      who,
      action: 'table.deleted',
      subject: { kind: 'table', id, name: table.name },
      detail: { rows: table.rowCount },
    });
  });
}

/** The table, which nobody else changes until the transaction ends; `edited_meanwhile` where it is another version by now. */
export async function lockForChange(
  tx: Tx,
  workspaceId: string,
  id: string,
  expectedVersion: number | null,
): Promise<Table> {
  const table = await store.lockTable(tx, workspaceId, id);
  if (!table) throw noTable();
  if (expectedVersion !== null && expectedVersion !== table.version) throw new AppError('edited_meanwhile');
  return table;
}

export async function readTable(
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<{ table: Table; columns: Column[] }> {
  const table = await store.findTable(tx, workspaceId, id);
  if (!table) throw noTable();
  return { table, columns: await store.columnsOf(tx, workspaceId, id) };
}

async function whole(
  deps: Pick<TablesDeps, 'cells'>,
  tx: Tx,
  workspaceId: string,
  id: string,
): Promise<WholeTable> {
  const found = await readTable(tx, workspaceId, id);
  const runs = await deps.cells.activeRuns(tx, workspaceId, [id]);
  return { ...found, activeRunIds: runs.map(({ runId }) => runId) };
}

function noTable(): AppError {
  return new AppError('not_found', { detail: 'There is no such table in this workspace.' });
}
