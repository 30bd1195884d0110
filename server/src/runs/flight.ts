import { type ActionCall, type ExecuteDeps, execute as executeAction } from '../actions/execute.ts';
import type { ActionOutcome } from '../actions/outcome.ts';
import type { PreparedAction } from '../actions/prepare.ts';
import type { Connections } from '../connections/connections.ts';
import { batchSize, type Drive } from './drive-state.ts';
import { inputsOf } from './plan.ts';
import { settledCell, wasCalled } from './settle.ts';
import type { ClaimedCell } from './store/cell-store.ts';

export interface FlightDeps {
  actions: ExecuteDeps;
  connections: Pick<Connections, 'reportOutOfCredits'>;
  /** The longest wait inside one call, for the rate budget or a repetition; beyond it the cell waits in the line. */
  patienceMs: number;
  log: { error(fields: object, message: string): void };
}

/**
 * What a crash makes be called again is bounded, however slow the database: so many times the calls in flight, those
 * that came back and are not written yet included.
 */
const UNWRITTEN_LIMIT = 3;
/** How many calls a run may have in flight while nobody knows yet whether calls work. */
const TRIAL_CALLS = 3;
/** So many refusals one after the other, and the rest of the run waits. */
export const STREAK_LIMIT = 3;

/** How many calls may be in flight now: the process's share, the provider's pace, and only a few until one has worked. */
export function callLimit(drive: Pick<Drive, 'member' | 'isTrial' | 'streak' | 'footing'>): number {
  const share = drive.member.share();
  // Each refusal takes the place of the next call: three in all, not three at a time.
  if (drive.isTrial) return Math.min(TRIAL_CALLS - drive.streak, share);
  if (drive.footing.kind !== 'ready') return share;
  const perSecond = callsPerSecond(drive.footing.prepared);
  return perSecond === null ? share : Math.min(share, Math.max(2, Math.ceil(perSecond * 2)));
}

/** The documented limit per second; long windows (a day's quota) say nothing about the pace. */
function callsPerSecond({ rateWindows }: PreparedAction): number | null {
  const short = rateWindows.filter((window) => window.perSeconds <= 60);
  return short.length === 0 ? null : Math.min(...short.map((window) => window.calls / window.perSeconds));
}

/** Begins what may begin. Jobs under way are asked for also while nothing new is sent. */
export function beginCalls(deps: FlightDeps, drive: Drive, mayStartNew: boolean, onEnd: () => void): void {
  const now = deps.actions.clock.now().getTime();
  for (const [rowId, { cell, dueAtMs }] of drive.parked) {
    if (dueAtMs > now) continue;
    drive.parked.delete(rowId);
    drive.claimed.unshift(cell);
  }
  drive.isPutOff = drive.footing.kind === 'ready' && now < drive.notBeforeMs;
  if (drive.footing.kind !== 'ready' || drive.isPutOff) return;
  const limit = callLimit(drive);
  const unwritten = drive.writing + batchSize(drive.batch);
  const most = Math.min(limit, UNWRITTEN_LIMIT * limit - unwritten);
  const held: ClaimedCell[] = [];
  while (drive.inFlight.size < most && performance.now() < drive.leaseEndsAtMs) {
    const cell = drive.claimed.shift();
    if (cell === undefined) break;
    if (cell.poll === null && !mayStartNew) held.push(cell);
    else begin(deps, drive, drive.footing.prepared, cell, onEnd);
  }
  drive.claimed.unshift(...held);
}

function begin(
  deps: FlightDeps,
  drive: Drive,
  prepared: PreparedAction,
  cell: ClaimedCell,
  onEnd: () => void,
): void {
  drive.inFlight.set(cell.rowId, cell);
  const call: ActionCall = {
    prepared,
    inputs: inputsOf(drive.plan, cell.inputs),
    poll: cell.poll,
    consumer: `column:${drive.run.columnId}`,
    patienceMs: deps.patienceMs,
    signal: drive.aborting.signal,
  };
  executeAction(deps.actions, call)
    .catch((error: unknown) => ourMistake(deps, drive, prepared, error))
    .then((outcome) => {
      drive.inFlight.delete(cell.rowId);
      land(deps, drive, cell, outcome);
      onEnd();
    })
    .catch((error: unknown) =>
      deps.log.error({ err: error, run: drive.run.id }, 'a cell could not be settled'),
    );
}

