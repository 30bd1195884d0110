import { sql } from 'kysely';
import type { Database } from '../db/open.ts';
import type { Clock } from '../lib/clock.ts';
import type { Job } from './job.ts';
import { enqueueAsSystem } from './queue.ts';

interface ScheduleDeps {
  db: Pick<Database, 'system'>;
  clock: Clock;
  log: { warn(fields: object, message: string): void };
}

/** A job that is enqueued again and again, with an empty payload. */
export interface Periodic {
  job: Job<Record<string, never>>;
  everyMs: number;
}

export interface Schedule {
  stop(): Promise<void>;
}

const LONGEST_SLEEP_MS = 10_000;

/**
 * Enqueues each periodic job when it is due. Every process may run this: the row of the job is moved on to its next time
 * in the transaction that enqueues, so each due time makes exactly one job. Times missed while nothing ran, or jumped over
 * by the clock, make one job together. Runs of one kind follow each other, they never overlap.
 */
export async function startSchedule(deps: ScheduleDeps, periodics: Periodic[]): Promise<Schedule> {
  const stopping = new AbortController();
  await register(deps, periodics);
  const running = (async () => {
    while (!stopping.signal.aborted) {
      let pauseMs = LONGEST_SLEEP_MS;
      try {
        pauseMs = Math.min(pauseMs, await enqueueDue(deps, periodics));
      } catch (error) {
        deps.log.warn({ err: error }, 'could not enqueue periodic jobs: trying again');
        pauseMs = 1_000;
      }
      await deps.clock.sleep(pauseMs, stopping.signal).catch(() => {});
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

/** Enqueues what is due now; returns how long, in milliseconds, until the next is. */
export async function enqueueDue(
  { db, clock }: Pick<ScheduleDeps, 'db' | 'clock'>,
  periodics: Periodic[],
): Promise<number> {
  const now = clock.now();
  const nextTimes: number[] = [];
  for (const { job, everyMs } of periodics) {
    const next = await db.system.transaction().execute(async (transaction) => {
      // Waits for another process at the same row, then sees its new time and finds nothing due.
      const moved = await sql<{ due_at: Date }>`
        update keyrail_periodic
        set due_at = due_at + make_interval(secs => ${everyMs / 1000}
          * (floor(extract(epoch from ${now}::timestamptz - due_at) / ${everyMs / 1000}) + 1))
        where name = ${job.name} and due_at <= ${now} returning due_at`.execute(transaction);
      if (moved.rows[0]) {
        await enqueueAsSystem(
          transaction,
          job,
          {},
          { key: `periodic:${job.name}`, queue: `periodic:${job.name}` },
        );
        return moved.rows[0].due_at;
      }
      const waiting = await sql<{ due_at: Date }>`
        select due_at from keyrail_periodic where name = ${job.name}`.execute(transaction);
      return waiting.rows[0]?.due_at ?? now;
    });
    nextTimes.push(next.getTime());
  }
  return Math.max(10, Math.min(...nextTimes, now.getTime() + LONGEST_SLEEP_MS) - now.getTime());
}

/** A new one is due at once, and one whose interval was shortened does not wait for its old time. */
async function register({ db, clock }: ScheduleDeps, periodics: Periodic[]): Promise<void> {
  for (const { job, everyMs } of periodics) {
    const now = clock.now();
    const latest = new Date(now.getTime() + everyMs);
    await sql`insert into keyrail_periodic (name, due_at) values (${job.name}, ${now})
      on conflict (name) do update set due_at = least(keyrail_periodic.due_at, ${latest})`.execute(db.system);
  }
}
