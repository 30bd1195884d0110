import type { FieldProblem } from '@keyrail/contract/errors';
import type { RowId } from '@keyrail/contract/ids';
import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/id.ts';
import type { Tx } from '../lib/tx.ts';
import type { Who } from '../workspaces/who.ts';
import { dependentsBySource } from './action-column.ts';
import type { CellOfRow } from './cells-source.ts';
import type { TablesDeps } from './deps.ts';
import { readTable } from './manage-table.ts';
import type { Misfit } from './row-access.ts';
import * as rows from './row-store.ts';
import { byId, fromKeyed, toKeyed } from './row-values.ts';
import type { Column, Row } from './table.ts';
import { countRows } from './table-store.ts';

export type RowWithCells = Row & { cells: CellOfRow[] };

/** Adds rows at the end. All of them, or none: throws `invalid_input` naming each value that does not fit. */
export async function createRows(
  deps: Pick<TablesDeps, 'transact' | 'limits'>,
  who: Who,
  tableId: string,
  wanted: readonly { values: Readonly<Record<string, unknown>> }[],
): Promise<RowWithCells[]> {
  const { workspaceId } = who;
  return deps.transact(workspaceId, async (tx) => {
    const { table, columns } = await readTable(tx, workspaceId, tableId);
    const known = byId(columns);
    const keyed = wanted.map(({ values }) => toKeyed(known, values));
    refuseProblems(keyed.map(({ problems }) => problems));
    const counted = await countRows(tx, workspaceId, tableId, { added: wanted.length });
    if (!counted) throw new AppError('not_found');
    refuseTooMany(deps.limits.maxRows, counted.rowCount, table.name);
    const made = keyed.map(({ set }, index) => ({
      id: newId<RowId>('row'),
      position: counted.firstPosition + index,
      values: set,
    }));
    await rows.insertRows(tx, workspaceId, tableId, made);
    await tell(tx, who, 'rows.created', tableId, table.name, made.length);
    return fromKeyed(columns, made).map((row) => ({ ...row, cells: [] }));
  });
}

/**
 * Changes values; null empties, what is not named stays. All rows, or none: throws `invalid_input` naming each value
 * that does not fit, `not_found` where a row is gone. `done` cells that took a changed value become stale.
 */
export async function updateRows(
  deps: Pick<TablesDeps, 'transact' | 'cells'>,
  who: Who,
  tableId: string,
  wanted: readonly { id: string; values: Readonly<Record<string, unknown>> }[],
): Promise<RowWithCells[]> {
  const { workspaceId } = who;
  return deps.transact(workspaceId, async (tx) => {
    const { table, columns } = await readTable(tx, workspaceId, tableId);
    const known = byId(columns);
    const keyed = wanted.map(({ id, values }) => ({ id, ...toKeyed(known, values) }));
    refuseProblems(keyed.map(({ problems }) => problems));
    const ids = [...new Set(wanted.map(({ id }) => id))];
    await merge(deps, tx, workspaceId, tableId, columns, keyed);
    const found = await rows.rowsById(tx, workspaceId, tableId, ids);
    if (found.length < ids.length) {
      const gone = ids.find((id) => !found.some((row) => row.id === id));
      throw new AppError('not_found', {
        detail: `There is no row ${gone} in this table. Nothing was changed.`,
      });
    }
    await tell(tx, who, 'rows.changed', tableId, table.name, ids.length);
    const cells = await deps.cells.cellsOfRows(tx, workspaceId, tableId, ids);
    return withCells(fromKeyed(columns, found), cells);
  });
}

/** Rows that are gone already are no mistake: what was wanted is so. */
export async function deleteRows(
  deps: Pick<TablesDeps, 'transact'>,
  who: Who,
  tableId: string,
  ids: readonly string[],
): Promise<void> {
  const { workspaceId } = who;
  await deps.transact(workspaceId, async (tx) => {
    const { table } = await readTable(tx, workspaceId, tableId);
    // The table's lock first, as everybody takes it, then the rows'.
    await countRows(tx, workspaceId, tableId, {});
    const deleted = await rows.deleteRows(tx, workspaceId, tableId, ids);
    await countRows(tx, workspaceId, tableId, { deleted });
    if (deleted > 0) await tell(tx, who, 'rows.deleted', tableId, table.name, deleted);
  });
}

