import { AppError } from '../lib/app-error.ts';
import { type AdoptDeps, adopt } from './adopt.ts';
import { type CycleDeps, cycle, isHalted } from './cycle.ts';
import { batchSize, type Drive } from './drive-state.ts';
import { beginCalls, callLimit, type FlightDeps, STREAK_LIMIT } from './flight.ts';
import { findRunFooting } from './footing.ts';
import { announce } from './store/announce-store.ts';
import { queueCells } from './store/bulk-store.ts';
import { advance, type DueRun, lockLeased } from './store/lease-store.ts';

type Shared = 'tables' | 'connections';

export interface DriveDeps
  extends Omit<AdoptDeps, Shared>,
    Omit<CycleDeps, Shared>,
    Omit<FlightDeps, Shared> {
  tables: AdoptDeps['tables'] & CycleDeps['tables'];
  connections: AdoptDeps['connections'] & FlightDeps['connections'];
}

export interface Ending {
  /** Begin nothing new, end what is in flight, give the run back. */
  stopping: AbortSignal;
  /** The time for that is over: drop what is in flight. */
  signal: AbortSignal;
}

/** Writing sooner costs more transactions, later costs slots that wait and more to lose in a crash. */
const FLUSH_MS = 25;
const FLUSH_SIZE = 100;
const FOOTING_MS = 1_000;
const OUTDATED_MS = 2_000;
const ATTEMPTS = 5;
const RETRY_MS = 200;

/**
 * Works on one run for as long as there is something to do. `lost` and everything thrown leave the rest to whoever
 * takes the run next; `stopping` ends what is in flight and gives the lease back.
 *
 *   cells:  queued ──claimed──→ running ──answer──→ done | no_result | skipped | error | unknown
 *             ↑  ↑                 │ └─refused─→ waiting_for_connection | out_of_credits ──healed──→ queued
 *             │  └───throttled─────┤
 *             │                    └─job at the provider─→ running (asked for again when due)
 *           cancelled: back to what it was           cap reached: queued → over_budget
 *
 *   run:    queued → running ⇄ paused (a person) | waiting (refused three times in a row, or no working connection)
 *                    running → done | failed        any of them → cancelled
 */
export async function driveRun(
  deps: DriveDeps,
  due: DueRun,
  end: Ending,
  onTaken: (drive: Drive) => void,
): Promise<void> {
  const drive = await adopt(deps, due);
  if (drive === null) return;
  onTaken(drive);
  const abort = () => drive.aborting.abort();
  end.signal.addEventListener('abort', abort, { once: true });
  try {
    if (drive.run.total === null && !isHalted(drive.run) && drive.footing.kind !== 'stopped')
      await queueAll(deps, drive);
    await work(deps, drive, end.stopping);
  } finally {
    end.signal.removeEventListener('abort', abort);
    drive.aborting.abort();
    drive.member.leave();
  }
}

async function work(deps: DriveDeps, drive: Drive, stopping: AbortSignal): Promise<void> {
  const { bell } = drive;
  stopping.addEventListener('abort', bell.ring, { once: true });
  const begin = () => {
    const mayStartNew =
      !isHalted(drive.run) && !drive.isFrozen && !isHeld(drive) && drive.streak < STREAK_LIMIT;
    if (!stopping.aborted && !isOutdated(drive)) beginCalls(deps, drive, mayStartNew, land);
  };
  const land = () => {
    begin();
    // The first of a batch sets its time, a full one ends it; those in between change nothing.
    const news = batchSize(drive.batch);
    if (news === 1 || news >= FLUSH_SIZE || stopping.aborted) bell.ring();
  };
  while (!stopping.aborted) {
    const end = await surviving(deps, stopping, async () => {
      await look(deps, drive);
      return cycle(deps, drive);
    });
    if (end !== 'on') return;
    begin();
    await nextTurn(deps, drive, stopping, begin);
  }
  stopping.removeEventListener('abort', bell.ring);
  await drain(deps, drive);
}

async function look(deps: DriveDeps, drive: Drive): Promise<void> {
  const now = performance.now();
  if (now - drive.footingAtMs < FOOTING_MS && drive.footing.kind === 'ready') return;
  drive.footing = await findRunFooting(deps, drive.run);
  drive.footingAtMs = now;
}

