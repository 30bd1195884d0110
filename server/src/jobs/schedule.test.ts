import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import type { Clock } from '../lib/clock.ts';
import { enqueueDue, type Periodic, startSchedule } from './schedule.ts';

const everyMinute: Periodic = { job: { name: 'tests.sweep', payload: z.strictObject({}) }, everyMs: 60_000 };
const silent = { warn: () => {} };

let database: TestDatabase;
let now = new Date('2026-03-01T12:00:00Z');
const clock: Clock = {
  now: () => now,
  sleep: (_ms, signal) =>
    new Promise((_resolve, reject) => {
      if (signal?.aborted) reject(signal.reason);
      signal?.addEventListener('abort', () => reject(signal.reason));
    }),
};

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  now = new Date('2026-03-01T12:00:00Z');
  await sql`truncate keyrail_periodic, graphile_worker._private_jobs`.execute(database.db.system);
});

async function enqueued(): Promise<number> {
  const { rows } = await sql<{ count: number }>`select coalesce(sum(revision + 1), 0)::int as count
    from graphile_worker._private_jobs`.execute(database.db.system);
  return rows[0]?.count ?? 0;
}

async function registerOnce(): Promise<void> {
  const schedule = await startSchedule({ db: database.db, clock, log: silent }, []);
  await schedule.stop();
  await sql`insert into keyrail_periodic values (${everyMinute.job.name}, ${now})`.execute(
    database.db.system,
  );
}

test('eight processes that find a job due at the same moment enqueue it once', async () => {
  await registerOnce();
  await Promise.all(Array.from({ length: 8 }, () => enqueueDue({ db: database.db, clock }, [everyMinute])));
  expect(await enqueued()).toBe(1);
});

test('a job is due again after its interval, on the minute it would have been', async () => {
  await registerOnce();
  await enqueueDue({ db: database.db, clock }, [everyMinute]);
  now = new Date('2026-03-01T12:00:59Z');
  expect(await enqueueDue({ db: database.db, clock }, [everyMinute])).toBe(1_000);
  expect(await enqueued()).toBe(1);
  now = new Date('2026-03-01T12:01:20Z');
  expect(await enqueueDue({ db: database.db, clock }, [everyMinute])).toBe(10_000);
  expect(await enqueued()).toBe(2);
  const { rows } = await sql<{ due_at: Date }>`select due_at from keyrail_periodic`.execute(
    database.db.system,
  );
  expect(rows[0]?.due_at).toEqual(new Date('2026-03-01T12:02:00Z'));
});

test('times missed while nothing ran make one job together', async () => {
  await registerOnce();
  now = new Date('2026-03-03T12:00:30Z');
  await enqueueDue({ db: database.db, clock }, [everyMinute]);
  await enqueueDue({ db: database.db, clock }, [everyMinute]);
  expect(await enqueued()).toBe(1);
});

test('a new periodic job is due at once, and a shortened interval does not wait for the old time', async () => {
  await (await startSchedule({ db: database.db, clock, log: silent }, [everyMinute])).stop();
  expect(await enqueued()).toBe(1);
  const shorter = { ...everyMinute, everyMs: 5_000 };
  const second = await startSchedule({ db: database.db, clock, log: silent }, [shorter]);
  await second.stop();
  const { rows } = await sql<{ due_at: Date }>`select due_at from keyrail_periodic`.execute(
    database.db.system,
  );
  expect(rows[0]?.due_at).toEqual(new Date('2026-03-01T12:00:05Z'));
});
