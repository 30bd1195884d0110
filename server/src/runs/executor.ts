import { type DriveDeps, driveRun } from './drive.ts';
import type { Drive } from './drive-state.ts';
import { abandonRun, type DueRun } from './store/lease-store.ts';

export interface ExecutorDeps extends DriveDeps {
  /** Of all workspaces: runs nobody works on although there is something to do. */
  dueRuns: (limit: number) => Promise<DueRun[]>;
  sweepMs: number;
  /** How long `stop` waits for calls in flight. */
  drainMs: number;
  log: {
    error(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
}

/** The part of a worker process that works on runs. */
export interface Executor {
  start(): void;
  /** Looks at once whether this run can be taken; nothing before `start`, as in a process that only answers requests. */
  wake(due: DueRun): void;
  /** Somebody paused, resumed or cancelled this run: nothing more begins before that is looked at, which is at once. */
  heed(runId: string): void;
  stop(): Promise<void>;
}

/** A run that fails inside Keyrail so often is given up, with its cells as they are. */
const FAILURES_MOST = 3;
const RUNS_AT_ONCE = 50;

/**
 * Takes runs and works on them, many at the same time. Besides being woken it looks by itself, so that a run whose process
 * was killed is taken over within its lease and one look, by whichever process comes first.
 */
export function createExecutor(deps: ExecutorDeps): Executor {
  const working = new Map<string, Promise<void>>();
  const drives = new Map<string, Drive>();
  const failures = new Map<string, number>();
  const stopping = new AbortController();
  const ending = new AbortController();
  const end = { stopping: stopping.signal, signal: ending.signal };
  let sweeping: Promise<void> | null = null;

  const wake = (due: DueRun) => {
    if (
      sweeping === null ||
      stopping.signal.aborted ||
      working.has(due.runId) ||
      working.size >= RUNS_AT_ONCE
    )
      return;
    const ended = driveRun(deps, due, end, (drive) => drives.set(due.runId, drive))
      .then(() => failures.delete(due.runId))
      .catch((error: unknown) => failed(due, error))
      .then(() => {
        working.delete(due.runId);
        drives.delete(due.runId);
      });
    working.set(due.runId, ended);
  };

  async function failed(due: DueRun, error: unknown): Promise<void> {
    const count = (failures.get(due.runId) ?? 0) + 1;
    failures.set(due.runId, count);
    deps.log.error({ err: error, run: due.runId, failures: count }, 'a run failed inside Keyrail');
    if (count < FAILURES_MOST) return;
    failures.delete(due.runId);
    await deps
      .transact(due.workspaceId, (tx) => abandonRun(tx, due))
      .catch((cause: unknown) => deps.log.warn({ err: cause, run: due.runId }, 'could not give a run up'));
  }

  async function sweep(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        for (const due of await deps.dueRuns(RUNS_AT_ONCE)) wake(due);
      } catch (error) {
        deps.log.warn({ err: error }, 'could not look for runs to work on');
      }
      await deps.clock.sleep(deps.sweepMs, stopping.signal).catch(() => {});
    }
  }

  return {
    start: () => {
      sweeping ??= sweep();
    },
    wake,
    heed: (runId) => {
      const drive = drives.get(runId);
      if (drive === undefined) return;
      drive.decisions.heard += 1;
      drive.bell.ring();
    },
    stop: async () => {
      stopping.abort();
      await sweeping;
      const ended = Promise.all(working.values());
      const late = new AbortController();
      await Promise.race([ended, deps.clock.sleep(deps.drainMs, late.signal).catch(() => {})]);
      late.abort();
      ending.abort();
      await ended;
    },
  };
}
