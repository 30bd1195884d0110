import type { ColumnId } from '@keyrail/contract/ids';
import type { CsvColumnPlan } from '@keyrail/contract/tables';
import { record } from '../../audit/record.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import { newId } from '../../lib/id.ts';
import type { Transact, Tx } from '../../lib/tx.ts';
import type { Who } from '../../workspaces/who.ts';
import { dependentsBySource } from '../action-column.ts';
import {
  type Bulk,
  type BulkDatabase,
  countImported,
  inBulk,
  mergeIncoming,
  reserve,
} from '../bulk-store.ts';
import type { CellsSource } from '../cells-source.ts';
import { refuseTooMany, tellDependents } from '../change-rows.ts';
import { checkNames } from '../column-name.ts';
import { lockForChange, readTable } from '../manage-table.ts';
import { valuesBecomeText } from '../row-store.ts';
import type { Column, Table } from '../table.ts';
import { claimTable, columnsOf, insertColumns } from '../table-store.ts';
import type { FieldTarget } from './convert.ts';
import { type CsvOptions, findLayout, type Layout } from './layout.ts';
import type { ImportLimits } from './limits.ts';
import { type ReadResult, readLines } from './lines.ts';
import { type ImportPlan, newOnes, planAsAsked, planByNames } from './plan.ts';
import { type Sample, takeSample } from './sample.ts';

export interface ImportDeps {
  transact: Transact;
  bulk: BulkDatabase;
  cells: CellsSource;
  clock: Clock;
  limits: ImportLimits;
}

export interface ImportRequest {
  body: AsyncIterable<Buffer>;
  options: CsvOptions;
  /** One entry per column of the file; left out: by the names of its header. */
  plan?: readonly CsvColumnPlan[] | undefined;
  /** Rows whose value in this column is in the table already change that row instead of being added. */
  upsertBy?: string | undefined;
  /** Asked every few seconds: whether who began this may still do so. Throws where not. */
  checkMayGoOn?: (() => Promise<void>) | undefined;
}

export interface Imported extends ReadResult {
  rowsAdded: number;
  rowsChanged: number;
  columns: Column[];
  delimiter: string;
}

/** Where the values of a file go, once keys and positions are set aside for them. */
interface Prepared {
  layout: Layout;
  plan: ImportPlan;
  /** By column of the file. */
  columns: (Column | null)[];
  upsertKey: string | null;
  firstPosition: number;
}

/**
 * Brings a CSV into a table while it comes in: nothing is kept of it but the current row. All of it in one transaction:
 * it is there as a whole, without the rows that are listed as problems, or not at all.
 */
export async function importCsv(
  deps: ImportDeps,
  who: Who,
  tableId: string,
  request: ImportRequest,
): Promise<Imported> {
  await deps.transact(who.workspaceId, (tx) => readTable(tx, who.workspaceId, tableId));
  const sample = await takeSample(deps, request.body);
  try {
    const layout = findLayout(sample, request.options, deps.limits);
    const prepared = await prepare(deps, who.workspaceId, tableId, layout, request);
    return await inBulk(deps.bulk, who.workspaceId, 'write', (bulk) =>
      load(deps, bulk, who, tableId, sample, prepared, request),
    );
  } finally {
    await sample.close();
  }
}

async function prepare(
  deps: Pick<ImportDeps, 'transact' | 'limits'>,
  workspaceId: string,
  tableId: string,
  layout: Layout,
  request: ImportRequest,
): Promise<Prepared> {
  return deps.transact(workspaceId, async (tx) => {
    const { columns } = await readTable(tx, workspaceId, tableId);
    const plan = request.plan ? planAsAsked(layout, columns, request.plan) : planByNames(layout, columns);
    const wanted = { positions: deps.limits.maxRows, keys: newOnes(plan).length };
    const { firstPosition, firstKey } = await reserve(tx, workspaceId, tableId, wanted);
    let made = 0;
    const targets = plan.targets.map((target): Column | null => {
      if (target.kind === 'skip') return null;
      if (target.kind === 'column') return target.column;
      const { name, type } = target;
      const position = columns.length + made;
      const key = firstKey + made++;
      return { id: newId<ColumnId>('col'), key, name, type, position, width: null, action: null };
    });
    const upsertKey = request.upsertBy === undefined ? null : keyOf(targets, request.upsertBy);
    return { layout, plan, columns: targets, upsertKey, firstPosition };
  });
}

function keyOf(targets: readonly (Column | null)[], columnId: string): string {
  const column = targets.find((target) => target?.id === columnId);
  if (column) return String(column.key);
  const message =
    'No column of the file goes into this column of the table, so rows cannot be matched by it.';
  throw new AppError('invalid_input', { detail: message, fields: [{ path: 'upsert_by', message }] });
}

async function load(
  deps: ImportDeps,
  bulk: Bulk,
  who: Who,
  tableId: string,
  sample: Sample,
  prepared: Prepared,
  request: ImportRequest,
): Promise<Imported> {
  const { layout, plan, upsertKey } = prepared;
  if (!(await claimTable(bulk.tx, tableId)))
    throw new AppError('conflict', {
      reason: 'import_active',
      detail:
        'Another file is being imported into this table. Wait until that is over, then send this one again.',
    });
  const reading = readLines(
    {
      limits: deps.limits,
      clock: deps.clock,
      checkMayGoOn: request.checkMayGoOn,
    },
    {
      bytes: sample.bytes(),
      start: sample.start,
      encoding: request.options.encoding,
      layout,
      names: plan.names,
      targets: fieldTargets(prepared),
      firstPosition: prepared.firstPosition,
      rowPrefix: upsertKey === null ? `${who.workspaceId}\t${tableId}\t` : '',
    },
  );
  if (upsertKey === null) await bulk.copyRows(reading.lines);
  else await bulk.copyIncoming(reading.lines, upsertKey);
  return settle(deps, bulk.tx, who, tableId, prepared, reading.result());
}

