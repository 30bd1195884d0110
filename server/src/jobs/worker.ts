import { EventEmitter } from 'node:events';
import { type JobHelpers, Logger, type Runner, run, type TaskList, type WorkerEvents } from 'graphile-worker';
import pg from 'pg';
import type { Clock } from '../lib/clock.ts';
import type { JobContext, Task } from './job.ts';
import { claimLiveness, takeOverFromDead } from './liveness.ts';

interface WorkerDeps {
  clock: Clock;
  log: {
    debug(fields: object, message: string): void;
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
}

export interface WorkerOptions {
  /** The tables' owner's address. */
  url: string;
  tasks: Task[];
  /** Jobs at the same time in this process. */
  concurrency: number;
  /** How long `stop` waits for running jobs; then their `signal` is aborted, and a few seconds later they are left to others. */
  drainMs: number;
  /** How often to look for dead workers; two seconds when not said. */
  sweepMs?: number;
}

export interface Worker {
  /** Takes no more jobs, waits for the running ones, and gives back what it cannot end. */
  stop(): Promise<void>;
}

const AFTER_ABORT_MS = 3_000;
const RESTART_MS = 1_000;
const POOL_END_MS = 1_000;

/**
 * Works through the queue until stopped. Where graphile-worker gives up (it does when it cannot write that a job is done,
 * as after a restart of the database), it is started again; the jobs it held are taken over like those of a dead process.
 */
export async function startWorker(deps: WorkerDeps, options: WorkerOptions): Promise<Worker> {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: Math.min(options.concurrency + 2, 10),
    application_name: 'keyrail worker',
    keepAlive: true,
  });
  const stopping = new AbortController();
  // While stopping the database may be the first to close it, which is no news.
  pool.on('error', (error) => {
    if (!stopping.signal.aborted)
      deps.log.warn({ err: error }, 'the worker lost an idle connection to the database');
  });
  // A connection lost while in use is reported by its query too; without a listener it would end the process.
  const open = new Set<pg.PoolClient>();
  pool.on('connect', (client) => {
    client.on('error', () => {});
    open.add(client);
  });
  pool.on('remove', (client) => open.delete(client));
  const session = await startSession(deps, options, pool, stopping.signal);
  const working = keepWorking(deps, options, pool, stopping.signal, session);
  const sweeping = sweep(deps, pool, options.sweepMs ?? 2_000, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await Promise.all([working, sweeping]);
      await Promise.race([pool.end(), deps.clock.sleep(POOL_END_MS)]);
      for (const client of open) hangUp(client);
    },
  };
}

/**
 * Stopped while it was coming back to a database that had been away, the library keeps the connection that it listens on, and
 * the pool would wait for it for ever.
 */
function hangUp(client: pg.PoolClient): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

interface Session {
  runner: Runner;
  end(): Promise<void>;
}