/** What an outcome does to the run; the cell's own part waits in the batch. */
function land(deps: FlightDeps, drive: Drive, cell: ClaimedCell, outcome: ActionOutcome): void {
  const { batch } = drive;
  if (wasCalled(outcome) && cell.poll === null) batch.calls += 1;
  if (outcome.kind === 'cancelled') {
    putBack(drive, cell);
    return;
  }
  if (outcome.kind === 'later') {
    putBack(drive, cell);
    drive.isTrial = true;
    drive.notBeforeMs = Math.max(
      drive.notBeforeMs,
      deps.actions.clock.now().getTime() + outcome.afterSeconds * 1000,
    );
    return;
  }
  if (outcome.kind === 'pending') {
    const dueAtMs = deps.actions.clock.now().getTime() + outcome.afterSeconds * 1000;
    drive.parked.set(cell.rowId, { cell: { ...cell, poll: outcome.poll }, dueAtMs });
    batch.parked.push({ rowId: cell.rowId, poll: outcome.poll, dueAt: new Date(dueAtMs) });
    calm(drive);
    return;
  }
  batch.settled.push(settledCell(cell.rowId, outcome, cell.poll));
  if (outcome.kind === 'done') {
    if (outcome.credits !== null) batch.credits = (batch.credits ?? 0) + outcome.credits;
    const values = outputValues(drive, outcome.outputs);
    if (values !== null) batch.writes.push({ rowId: cell.rowId, values });
  }
  if (outcome.kind === 'connection_broken' || outcome.kind === 'out_of_credits') {
    drive.streak += 1;
    drive.waitingFor = outcome.kind === 'out_of_credits' ? 'credits' : 'connection';
    drive.waitMessage = outcome.message;
    if (outcome.kind === 'out_of_credits' && drive.streak === 1) reportCredits(deps, drive, outcome);
  } else if (outcome.kind !== 'skipped' && outcome.kind !== 'connection_missing') calm(drive);
}

/** The connection's status says so too, whatever becomes of the run. */
function reportCredits(deps: FlightDeps, drive: Drive, { trace, message }: Refused): void {
  if (trace.connectionId === null) return;
  deps.connections
    .reportOutOfCredits(drive.run.workspaceId, trace.connectionId, message)
    .catch((error: unknown) => deps.log.error({ err: error }, 'could not say that credits are used up'));
}

type Refused = Extract<ActionOutcome, { kind: 'out_of_credits' }>;

function calm(drive: Drive): void {
  drive.streak = 0;
  drive.isTrial = false;
}

/** Nothing was sent for it, or it is known not to have been acted upon. A job under way stays one. */
export function putBack(drive: Drive, cell: ClaimedCell): void {
  if (cell.poll !== null) drive.parked.set(cell.rowId, { cell, dueAtMs: drive.notBeforeMs });
  else drive.batch.requeued.push(cell.rowId);
}

/** Only what came goes to columns: an output that is not there does not empty what somebody had typed. */
function outputValues(drive: Drive, outputs: Record<string, unknown>): Record<string, unknown> | null {
  const values = drive.plan.outputs
    .map(([name, columnId]) => [columnId, outputs[name] ?? null] as const)
    .filter(([, value]) => value !== null);
  return values.length === 0 ? null : Object.fromEntries(values);
}

function ourMistake(deps: FlightDeps, drive: Drive, prepared: PreparedAction, error: unknown): ActionOutcome {
  deps.log.error({ err: error, run: drive.run.id }, 'an action failed inside Keyrail');
  const trace = {
    connectionId: prepared.connection.id,
    request: null,
    status: null,
    body: null,
    durationMs: null,
  };
  const nextStep = 'Run the cell again. If it stays so, the server’s log says more.';
  const explanation = { message: 'Keyrail failed here.', nextStep, providerMessage: null };
  return prepared.action.repeatable
    ? { kind: 'error', trace, ...explanation }
    : { kind: 'unknown', trace, ...explanation };
}
