import type { CreateRun } from '@keyrail/contract/runs';
import { record } from '../audit/record.ts';
import type { Connections } from '../connections/connections.ts';
import { enqueue } from '../jobs/queue.ts';
import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/id.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { RowAccess } from '../tables/row-access.ts';
import type { Column } from '../tables/table.ts';
import type { Who } from '../workspaces/who.ts';
import { isWithin } from './bounds.ts';
import type { Executor } from './executor.ts';
import { runWork } from './job.ts';
import type { NamedRun } from './run.ts';
import { cellsLeft, isOver } from './run.ts';
import { announce, announceDecision } from './store/announce-store.ts';
import { resetCells } from './store/bulk-store.ts';
import { decide, findActiveRun, findRun, insertRun, wakeWaiting } from './store/run-store.ts';

export interface CommandDeps {
  transact: Transact;
  tables: Pick<RowAccess, 'readTable'>;
  /** The executor of this process is told at once; those of others hear of it through the database. */
  executor: Pick<Executor, 'wake' | 'heed'>;
}

export type ActionColumn = Column & { action: NonNullable<Column['action']> };

/** The column if it is an action column of the table; `not_found` and `invalid_input` otherwise. */
export async function actionColumn(
  deps: Pick<CommandDeps, 'tables'>,
  tx: Tx,
  workspaceId: string,
  tableId: string,
  columnId: string,
): Promise<{ column: ActionColumn; columns: Column[] }> {
  const { columns } = await deps.tables.readTable(tx, workspaceId, tableId);
  const column = columns.find((one) => one.id === columnId);
  if (column === undefined) throw new AppError('not_found');
  const { action } = column;
  if (action === null)
    throw new AppError('invalid_input', { detail: `${column.name} holds values; only action columns run.` });
  return { column: { ...column, action }, columns };
}

/**
 * Makes the run and the job that works on it, together. Whoever starts it needs the right to use the connection when it
 * runs: a token bound to connections hands its bounds on to the run.
 */
export async function startRun(
  deps: CommandDeps,
  who: Who,
  tableId: string,
  columnId: string,
  wanted: CreateRun,
): Promise<NamedRun> {
  refuseWithoutUse(who);
  const scope = scopeOf(wanted);
  const id = newId<string>('run');
  const started = await deps.transact(who.workspaceId, async (tx) => {
    const { column } = await actionColumn(deps, tx, who.workspaceId, tableId, columnId);
    const isNew = await insertRun(tx, {
      id,
      workspaceId: who.workspaceId,
      tableId,
      columnId,
      scope: wanted.scope,
      ...scope,
      maxCalls: wanted.max_calls ?? null,
      action: column.action,
      allowedConnectionIds: who.connectionIds === null ? null : [...who.connectionIds],
      createdBy: who.userId,
      tokenId: who.tokenId,
      createdByLabel: who.label,
    });
    if (!isNew) throw await alreadyRunning(tx, who.workspaceId, column);
    await enqueue(tx, runWork, { workspace_id: who.workspaceId, run_id: id });
    await record(tx, {
      who,
      action: 'run.started',
      subject: { kind: 'run', id, name: column.name },
      detail: { table_id: tableId, column_id: columnId, scope: wanted.scope },
    });
    await announce(tx, id);
    return required(await findRun(tx, who.workspaceId, id));
  });
  deps.executor.wake({ workspaceId: who.workspaceId, runId: id });
  return started;
}

/** To run something is to use a connection: a token that may start runs may not do so by that alone. */
export function refuseWithoutUse(who: Who): void {
  if (who.scopes.has('connections:use')) return;
  throw new AppError('forbidden', {
    detail: 'This token may not use connections: it needs the scope connections:use as well.',
  });
}

/** What a scope needs besides its name. */
export function scopeOf(wanted: CreateRun): { firstRows: number | null; rowIds: string[] | null } {
  if (wanted.scope === 'first' && wanted.limit === undefined) throw lacking('limit', 'Say how many rows.');
  if (wanted.scope === 'selected' && wanted.row_ids === undefined)
    throw lacking('row_ids', 'Say which rows.');
  return {
    firstRows: wanted.scope === 'first' ? (wanted.limit ?? null) : null,
    rowIds: wanted.scope === 'selected' ? (wanted.row_ids ?? null) : null,
  };
}

function lacking(path: string, message: string): AppError {
  return new AppError('invalid_input', { fields: [{ path, message }] });
}

async function alreadyRunning(tx: Tx, workspaceId: string, column: Column): Promise<AppError> {
  const runId = await findActiveRun(tx, workspaceId, column.id);
  const detail = `${column.name} is being run already (${runId ?? 'just over'}). Wait until that run is over, or cancel it.`;
  return new AppError('conflict', { detail, reason: 'run_active', extra: { run_id: runId } });
}