function fieldTargets({ plan, columns, upsertKey }: Prepared): (FieldTarget | null)[] {
  return columns.map((column, at) => {
    const target = plan.targets[at];
    if (!column || column.type === 'action') return null;
    return {
      key: column.key,
      type: column.type,
      isDetected: target?.kind === 'new' && target.isDetected,
      isRequired: String(column.key) === upsertKey,
    };
  });
}

/** Everything that needs the lock on the table: short, and after the last byte has come. */
async function settle(
  deps: Pick<ImportDeps, 'cells' | 'limits'>,
  tx: Tx,
  who: Who,
  tableId: string,
  prepared: Prepared,
  read: ReadResult,
): Promise<Imported> {
  const table = await lockForChange(tx, who.workspaceId, tableId, null);
  const there = await columnsOf(tx, who.workspaceId, tableId);
  refuseChangedColumns(prepared, there);
  const columns = finalColumns(prepared, read, there);
  await insertColumns(tx, who.workspaceId, tableId, columns.made);
  const counted = await merge(deps, tx, who.workspaceId, tableId, prepared, read, there);
  const turned = keysTurnedText(prepared, read);
  if (turned.length > 0) {
    // With `upsertKey` rows that were there before may have got such a value too.
    const from = prepared.upsertKey === null ? prepared.firstPosition : 0;
    const to = prepared.firstPosition + read.rows;
    await valuesBecomeText(tx, who.workspaceId, tableId, turned, { from, to });
  }
  const rowCount = await countImported(tx, table, counted.added, {
    firstPosition: prepared.firstPosition,
    used: read.rows,
    reserved: deps.limits.maxRows,
  });
  refuseTooMany(deps.limits.maxRows, rowCount, table.name);
  await tell(tx, who, table, counted, read);
  return {
    ...read,
    notes: [...prepared.plan.notes, ...read.notes, ...columns.notes, ...counted.notes],
    rowsAdded: counted.added,
    rowsChanged: counted.changed,
    columns: [...there, ...columns.made],
    delimiter: prepared.layout.delimiter,
  };
}

/** New columns that came in as numbers or booleans at first; the other types are kept as text anyway. */
function keysTurnedText({ columns }: Prepared, read: ReadResult): string[] {
  return [...read.becameText.keys()].flatMap((at) => {
    const column = columns[at];
    return column?.type === 'number' || column?.type === 'boolean' ? [String(column.key)] : [];
  });
}

/** The file came in under what its columns were at the beginning. */
function refuseChangedColumns(prepared: Prepared, there: readonly Column[]): void {
  const isSame = (column: Column) => there.some(({ id, type }) => id === column.id && type === column.type);
  const changed = prepared.columns.find(
    (column, at) => column && prepared.plan.targets[at]?.kind === 'column' && !isSame(column),
  );
  if (!changed) return;
  throw new AppError('conflict', {
    reason: 'column_changed',
    detail: `The column "${changed.name}" was changed or deleted while the file came in. Nothing was imported. Send it again.`,
  });
}

function finalColumns(
  { plan, columns }: Prepared,
  read: ReadResult,
  there: readonly Column[],
): { made: Column[]; notes: string[] } {
  const notes: string[] = [];
  const made = columns.flatMap((column, at) => {
    if (!column || plan.targets[at]?.kind !== 'new') return [];
    const line = read.becameText.get(at);
    if (line === undefined) return [column];
    notes.push(
      `"${column.name}" looked like ${column.type}, but not from line ${line} on; it came in as text.`,
    );
    return [{ ...column, type: 'text' as const }];
  });
  checkNames(there, made);
  return { made: made.map((column, index) => ({ ...column, position: there.length + index })), notes };
}

async function merge(
  deps: Pick<ImportDeps, 'cells'>,
  tx: Tx,
  workspaceId: string,
  tableId: string,
  prepared: Prepared,
  read: ReadResult,
  there: readonly Column[],
): Promise<{ added: number; changed: number; notes: string[] }> {
  if (prepared.upsertKey === null) return { added: read.rows, changed: 0, notes: [] };
  const dependents = dependentsBySource(there);
  const watched = there.filter(({ id }) => dependents.has(id)).map(({ key }) => String(key));
  const merged = await mergeIncoming(tx, workspaceId, tableId, prepared.upsertKey, watched);
  await tellDependents(deps, tx, workspaceId, tableId, there, merged.changes);
  const notes: string[] = [];
  if (merged.repeated > 0)
    notes.push(
      `${many(merged.repeated, 'row')} meant the same row as one before in the file; they were merged in order.`,
    );
  if (merged.same > 0) notes.push(`${many(merged.same, 'row')} had these values already.`);
  return { added: merged.added, changed: merged.changed, notes };
}

export function many(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}

async function tell(
  tx: Tx,
  who: Who,
  table: Table,
  counted: { added: number; changed: number },
  read: ReadResult,
): Promise<void> {
  await record(tx, {
    who,
    action: 'table.imported',
    subject: { kind: 'table', id: table.id, name: table.name },
    detail: { rows_added: counted.added, rows_changed: counted.changed, rows_rejected: read.rejected },
  });
}
