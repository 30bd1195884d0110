import type { ColumnId } from '@keyrail/contract/ids';
import type { ColumnAction, ValueType } from '@keyrail/contract/tables';
import { record } from '../audit/record.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/id.ts';
import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { actionProblems, sourcesOf } from './action-column.ts';
import { checkNames } from './column-name.ts';
import { convertColumn } from './convert-column.ts';
import type { TablesDeps } from './deps.ts';
import { forgetValues } from './forget-values.ts';
import { lockForChange } from './manage-table.ts';
import type { Column } from './table.ts';
import * as store from './table-store.ts';

/** `version`: the table's, after the change. */
export interface ChangedColumn {
  column: Column;
  version: number;
}

export interface NewColumn {
  name: string;
  type: ValueType | 'action';
  width?: number | undefined;
  action?: ColumnAction | undefined;
}

/** The workspace's catalog, read before the transaction begins. */
interface CatalogDep {
  catalog: Pick<Catalog, 'get'>;
}

export interface ColumnChange {
  name?: string | undefined;
  width?: number | null | undefined;
  position?: number | undefined;
  type?: ValueType | undefined;
  action?: ColumnAction | undefined;
}

export async function createColumn(
  deps: Pick<TablesDeps, 'transact' | 'catalogs' | 'connections'>,
  who: Who,
  tableId: string,
  wanted: NewColumn,
  expectedVersion: number | null,
): Promise<ChangedColumn> {
  const { workspaceId } = who;
  const catalog = await deps.catalogs.of(workspaceId);
  return deps.transact(workspaceId, async (tx) => {
    const table = await lockForChange(tx, workspaceId, tableId, expectedVersion);
    const columns = await store.columnsOf(tx, workspaceId, tableId);
    checkNames(columns, [wanted]);
    if (wanted.action) await checkAction({ ...deps, catalog }, tx, who, columns, wanted.action, null);
    const column: Column = {
      id: newId<ColumnId>('col'),
      key: await store.takeColumnKeys(tx, workspaceId, tableId, 1),
      name: wanted.name,
      type: wanted.type,
      position: columns.length,
      width: wanted.width ?? null,
      action: wanted.action ?? null,
    };
    await store.insertColumns(tx, workspaceId, tableId, [column]);
    await store.raiseVersion(tx, workspaceId, tableId);
    await tell(tx, who, 'column.created', column, table.name);
    return { column, version: table.version + 1 };
  });
}

export async function changeColumn(
  deps: Pick<TablesDeps, 'transact' | 'catalogs' | 'connections' | 'cells'>,
  who: Who,
  tableId: string,
  columnId: string,
  change: ColumnChange,
  expectedVersion: number | null,
): Promise<ChangedColumn> {
  const { workspaceId } = who;
  const catalog = await deps.catalogs.of(workspaceId);
  return deps.transact(workspaceId, async (tx) => {
    const table = await lockForChange(tx, workspaceId, tableId, expectedVersion);
    const columns = await store.columnsOf(tx, workspaceId, tableId);
    const column = find(columns, columnId);
    if (change.name !== undefined) checkNames(without(columns, column), [{ name: change.name }]);
    if (change.type !== undefined) await changeType(tx, workspaceId, tableId, column, change.type);
    if (change.action !== undefined)
      await changeAction({ ...deps, catalog }, tx, who, tableId, columns, column, change.action);
    const changed: Column = {
      ...column,
      name: change.name ?? column.name,
      width: change.width === undefined ? column.width : change.width,
      type: change.type ?? column.type,
      action: change.action ?? column.action,
    };
    await store.updateColumn(tx, workspaceId, tableId, changed);
    if (change.position !== undefined) {
      const ids = without(columns, column).map(({ id }) => id);
      changed.position = Math.min(change.position, ids.length);
      ids.splice(changed.position, 0, column.id);
      await store.orderColumns(tx, workspaceId, tableId, ids);
    }
    await store.raiseVersion(tx, workspaceId, tableId);
    await tell(tx, who, 'column.changed', changed, table.name, Object.keys(change));
    return { column: changed, version: table.version + 1 };
  });
}