async function startSession(
  deps: WorkerDeps,
  options: WorkerOptions,
  pool: pg.Pool,
  stopping: AbortSignal,
): Promise<Session> {
  const events: WorkerEvents = new EventEmitter();
  let poolId = '';
  events.on('pool:create', ({ workerPool }) => {
    poolId = workerPool.id;
  });
  const runner = await run({
    pgPool: pool,
    schema: 'graphile_worker',
    taskList: taskList(options.tasks, stopping),
    parsedCronItems: [],
    concurrency: options.concurrency,
    noHandleSignals: true,
    events,
    logger: loggerOf(deps.log),
    preset: {
      worker: {
        gracefulShutdownAbortTimeout: options.drainMs,
        // Without a batch, even of one, the library waits for nobody to hear that a job's end could not be written: an error
        // that nothing handles, and the process ends for a connection that was lost.
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });
  // Its failure is seen in keepWorking; nobody else needs to wait for it.
  runner.promise.catch(() => {});
  try {
    const liveness = await claimLiveness(deps, options.url, poolId);
    return { runner, end: () => liveness.release() };
  } catch (error) {
    await runner.stop().catch(() => {});
    throw error;
  }
}

async function keepWorking(
  deps: WorkerDeps,
  options: WorkerOptions,
  pool: pg.Pool,
  stopping: AbortSignal,
  first: Session,
): Promise<void> {
  let session: Session | null = first;
  for (;;) {
    if (session) {
      await endOf(deps, options, session.runner, stopping);
      await session.end();
    }
    if (stopping.aborted) return;
    deps.log.warn({}, 'the job worker ended by itself: starting it again');
    await deps.clock.sleep(RESTART_MS, stopping).catch(() => {});
    session = stopping.aborted ? null : await startSession(deps, options, pool, stopping).catch(() => null);
  }
}

/** Resolves when the runner has ended: by itself, or because we are stopping and its jobs are done or out of time. */
async function endOf(
  deps: WorkerDeps,
  options: WorkerOptions,
  runner: Runner,
  stopping: AbortSignal,
): Promise<void> {
  const ended = runner.promise.catch((error: unknown) => {
    deps.log.error({ err: error }, 'the job worker failed');
  });
  const asked = new Promise<void>((resolve) => {
    if (stopping.aborted) resolve();
    else stopping.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([ended, asked]);
  if (!stopping.aborted) return;
  await Promise.race([runner.stop().catch(() => ended), deps.clock.sleep(options.drainMs + AFTER_ABORT_MS)]);
}

async function sweep(deps: WorkerDeps, pool: pg.Pool, everyMs: number, stopping: AbortSignal): Promise<void> {
  while (!stopping.aborted) {
    try {
      const dead = await takeOverFromDead(pool);
      if (dead.length > 0) deps.log.warn({ workers: dead }, 'took over the jobs of workers that died');
    } catch (error) {
      deps.log.warn({ err: error }, 'could not look for dead workers');
    }
    await deps.clock.sleep(everyMs, stopping).catch(() => {});
  }
}

function taskList(tasks: Task[], stopping: AbortSignal): TaskList {
  return Object.fromEntries(
    tasks.map((task) => [
      task.job.name,
      async (payload: unknown, helpers: JobHelpers) => {
        // graphile-worker may hand out one more while it ends: another worker's then.
        const outcome = stopping.aborted ? 'again' : await task.run(payload, contextOf(helpers, stopping));
        if (outcome === 'again') await putBack(payload, helpers);
      },
    ]),
  );
}

function contextOf({ job, abortSignal }: JobHelpers, stopping: AbortSignal): JobContext {
  return {
    jobId: job.id,
    attempt: job.attempts,
    isLastAttempt: job.attempts >= job.max_attempts,
    stopping,
    signal: abortSignal ?? stopping,
  };
}

/** Long enough for a worker that is ending not to take the job once more itself. */
const PUT_BACK_MS = 500;

/** The new one exists before the old one is marked as done: killed in between, it runs twice rather than never. */
async function putBack(payload: unknown, { job, addJob, getQueueName }: JobHelpers): Promise<void> {
  const queueName = await getQueueName();
  await addJob(job.task_identifier, payload as never, {
    priority: job.priority,
    maxAttempts: job.max_attempts,
    runAt: new Date(Date.now() + PUT_BACK_MS),
    ...(queueName ? { queueName } : {}),
    // `replace` takes the key from the running job, which still bears it, and gives it to the new one.
    ...(job.key ? { jobKey: job.key, jobKeyMode: 'replace' as const } : {}),
  });
}

/** graphile-worker's lines carry whole jobs beside the text; only the text and the job's id and name are kept. */
function loggerOf(log: WorkerDeps['log']): Logger {
  return new Logger((scope) => (level, message, meta) => {
    const fields = {
      ...(scope.taskIdentifier ? { job: scope.taskIdentifier } : {}),
      ...(meta?.failure ? { err: meta.error } : {}),
    };
    if (level === 'error') log.error(fields, message);
    else if (level === 'warning' && !message.includes('maxPoolSize')) log.warn(fields, message);
    else log.debug(fields, message);
  });
}