/** For runs: see `RowAccess.writeValues`. */
export async function writeValues(
  deps: Pick<TablesDeps, 'cells'>,
  tx: Tx,
  workspaceId: string,
  tableId: string,
  writes: readonly { rowId: string; values: Readonly<Record<string, unknown>> }[],
): Promise<Misfit[]> {
  const { columns } = await readTable(tx, workspaceId, tableId);
  const known = byId(columns);
  const keyed = writes.map(({ rowId, values }) => ({
    id: rowId,
    ...toKeyed(known, Object.fromEntries(Object.entries(values).filter(([id]) => known.has(id)))),
  }));
  await merge(deps, tx, workspaceId, tableId, columns, keyed);
  return keyed.flatMap(({ id, problems }) => problems.map((problem) => ({ rowId: id, ...problem })));
}

async function merge(
  deps: Pick<TablesDeps, 'cells'>,
  tx: Tx,
  workspaceId: string,
  tableId: string,
  columns: readonly Column[],
  writes: readonly rows.KeyedWrite[],
): Promise<void> {
  const dependents = dependentsBySource(columns);
  const watched = columns.filter(({ id }) => dependents.has(id));
  const once = mergedByRow(writes).filter(
    ({ set, unset }) => unset.length > 0 || Object.keys(set).length > 0,
  );
  if (once.length === 0) return;
  const changes = await rows.mergeValues(
    tx,
    workspaceId,
    tableId,
    once,
    watched.map(({ key }) => String(key)),
  );
  await tellDependents(deps, tx, workspaceId, tableId, columns, changes);
}

/** Tells whoever runs action columns in which rows their inputs have changed. `changed`: keys of columns. */
export async function tellDependents(
  deps: Pick<TablesDeps, 'cells'>,
  tx: Tx,
  workspaceId: string,
  tableId: string,
  columns: readonly Column[],
  changes: readonly { id: string; changed: readonly string[] }[],
): Promise<void> {
  const dependents = dependentsBySource(columns);
  const sourceByKey = new Map(columns.map(({ key, id }) => [String(key), id]));
  const rowsByColumn = new Map<string, Set<string>>();
  for (const { id, changed } of changes)
    for (const key of changed)
      for (const columnId of dependents.get(sourceByKey.get(key) ?? '') ?? [])
        rowsByColumn.set(columnId, (rowsByColumn.get(columnId) ?? new Set()).add(id));
  for (const [columnId, rowIds] of rowsByColumn)
    await deps.cells.inputsChanged(tx, workspaceId, { tableId, columnIds: [columnId], rowIds: [...rowIds] });
}

/** A row written twice in one batch: the later write counts. */
function mergedByRow(writes: readonly rows.KeyedWrite[]): rows.KeyedWrite[] {
  const merged = new Map<string, rows.KeyedWrite>();
  for (const write of writes) {
    const before = merged.get(write.id);
    if (!before) {
      merged.set(write.id, write);
      continue;
    }
    const set = { ...before.set, ...write.set };
    for (const key of write.unset) delete set[key];
    const unset = [...before.unset.filter((key) => !Object.hasOwn(set, key)), ...write.unset];
    merged.set(write.id, { id: write.id, set, unset });
  }
  return [...merged.values()];
}

export function withCells(found: readonly Row[], cells: readonly CellOfRow[]): RowWithCells[] {
  const byRow = Map.groupBy(cells, ({ rowId }) => rowId);
  return found.map((row) => ({ ...row, cells: byRow.get(row.id) ?? [] }));
}

export function refuseTooMany(maxRows: number, rowCount: number, tableName: string): void {
  if (rowCount <= maxRows) return;
  throw new AppError('too_large', {
    reason: 'too_many_rows',
    detail: `"${tableName}" would have more than ${maxRows.toLocaleString('en')} rows, the most a table holds. Nothing was added.`,
  });
}

/** At most 50, so that a thousand wrong rows do not make a wall of text. */
function refuseProblems(problems: readonly (readonly { columnId: string; message: string }[])[]): void {
  const fields: FieldProblem[] = problems.flatMap((ofRow, index) =>
    ofRow.map(({ columnId, message }) => ({
      path: `rows.${index}.values.${columnId.slice(0, 60)}`,
      message,
    })),
  );
  const [first] = fields;
  if (!first) return;
  const row = Number(first.path.split('.')[1]) + 1;
  const more = fields.length > 1 ? ` (and ${fields.length - 1} more)` : '';
  throw new AppError('invalid_input', {
    detail: `Row ${row} of those sent: ${first.message}${more} Nothing was saved.`,
    fields: fields.slice(0, 50),
  });
}

async function tell(
  tx: Tx,
  who: Who,
  action: 'rows.created' | 'rows.changed' | 'rows.deleted',
  tableId: string,
  name: string,
  count: number,
): Promise<void> {
  await record(tx, { who, action, subject: { kind: 'table', id: tableId, name }, detail: { rows: count } });
}
