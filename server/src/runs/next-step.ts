import { record } from '../audit/record.ts';
import type { Clock } from '../lib/clock.ts';
import type { SettledCell } from './cell.ts';
import { claim } from './claim.ts';
import { batchSize } from './drive-state.ts';
import { STREAK_LIMIT } from './flight.ts';
import { freeze, waitingState } from './freeze.ts';
import { isOver } from './run.ts';
import { traceOf } from './settle.ts';
import { resetCells } from './store/bulk-store.ts';
import { type ClaimedCell, settleCells } from './store/cell-store.ts';
import { add, CHUNK, move, settle, type Turn } from './turn.ts';

/** What is next, by what the run is now. */
export async function nextStep(deps: { clock: Clock }, turn: Turn): Promise<void> {
  const { drive, run } = turn;
  // What landed since this transaction began is not in its batch: it has to be written before the run is given back.
  const isIdle = drive.inFlight.size === 0 && drive.claimed.length === 0 && batchSize(drive.batch) === 0;
  if (isOver(run.state)) return unwind(turn, isIdle);
  const isDrained = isIdle && drive.parked.size === 0;
  if (drive.footing.kind === 'stopped') return stop(turn, drive.footing.message);
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

/** As a person's cancel, but for the reason; the turns after this one unwind it. */
async function stop(turn: Turn, message: string): Promise<void> {
  const { tx, run } = turn;
  turn.change = { ...turn.change, state: 'cancelled', message, waitingFor: null };
  turn.isAgain = true;
  await record(tx, {
    who: { workspaceId: run.workspaceId, system: 'keyrail' },
    action: 'run.cancelled',
    subject: { kind: 'run', id: run.id, name: null },
    detail: { because: message },
  });
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
    turn.areJobsLeft = true;
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
