import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { RowAccess } from '../tables/row-access.ts';
import type { SettledCell } from './cell.ts';
import { type Batch, batchSize, type Drive, emptyBatch, mergeBatches } from './drive-state.ts';
import { callLimit, putBack, STREAK_LIMIT } from './flight.ts';
import { isOver, type Run } from './run.ts';
import { traceOf } from './settle.ts';
import { announce } from './store/announce-store.ts';
import { type IdleState, moveCells, resetCells } from './store/bulk-store.ts';
import {
  type ClaimedCell,
  claimCells,
  dropCells,
  parkCells,
  requeueCells,
  settleCells,
} from './store/cell-store.ts';
import { type Advance, advance, type CountChanges, lockLeased } from './store/lease-store.ts';

export interface CycleDeps {
  transact: Transact;
  tables: Pick<RowAccess, 'writeValues'>;
  clock: Clock;
  leaseMs: number;
}

/** `lost`: another process holds the run. `over`: nothing is left to do for now, and the lease is given back. */
export type CycleEnd = 'lost' | 'over' | 'on';

/** How many cells one transaction moves at most: a run of a million gives way to others and keeps its lease. */
const CHUNK = 5_000;
const WAIT_SECONDS = { connection: [60, 600], credits: [60, 3600] } as const;

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
    drive.pace.add(batch.settled.length);
    return result.isOver ? 'over' : 'on';
  } catch (error) {
    drive.batch = mergeBatches(batch, drive.batch);
    throw error;
  }
}

/** A person stopped it, or it is over: nothing new begins. */
export function isHalted(run: Run): boolean {
  return run.state === 'paused' || isOver(run.state);
}

function putBackClaimed(drive: Drive): void {
  for (const cell of drive.claimed.splice(0)) putBack(drive, cell);
}

/** What one turn changes beside the cells it writes. Kept apart from the drive until the transaction is committed. */
interface Turn {
  tx: Tx;
  drive: Drive;
  run: Run;
  counts: CountChanges;
  /** Calls this transaction adds to those of the run. */
  callsWritten: number;
  change: Partial<Advance>;
  changedRows: string[];
  changedMore: boolean;
  claimed: ClaimedCell[];
  cursor: number;
  thawLeft: number;
  isFrozen: boolean;
  isOver: boolean;
  /** More of the same is to be done at once. */
  isAgain: boolean;
  isDry: boolean;
}

