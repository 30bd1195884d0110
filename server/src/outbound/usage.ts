import type { Clock } from '../lib/clock.ts';

export interface UsedCall {
  workspaceId: string;
  connectionId: string;
  consumer: string;
  /** `2xx` to `5xx`, or why there was no answer: `unreachable`, `denied`, … */
  statusClass: string;
  latencyMs: number;
}

/** Calls of one minute or hour, summed. */
export interface UsageRollup extends Omit<UsedCall, 'latencyMs'> {
  bucket: 'minute' | 'hour';
  startsAt: Date;
  calls: number;
  latencyMsSum: number;
  latencyMsMax: number;
}

export interface UsageStore {
  /** Adds to what is there, all in one statement. */
  add(rollups: readonly UsageRollup[]): Promise<void>;
  /** Drops minutes and hours that began before. */
  prune(minutesBefore: Date, hoursBefore: Date): Promise<void>;
}

interface UsageDeps {
  store: UsageStore;
  clock: Clock;
}

/** For how long sums are kept. */
const KEPT_MS = { minute: 2 * 86_400_000, hour: 400 * 86_400_000 } as const;

/** Different (connection, consumer, outcome, hour) in memory while the database is away; beyond it, counts are lost. */
const MAX_PENDING = 50_000;
const BUCKET_MS = { minute: 60_000, hour: 3_600_000 } as const;

/**
 * Counts every call in memory and writes sums about once a second: a call costs no write of its own. What a kill
 * takes is at most the last second's counts.
 */
export function createUsage(deps: UsageDeps) {
  let pending = new Map<string, UsageRollup>();
  let lost = 0;
  let writing: Promise<void> = Promise.resolve();

  function count(call: UsedCall): void {
    const at = deps.clock.now();
    for (const bucket of ['minute', 'hour'] as const) add(rollupOf(call, bucket, at));
  }

  function add(rollup: UsageRollup): void {
    const key = `${rollup.connectionId} ${rollup.bucket} ${rollup.startsAt.getTime()} ${rollup.statusClass} ${rollup.consumer}`;
    const present = pending.get(key);
    if (present) {
      present.calls += rollup.calls;
      present.latencyMsSum += rollup.latencyMsSum;
      present.latencyMsMax = Math.max(present.latencyMsMax, rollup.latencyMsMax);
    } else if (pending.size < MAX_PENDING) pending.set(key, rollup);
    else lost += rollup.calls;
  }

  /** Writes what has come together since the last time; what could not be written is kept for the next. */
  function flush(): Promise<void> {
    writing = writing.catch(() => {}).then(write);
    return writing;
  }

  async function write(): Promise<void> {
    if (pending.size === 0) return;
    const rollups = pending;
    pending = new Map();
    try {
      await deps.store.add([...rollups.values()]);
    } catch (error) {
      for (const rollup of rollups.values()) add(rollup);
      throw error;
    }
  }

  /** Drops sums that are older than they are kept. */
  async function prune(): Promise<void> {
    const now = deps.clock.now().getTime();
    await deps.store.prune(new Date(now - KEPT_MS.minute), new Date(now - KEPT_MS.hour));
  }

  /** Calls whose sums are not written yet. */
  function pendingCalls(): number {
    return [...pending.values()].reduce((sum, { bucket, calls }) => sum + (bucket === 'hour' ? calls : 0), 0);
  }

  return { count, flush, prune, lostCalls: () => lost, pendingCalls };
}

export type Usage = ReturnType<typeof createUsage>;

function rollupOf(call: UsedCall, bucket: 'minute' | 'hour', at: Date): UsageRollup {
  const { latencyMs, ...rest } = call;
  const latency = Math.round(latencyMs);
  const size = BUCKET_MS[bucket];
  const startsAt = new Date(Math.floor(at.getTime() / size) * size);
  return { ...rest, bucket, startsAt, calls: 1, latencyMsSum: latency, latencyMsMax: latency };
}