/** Looked at too long ago to begin anything on it: while a slow provider is waited for, rights and connections change too. */
function isOutdated(drive: Drive): boolean {
  return performance.now() - drive.footingAtMs > OUTDATED_MS;
}

function isHeld({ decisions }: Drive): boolean {
  return decisions.heard !== decisions.seen;
}

/** The database may be away for a while: what came back stays in memory, and the lease decides what it is worth. */
async function surviving<T>(deps: DriveDeps, stopping: AbortSignal, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const isAway = error instanceof AppError && error.code === 'unavailable';
      if (stopping.aborted || (!isAway && failures >= ATTEMPTS)) throw error;
      await deps.clock.sleep(RETRY_MS, stopping).catch(() => {});
    }
  }
}

/** Waits until a transaction is worth its while: enough came back, or the oldest of it has waited long enough. */
async function nextTurn(
  deps: DriveDeps,
  drive: Drive,
  stopping: AbortSignal,
  begin: () => void,
): Promise<void> {
  if (drive.isAgain) return;
  const heartbeatAt = performance.now() + deps.leaseMs / 4;
  let firstAt: number | null = null;
  for (;;) {
    const now = performance.now();
    const news = batchSize(drive.batch);
    if (news >= FLUSH_SIZE || now >= heartbeatAt || isHeld(drive) || stopping.aborted) return;
    if (news > 0 || isHungry(deps, drive)) firstAt ??= now;
    if (firstAt !== null && now - firstAt >= FLUSH_MS) return;
    const until = firstAt === null ? heartbeatAt : Math.min(heartbeatAt, firstAt + FLUSH_MS);
    await drive.bell.wait(Math.max(1, Math.min(until - now, untilDue(deps, drive))));
    if (untilDue(deps, drive) > 0) continue;
    if (isOutdated(drive)) return;
    begin();
    if (drive.isPutOff && untilDue(deps, drive) <= 0) return;
  }
}

/** Slots are free, cells are left, and nothing forbids to take them. */
function isHungry(deps: DriveDeps, drive: Drive): boolean {
  const mayTake = !drive.isFrozen && !isHalted(drive.run) && drive.footing.kind === 'ready';
  if (!mayTake || drive.isDry || deps.clock.now().getTime() < drive.notBeforeMs) return false;
  return drive.claimed.length === 0 && drive.inFlight.size + drive.parked.size < callLimit(drive);
}

/** Until the next job is asked for, or the provider may be called again. */
function untilDue(deps: DriveDeps, drive: Drive): number {
  const now = deps.clock.now().getTime();
  let dueAtMs = drive.isPutOff || drive.notBeforeMs > now ? drive.notBeforeMs : Number.POSITIVE_INFINITY;
  for (const job of drive.parked.values()) dueAtMs = Math.min(dueAtMs, job.dueAtMs);
  return dueAtMs - now;
}

/** Marks the run's cells. The lease is kept alive meanwhile: a million rows take longer than it lasts. */
async function queueAll(deps: DriveDeps, drive: Drive): Promise<void> {
  const { lease, run } = drive;
  const heartbeat = setInterval(() => {
    deps
      .transact(lease.workspaceId, async (tx) => {
        if ((await lockLeased(tx, lease)) !== null) await advance(tx, lease, { leaseMs: deps.leaseMs });
      })
      .catch(() => {});
  }, deps.leaseMs / 4);
  try {
    const total = await deps.transact(lease.workspaceId, async (tx) => {
      const count = await queueCells(tx, run.id, run.workspaceId);
      if ((await lockLeased(tx, lease)) === null) throw new LeaseLost();
      await advance(tx, lease, { counts: { queued: count }, total: count, leaseMs: deps.leaseMs });
      await announce(tx, run.id, [], true);
      return count;
    });
    drive.run = { ...run, total };
    drive.leaseEndsAtMs = performance.now() + deps.leaseMs * 0.5;
  } finally {
    clearInterval(heartbeat);
  }
}

/** Thrown inside a transaction to undo it: the run is another process's by now. */
export class LeaseLost extends Error {}

/** The process ends: what is in flight is waited for and stored, the rest is given back for others to go on with. */
async function drain(deps: DriveDeps, drive: Drive): Promise<void> {
  while (drive.inFlight.size > 0) {
    if ((await cycle(deps, drive, 'hold')) === 'lost') return;
    await drive.bell.wait(deps.leaseMs / 4);
  }
  await cycle(deps, drive, 'leave');
}