/** Nothing new begins; what is in flight is stored. Stays so over restarts, until somebody resumes it. */
export function pauseRun(deps: CommandDeps, who: Who, runId: string): Promise<NamedRun> {
  return change(deps, who, runId, async (tx, run) => {
    if (isOver(run.state)) throw over(run);
    if (run.state !== 'paused') await decide(tx, who.workspaceId, run.id, { state: 'paused' });
  });
}

/** A paused run goes on; one that waits tries again at once. To a token only where it may use the connection itself. */
export async function resumeRun(
  deps: CommandDeps & { connections: Pick<Connections, 'resolve'> },
  who: Who,
  runId: string,
): Promise<NamedRun> {
  refuseWithoutUse(who);
  return change(deps, who, runId, async (tx, run) => {
    await refuseForeign(deps, tx, who, run);
    if (isOver(run.state)) throw over(run);
    if (run.state === 'paused')
      await decide(tx, who.workspaceId, run.id, { state: run.total === null ? 'queued' : 'running' });
    if (run.state === 'waiting')
      await decide(tx, who.workspaceId, run.id, { state: 'waiting', wakeNow: true });
    await enqueue(tx, runWork, { workspace_id: who.workspaceId, run_id: run.id });
  });
}

/** A run goes on by its maker's bounds: whoever is bound to less would spend what they may not. */
async function refuseForeign(
  deps: { connections: Pick<Connections, 'resolve'> },
  tx: Tx,
  who: Who,
  run: NamedRun,
): Promise<void> {
  const { integration, connection_id: connectionId } = run.action;
  if (who.connectionIds === null) return;
  const resolved = await deps.connections.resolve(tx, who.workspaceId, { integration, connectionId });
  const isNamed = connectionId === null || who.connectionIds.has(connectionId);
  if (isNamed && (resolved.kind === 'missing' || isWithin(who.connectionIds, resolved))) return;
  throw new AppError('forbidden', { detail: 'This token may not use the connection of this run.' });
}

/** So many cells go back within the request; the rest of a very large run follows in the background. */
const RESET_AT_ONCE = 20_000;

/** Over at once: no further call begins, queued cells are what they were before; answers still in flight are stored. */
export function cancelRun(deps: CommandDeps, who: Who, runId: string): Promise<NamedRun> {
  return change(deps, who, runId, async (tx, run) => {
    if (run.state === 'cancelled') return;
    if (isOver(run.state)) throw over(run);
    const reset = {
      queued: await resetCells(tx, run, 'queued', RESET_AT_ONCE),
      waiting_for_connection: await resetCells(tx, run, 'waiting_for_connection', RESET_AT_ONCE),
      out_of_credits: await resetCells(tx, run, 'out_of_credits', RESET_AT_ONCE),
    };
    const moved = reset.queued + reset.waiting_for_connection + reset.out_of_credits;
    const isSettled = run.total !== null && cellsLeft(run.counts) - moved <= 0;
    await decide(tx, who.workspaceId, run.id, { state: 'cancelled', reset, isSettled });
    if (!isSettled) await enqueue(tx, runWork, { workspace_id: who.workspaceId, run_id: run.id });
    await record(tx, {
      who,
      action: 'run.cancelled',
      subject: { kind: 'run', id: run.id, name: run.columnName },
    });
    await announce(tx, run.id, [], true);
  });
}

async function change(
  deps: CommandDeps,
  who: Who,
  runId: string,
  work: (tx: Tx, run: NamedRun) => Promise<void>,
): Promise<NamedRun> {
  const changed = await deps.transact(who.workspaceId, async (tx) => {
    await work(tx, required(await findRun(tx, who.workspaceId, runId, true)));
    await announce(tx, runId);
    await announceDecision(tx, runId);
    return required(await findRun(tx, who.workspaceId, runId));
  });
  deps.executor.heed(runId);
  return changed;
}

function over(run: NamedRun): AppError {
  return new AppError('conflict', { detail: `This run is over (${run.state}).`, reason: 'run_over' });
}

export function required<T>(found: T | null): T {
  if (found === null) throw new AppError('not_found');
  return found;
}

/** A connection of the integration works (again): runs that wait for one try at once. */
export async function connectionHealed(
  deps: Pick<CommandDeps, 'transact'>,
  workspaceId: string,
  integration: string,
): Promise<void> {
  await deps.transact(workspaceId, async (tx) => {
    for (const runId of await wakeWaiting(tx, workspaceId, integration))
      await enqueue(tx, runWork, { workspace_id: workspaceId, run_id: runId });
  });
}