async function turn(
  deps: CycleDeps,
  tx: Tx,
  drive: Drive,
  batch: Batch,
  what: 'work' | 'hold' | 'leave',
): Promise<Turn | null> {
  const run = await lockLeased(tx, drive.lease);
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
  const ends = { isOver: what === 'leave', isAgain: false, isDry: drive.isDry };
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
  const present = await settleCells(tx, run, batch.settled);
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

/** What is next, by what the run is now. */
async function nextStep(deps: CycleDeps, turn: Turn): Promise<void> {
  const { drive, run } = turn;
  // What landed since this transaction began is not in its batch: it has to be written before the run is given back.
  const isIdle = drive.inFlight.size === 0 && drive.claimed.length === 0 && batchSize(drive.batch) === 0;
  if (isOver(run.state)) return unwind(turn, isIdle);
  const isDrained = isIdle && drive.parked.size === 0;
  if (run.state === 'paused') {
    turn.isOver = isDrained;
    return;
  }
  if (turn.isFrozen) {
    const moved = await move(turn, 'queued', waitingState(drive), null);
    turn.isOver = isDrained && moved === 0;
    return;
  }
  const { footing } = drive;
  switch (footing.kind) {
    case 'missing':
      return failRest(turn, isDrained, footing.message, footing.nextStep);
    case 'impossible':
      await failRest(turn, isDrained, footing.message, null);
      if (turn.isOver) Object.assign(turn.change, { state: 'failed', message: footing.message });
      return;
    case 'broken':
      drive.waitingFor = 'connection';
      drive.waitMessage = footing.message;
      return freeze(turn);
    case 'ready':
      if (drive.streak >= STREAK_LIMIT) return freeze(turn);
      return claim(deps, turn, isDrained, footing.prepared.action.repeatable);
  }
}

/** Cancelled (or failed): what has not begun goes back to what it was; jobs under way are left, and said to be. */
async function unwind(turn: Turn, isIdle: boolean): Promise<void> {
  const { tx, drive, run } = turn;
  const jobs = [...drive.parked.values()];
  if (jobs.length > 0) {
    const present = await settleCells(
      tx,
      run,
      jobs.map(({ cell }) => leftJob(cell)),
    );
    add(turn, 'running', -jobs.length);
    add(turn, 'unknown', present.size);
    turn.changedRows.push(...present);
    drive.parked.clear();
  }
  let moved = 0;
  for (const state of ['queued', 'waiting_for_connection', 'out_of_credits'] as const) {
    const count = await resetCells(tx, run, state, CHUNK);
    add(turn, state, -count);
    moved += count;
  }
  if (moved > 0) turn.changedMore = turn.isAgain = true;
  if (moved === 0 && isIdle && drive.parked.size === 0 && drive.batch.requeued.length === 0)
    settle(turn, run.state);
}

function leftJob(cell: ClaimedCell): SettledCell {
  const message = 'The run was cancelled while the provider was still working on this.';
  const nextStep = 'Run the cell again: it asks for the result first.';
  const detail = traceOf(null, { nextStep });
  return {
    rowId: cell.rowId,
    state: 'unknown',
    value: null,
    outputs: null,
    message,
    detail,
    body: null,
    poll: cell.poll,
  };
}

/** No connection: each cell says so. What is in flight is waited for. */
async function failRest(
  turn: Turn,
  isDrained: boolean,
  message: string,
  nextStep: string | null,
): Promise<void> {
  const detail = traceOf(null, { nextStep });
  let moved = 0;
  for (const state of ['queued', 'waiting_for_connection', 'out_of_credits'] as const) {
    moved += await move(turn, state, 'error', message, detail);
  }
  if (moved === 0 && isDrained) settle(turn, 'done');
}

/** The rest waits, and the run tries again by itself after a pause that grows. */
async function freeze(turn: Turn): Promise<void> {
  const { drive, run } = turn;
  turn.isFrozen = true;
  const [first, most] = WAIT_SECONDS[drive.waitingFor];
  turn.change = {
    ...turn.change,
    state: 'waiting',
    waitingFor: drive.waitingFor,
    message: drive.waitMessage,
    waits: run.waits + 1,
    wakeAfterSeconds: Math.min(most, first * 2 ** Math.min(run.waits, 10)),
    rowsPerSecond: 0,
  };
  await move(turn, 'queued', waitingState(drive), drive.waitMessage);
}

function waitingState(drive: Drive): 'waiting_for_connection' | 'out_of_credits' {
  return drive.waitingFor === 'credits' ? 'out_of_credits' : 'waiting_for_connection';
}

async function claim(deps: CycleDeps, turn: Turn, isDrained: boolean, isRepeatable: boolean): Promise<void> {
  const { tx, drive, run } = turn;
  const pauseMs = drive.notBeforeMs - deps.clock.now().getTime();
  if (pauseMs > 0) return sayThrottled(turn, pauseMs);
  const allowed = allowance(turn);
  if (allowed <= 0) return spent(turn, isDrained);
  const busy = drive.inFlight.size + drive.claimed.length + drive.parked.size;
  const wanted = Math.min(isRepeatable ? callsAhead(drive) - busy : callLimit(drive) - busy, allowed);
  if (wanted <= 0) return;
  const { claimed, gone } = await claimCells(tx, run, drive.plan.places, wanted, turn.cursor);
  await dropCells(tx, run, gone);
  add(turn, 'queued', -claimed.length - gone.length);
  add(turn, 'running', claimed.length);
  turn.claimed = claimed;
  turn.changedRows.push(...claimed.map((cell) => cell.rowId));
  const wasFullScan = turn.cursor === -1;
  turn.cursor = claimed.at(-1)?.position ?? -1;
  if (claimed.length > 0 && (run.state !== 'running' || run.message !== null))
    turn.change = { ...turn.change, ...going };
  if (claimed.length > 0) return;
  turn.isDry = wasFullScan && gone.length === 0;
  if (turn.isDry) await noneQueued(turn, isDrained);
  else turn.isAgain = true;
}

/** A pause people would wonder about is said. */
function sayThrottled({ drive, run, change }: Turn, pauseMs: number): void {
  if (pauseMs < 2_000 || run.message !== null || drive.footing.kind !== 'ready') return;
  change.message = `${drive.footing.prepared.definition.name} asks to slow down. It goes on by itself.`;
}

const going = { state: 'running', message: null, waitingFor: null } as const;

/** Nothing is queued: cells that waited may go on, a few first; or the run is over. */
async function noneQueued(turn: Turn, isDrained: boolean): Promise<void> {
  const { drive, run } = turn;
  if (turn.thawLeft > 0) {
    const limit = Math.min(turn.thawLeft, drive.isTrial ? 3 : CHUNK);
    let moved = 0;
    for (const state of ['waiting_for_connection', 'out_of_credits'] as const) {
      if (moved < limit) moved += await move(turn, state, 'queued', null, undefined, limit - moved);
    }
    turn.thawLeft = moved === 0 ? 0 : turn.thawLeft - moved;
    if (moved > 0) return;
  }
  if (!isDrained) return;
  const waiting =
    run.counts.waiting_for_connection +
    run.counts.out_of_credits +
    (turn.counts.waiting_for_connection ?? 0) +
    (turn.counts.out_of_credits ?? 0);
  if (waiting > 0) await freeze(turn);
  else settle(turn, 'done');
}

/**
 * What may be done twice may also be taken ahead of its turn, so that no slot waits for the database: as much as is called
 * in a quarter of a second. It says `running` a little too early, and is queued again where the run stops.
 */
function callsAhead(drive: Drive): number {
  const limit = callLimit({ member: drive.member, footing: drive.footing, streak: 0, isTrial: false });
  return limit + Math.min(4 * limit, Math.max(limit, Math.ceil(drive.pace.rowsPerSecond() / 4)));
}

/** How many more calls the cap allows; what is in flight counts, as most of it will have called. */
function allowance({ drive, run, callsWritten }: Turn): number {
  if (run.maxCalls === null) return Number.POSITIVE_INFINITY;
  const pending = [...drive.inFlight.values(), ...drive.claimed].filter((cell) => cell.poll === null).length;
  return run.maxCalls - run.calls - callsWritten - drive.batch.calls - pending;
}

/** The cap is reached: once nothing is in flight that could turn out not to have called, the rest is over budget. */
async function spent(turn: Turn, isDrained: boolean): Promise<void> {
  if (!isDrained) return;
  let moved = 0;
  for (const state of ['queued', 'waiting_for_connection', 'out_of_credits'] as const) {
    moved += await move(turn, state, 'over_budget', 'Spending limit reached.');
  }
  if (moved === 0) settle(turn, 'done');
}

async function move(
  turn: Turn,
  from: IdleState,
  to: 'queued' | 'waiting_for_connection' | 'out_of_credits' | 'over_budget' | 'error',
  message: string | null,
  detail?: object,
  limit = CHUNK,
): Promise<number> {
  const target = { state: to, message, ...(detail ? { detail } : {}) };
  const moved = await moveCells(turn.tx, turn.run, from, target, limit);
  add(turn, from, -moved);
  add(turn, to, moved);
  if (moved > 0) turn.changedMore = turn.isAgain = true;
  if (to === 'queued' && moved > 0) Object.assign(turn, { cursor: -1, isDry: false });
  return moved;
}

/** Nothing of the run is left to do. Counters of rows that were deleted meanwhile have no cell any more. */
function settle(turn: Turn, state: Run['state']): void {
  const { run } = turn;
  const seconds = run.startedAt === null ? 0 : (Date.now() - run.startedAt.getTime()) / 1000;
  const settled = run.total ?? 0;
  turn.isOver = true;
  turn.change = {
    ...turn.change,
    state,
    isSettled: true,
    waitingFor: null,
    countsAtEnd: { queued: 0, running: 0, waiting_for_connection: 0, out_of_credits: 0 },
    rowsPerSecond: seconds > 0 ? Math.round((settled / seconds) * 10) / 10 : 0,
  };
  if (state === 'done') turn.change.message = null;
}

function add(turn: Turn, name: keyof CountChanges, by: number): void {
  turn.counts[name] = (turn.counts[name] ?? 0) + by;
}
