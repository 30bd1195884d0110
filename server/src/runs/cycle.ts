import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { RowAccess } from '../tables/row-access.ts';
import type { SettledCell } from './cell.ts';
import { type Batch, batchSize, type Drive, emptyBatch, mergeBatches } from './drive-state.ts';
import { putBack } from './flight.ts';
import { nextStep } from './next-step.ts';
import { isOver, type Run } from './run.ts';
import { announce } from './store/announce-store.ts';
import { parkCells, requeueCells, settleCells, valuesOfCells } from './store/cell-store.ts';
import { cellsSource } from './store/cell-view-store.ts';
import { advance, lockLeased } from './store/lease-store.ts';
import { add, type Turn } from './turn.ts';

export interface CycleDeps {
  transact: Transact;
  tables: Pick<RowAccess, 'writeValues'>;
  clock: Clock;
  leaseMs: number;
}

/** `lost`: another process holds the run. `over`: nothing is left to do for now, and the lease is given back. */
export type CycleEnd = 'lost' | 'over' | 'on';

/**
 * One transaction: what came back is written, the next cells are taken, the counters follow, and those who watch are
 * told. All of it names the lease; where that is another's by now, nothing is written and what is in memory is dropped.
 */
export async function cycle(
  deps: CycleDeps,
  drive: Drive,
  what: 'work' | 'hold' | 'leave' = 'work',
): Promise<CycleEnd> {
  if (what !== 'work' || isHalted(drive.run) || drive.isFrozen) putBackClaimed(drive);
  const batch = drive.batch;
  drive.batch = emptyBatch();
  drive.writing = batchSize(batch);
  const startedAt = performance.now();
  const { heard } = drive.decisions;
  try {
    const result = await deps.transact(drive.lease.workspaceId, (tx) => turn(deps, tx, drive, batch, what));
    if (result === null) return 'lost';
    drive.decisions.seen = heard;
    drive.leaseEndsAtMs = startedAt + deps.leaseMs * 0.8;
    drive.run = result.run;
    drive.claimed.push(...result.claimed);
    drive.cursor = result.cursor;
    drive.thawLeft = result.thawLeft;
    drive.isAgain = result.isAgain;
    drive.isDry = result.isDry;
    if (result.isFrozen) drive.isFrozen = true;
    if (result.areJobsLeft) drive.parked.clear();
    drive.pace.add(batch.settled.length);
    return result.isOver ? 'over' : 'on';
  } catch (error) {
    drive.batch = mergeBatches(batch, drive.batch);
    throw error;
  } finally {
    drive.writing = 0;
  }
}

/** A person stopped it, or it is over: nothing new begins. */
export function isHalted(run: Run): boolean {
  return run.state === 'paused' || isOver(run.state);
}

function putBackClaimed(drive: Drive): void {
  for (const cell of drive.claimed.splice(0)) putBack(drive, cell);
}

async function turn(
  deps: CycleDeps,
  tx: Tx,
  drive: Drive,
  batch: Batch,
  what: 'work' | 'hold' | 'leave',
): Promise<Turn | null> {
  const run = await lockLeased(tx, drive.lease, drive.run);
  if (run === null) return null;
  const { cursor, thawLeft, isFrozen } = drive;
  const base = {
    callsWritten: batch.calls,
    counts: {},
    change: {},
    changedRows: [],
    changedMore: false,
    claimed: [],
  };
  const ends = { isOver: what === 'leave', isAgain: false, isDry: drive.isDry, areJobsLeft: false };
  const turn: Turn = { tx, drive, run, cursor, thawLeft, isFrozen, ...base, ...ends };
  await writeBatch(deps, turn, batch);
  if (what === 'work') await nextStep(deps, turn);
  const { change, counts } = turn;
  const { footing } = drive;
  if (footing.kind === 'ready' && footing.prepared.connection.id !== run.connectionId)
    change.connectionId = footing.prepared.connection.id;
  if (batch.credits !== null) change.credits = batch.credits;
  await advance(tx, drive.lease, {
    ...change,
    counts,
    calls: batch.calls,
    rowsPerSecond: change.rowsPerSecond ?? drive.pace.rowsPerSecond(),
    leaseMs: turn.isOver ? null : deps.leaseMs,
  });
  turn.run = {
    ...run,
    state: change.state ?? run.state,
    total: change.total ?? run.total,
    calls: run.calls + batch.calls,
  };
  const isNews = turn.changedRows.length > 0 || turn.changedMore || change.state !== undefined || turn.isOver;
  if (isNews) await announce(tx, run.id, turn.changedRows, turn.changedMore);
  return turn;
}

async function writeBatch(deps: CycleDeps, turn: Turn, batch: Batch): Promise<void> {
  const { tx, run } = turn;
  if (batch.writes.length > 0) {
    const misfits = await deps.tables.writeValues(tx, run.workspaceId, run.tableId, batch.writes);
    for (const misfit of misfits) {
      const cell = batch.settled.find((one) => one.rowId === misfit.rowId);
      if (cell) cell.message = misfit.message;
    }
  }
  const feeding = await cellsThatFeed(turn, batch.settled);
  const present = await settleCells(tx, run, batch.settled);
  if (feeding.length > 0) {
    const changed = { tableId: run.tableId, columnIds: turn.drive.plan.dependents, rowIds: feeding };
    await cellsSource.inputsChanged(tx, run.workspaceId, changed);
  }
  for (const cell of batch.settled) {
    add(turn, 'running', -1);
    if (!present.has(cell.rowId)) continue;
    add(turn, cell.state, 1);
    turn.changedRows.push(cell.rowId);
  }
  await parkCells(tx, run, batch.parked);
  if (batch.requeued.length > 0) {
    add(turn, 'running', -batch.requeued.length);
    add(turn, 'queued', await requeueCells(tx, run, batch.requeued));
    turn.cursor = -1;
    turn.isDry = false;
    turn.changedRows.push(...batch.requeued);
  }
}

/** Rows whose value changes now and is what another action column works with. */
async function cellsThatFeed({ tx, run, drive }: Turn, settled: readonly SettledCell[]): Promise<string[]> {
  if (drive.plan.dependents.length === 0 || settled.length === 0) return [];
  const before = await valuesOfCells(
    tx,
    run,
    settled.map((cell) => cell.rowId),
  );
  return settled
    .filter((cell) => !isDeepStrictEqual(before.get(cell.rowId) ?? null, cell.value ?? null))
    .map((cell) => cell.rowId);
}