/** Refused while an action column uses it, as input or for an output, and while a run of its own is not over. */
export async function deleteColumn(
  deps: Pick<TablesDeps, 'transact' | 'cells'>,
  who: Who,
  tableId: string,
  columnId: string,
  expectedVersion: number | null,
): Promise<void> {
  const { workspaceId } = who;
  await deps.transact(workspaceId, async (tx) => {
    const table = await lockForChange(tx, workspaceId, tableId, expectedVersion);
    const columns = await store.columnsOf(tx, workspaceId, tableId);
    const column = find(columns, columnId);
    refuseUsed(column, without(columns, column));
    const runs = await deps.cells.activeRuns(tx, workspaceId, [tableId]);
    if (runs.some((run) => run.columnId === columnId))
      throw new AppError('conflict', {
        reason: 'run_active',
        detail: `A run of "${column.name}" is not over. Cancel it, then delete the column.`,
      });
    await store.deleteColumn(tx, workspaceId, tableId, columnId);
    await store.orderColumns(
      tx,
      workspaceId,
      tableId,
      without(columns, column).map(({ id }) => id),
    );
    if (column.type !== 'action') await forgetValues(tx, workspaceId, tableId, column.key);
    await store.raiseVersion(tx, workspaceId, tableId);
    await tell(tx, who, 'column.deleted', column, table.name);
  });
}

function refuseUsed(column: Column, others: readonly Column[]): void {
  const users = others.filter(
    ({ action }) =>
      action &&
      (sourcesOf(action).includes(column.id) || Object.values(action.outputs).some((id) => id === column.id)),
  );
  if (users.length === 0) return;
  const names = users.map(({ name }) => `"${name}"`).join(', ');
  throw new AppError('conflict', {
    reason: 'column_in_use',
    detail: `"${column.name}" is used by ${names}. Change or delete ${users.length === 1 ? 'it' : 'them'} first.`,
  });
}

async function changeType(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  column: Column,
  type: ValueType,
): Promise<void> {
  if (column.type === 'action')
    throw invalid('type', `"${column.name}" is an action column; it has no other type.`);
  if (type !== column.type) await convertColumn(tx, workspaceId, tableId, column, type);
}

async function changeAction(
  deps: Pick<TablesDeps, 'connections' | 'cells'> & CatalogDep,
  tx: Tx,
  who: Who,
  tableId: string,
  columns: readonly Column[],
  column: Column,
  action: ColumnAction,
): Promise<void> {
  if (!column.action)
    throw invalid('action', `"${column.name}" holds values; only an action column has an action.`);
  await checkAction(deps, tx, who, columns, action, column);
  if (asks(column.action) !== asks(action))
    await deps.cells.inputsChanged(tx, who.workspaceId, { tableId, columnIds: [column.id], rowIds: null });
}

/** What is asked of whom: with another connection or other output columns the same would come out. */
function asks({ integration, action, inputs }: ColumnAction): string {
  return JSON.stringify([integration, action, Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/**
 * Throws `invalid_input` naming each field that does not fit. To a token bound to connections the others are not there; one that
 * the column `self` names already may stay.
 */
async function checkAction(
  deps: Pick<TablesDeps, 'connections'> & CatalogDep,
  tx: Tx,
  who: Who,
  columns: readonly Column[],
  action: ColumnAction,
  self: Column | null,
): Promise<void> {
  const fields = actionProblems(deps.catalog, columns, action, self?.id ?? null);
  if (fields.length === 0 && action.connection_id !== null) {
    const ref = { integration: action.integration, connectionId: action.connection_id };
    const found = await deps.connections.resolve(tx, who.workspaceId, ref);
    const isKept = self?.action?.connection_id === action.connection_id;
    const isSeen = isKept || (who.connectionIds?.has(action.connection_id) ?? true);
    if (!isSeen || (found.kind === 'missing' && found.because === 'none'))
      fields.push({
        path: 'action.connection_id',
        message: 'There is no such connection of this integration.',
      });
  }
  if (fields.length > 0) throw new AppError('invalid_input', { detail: fields[0]?.message ?? '', fields });
}

function find(columns: readonly Column[], id: string): Column {
  const column = columns.find((one) => one.id === id);
  if (!column) throw new AppError('not_found', { detail: 'There is no such column in this table.' });
  return column;
}

function without(columns: readonly Column[], column: Column): Column[] {
  return columns.filter(({ id }) => id !== column.id);
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_input', { detail: message, fields: [{ path, message }] });
}

async function tell(
  tx: Tx,
  who: Who,
  action: 'column.created' | 'column.changed' | 'column.deleted',
  column: Column,
  tableName: string,
  changed: string[] = [],
): Promise<void> {
  const subject = { kind: 'column', id: column.id, name: column.name };
  await record(tx, {
    who,
    action,
    subject,
    detail: { table: tableName, ...(changed.length > 0 && { changed }) },
  });
}
