import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { until } from '../../test/until.ts';
import { systemClock } from '../lib/clock.ts';
import { type Job, type Task, task } from './job.ts';
import { claimLiveness } from './liveness.ts';
import { enqueue } from './queue.ts';
import { startWorker, type Worker } from './worker.ts';

const greet: Job<{ who: string }> = { name: 'tests.greet', payload: z.strictObject({ who: z.string() }) };
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

let database: TestDatabase;
let workers: Worker[];
beforeEach(async () => {
  database = await freshDatabase();
  workers = [];
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await database.close();
});

async function work(
  tasks: Task[],
  options: { concurrency?: number; drainMs?: number } = {},
): Promise<Worker> {
  const worker = await startWorker(
    { clock: systemClock, log: silent },
    { url: database.url, tasks, concurrency: 2, drainMs: 5_000, sweepMs: 200, ...options },
  );
  workers.push(worker);
  return worker;
}

/** A list that grows, and can be waited for. */
function collector<T>() {
  const items: T[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  return {
    items,
    add: (item: T) => {
      items.push(item);
      for (const { count, resolve } of waiting) if (items.length >= count) resolve();
    },
    reached: (count: number) =>
      new Promise<void>((resolve) => (items.length >= count ? resolve() : waiting.push({ count, resolve }))),
  };
}

test('a job runs after its transaction commits, and never when it is rolled back', async () => {
  const greeted = collector<string>();
  await work([task(greet, async ({ who }) => greeted.add(who))]);
  const { transact } = database.db;
  await expect(
    transact('wsp_a', async (tx) => {
      await enqueue(tx, greet, { who: 'nobody' });
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  await transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'Ada' }));
  await greeted.reached(1);
  expect(greeted.items).toEqual(['Ada']);
});

test('a payload of the wrong shape is refused where it is made', async () => {
  const wrong = { who: 'Ada', secret: 'fake-key-good-0001' };
  await expect(database.db.transact('wsp_a', (tx) => enqueue(tx, greet, wrong))).rejects.toThrow(/secret/);
});

test('the role of requests can make jobs, and can read none', async () => {
  await database.db.transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'Ada' }));
  await expect(
    database.db.transact('wsp_a', (tx) => sql`select * from graphile_worker.jobs`.execute(tx as never)),
  ).rejects.toThrow(/permission denied/);
});

test('of several jobs with one key only the last one waits', async () => {
  const { transact } = database.db;
  await transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'first' }, { key: 'k' }));
  await transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'second' }, { key: 'k' }));
  const greeted = collector<string>();
  await work([task(greet, async ({ who }) => greeted.add(who))]);
  await greeted.reached(1);
  await workers[0]?.stop();
  workers = [];
  expect(greeted.items).toEqual(['second']);
});

test('the job of a killed process is taken over by another within seconds', async () => {
  await database.db.transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'Ada' }));
  const script = fileURLToPath(new URL('../../test/hanging-worker.ts', import.meta.url));
  const child = spawn(process.execPath, [script, database.url, greet.name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const greeted = collector<string>();
  await work([task(greet, async ({ who }, { attempt }) => greeted.add(`${who} ${attempt}`))]);
  await greeted.reached(1);
  expect(greeted.items).toEqual(['Ada 2']);
});

test('the job of a living process is not taken over, however long it runs', async () => {
  await database.db.transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'Ada' }));
  const begun = collector<string>();
  let finish = () => {};
  const untilTold = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const slow = task(greet, async ({ who }) => {
    begun.add(who);
    await untilTold;
  });
  await work([slow]);
  await begun.reached(1);
  // As old as a lock can get: only a dead worker's may be broken.
  await sql`update graphile_worker._private_jobs set locked_at = now() - interval '1 hour'`.execute(
    database.db.system,
  );
  await work([slow]);
  const { takeOverFromDead } = await import('./liveness.ts');
  for (let sweeps = 0; sweeps < 3; sweeps++)
    expect(await takeOverFromDead(database.db.systemPool)).toEqual([]);
  expect(begun.items).toEqual(['Ada']);
  finish();
});

test('a worker that stops tells its jobs, waits for them, and hands on what is left', async () => {
  await database.db.transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'Ada' }));
  const seen = collector<string>();
  const first = await work([
    task(greet, async (_payload, { stopping }) => {
      seen.add('first begins');
      await new Promise<void>((resolve) =>
        stopping.addEventListener('abort', () => resolve(), { once: true }),
      );
      seen.add('first hands on');
      return 'again';
    }),
  ]);
  await seen.reached(1);
  await first.stop();
  workers = [];
  await work([
    task(greet, async ({ who }, { attempt }) => seen.add(`second has ${who}, attempt ${attempt}`)),
  ]);
  await seen.reached(3);
  expect(seen.items).toEqual(['first begins', 'first hands on', 'second has Ada, attempt 1']);
});

test('a job that ignores the end is left behind after the time to drain, and another worker runs it', async () => {
  await database.db.transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'Ada' }));
  const seen = collector<string>();
  const deaf = await work(
    [
      task(greet, () => {
        seen.add('deaf begins');
        return new Promise(() => {});
      }),
    ],
    { drainMs: 100 },
  );
  await seen.reached(1);
  await deaf.stop();
  workers = [];
  await work([task(greet, async ({ who }) => seen.add(`second has ${who}`))]);
  await seen.reached(2);
  expect(seen.items).toEqual(['deaf begins', 'second has Ada']);
});

test('a worker whose connections are all cut works on', async () => {
  const greeted = collector<string>();
  await work([task(greet, async ({ who }) => greeted.add(who))]);
  await database.db.transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'before' }));
  await greeted.reached(1);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'keyrail worker'
    and datname = current_database()`.execute(database.db.system);
  await database.db.transact('wsp_a', (tx) => enqueue(tx, greet, { who: 'after' }));
  await greeted.reached(2);
  expect(greeted.items).toEqual(['before', 'after']);
});

test('a worker that cannot say that it lives keeps no connection of the tries, and stops', async () => {
  const { system } = database.db;
  const name = new URL(database.url).pathname.slice(1);
  const cut = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'keyrail worker' and datname = ${name}`.execute(system);
  let failed = 0;
  const log = {
    warn: () => {
      failed += 1;
    },
  };
  const liveness = await claimLiveness({ clock: systemClock, log }, database.url, 'pool_0001');
  await sql`alter database ${sql.ref(name)} set default_transaction_read_only = on`.execute(system);
  await cut();
  await until(() => failed >= 3);
  const count = async () =>
    (
      await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
        where application_name = 'keyrail worker' and datname = ${name}`.execute(system)
    ).rows[0]?.count ?? -1;
  await until(async () => (await count()) <= 1);
  await sql`alter database ${sql.ref(name)} reset default_transaction_read_only`.execute(system);
  // One is back, and it holds the lock.
  await until(async () => {
    const { rows } = await sql<{ granted: boolean }>`select granted from pg_locks l
      join pg_database d on d.oid = l.database
      where l.locktype = 'advisory' and l.classid = 731322 and d.datname = ${name}`.execute(system);
    return rows.length === 1 && rows[0]?.granted === true;
  });
  expect(await count()).toBe(1);
  await liveness.release();
  await until(async () => (await count()) === 0);
});

test('a connection that is lost just as a job ends, well or badly, ends no process, and later jobs run', async () => {
  const ran = collector<string>();
  const cut = () =>
    sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'keyrail worker'`.execute(database.db.system);
  await work([
    task(greet, async ({ who }) => {
      ran.add(who);
      if (who === 'later') return;
      await cut();
      if (who === 'badly') throw new Error('badly');
    }),
  ]);
  const { transact } = database.db;
  for (const who of ['well', 'badly', 'later']) {
    await transact('wsp_a', (tx) => enqueue(tx, greet, { who }));
    // What was cut off may be done once more.
    await until(() => ran.items.includes(who));
  }
  // An error that nobody handles fails the run of the tests, as it ends the server's process.
  expect(ran.items).toContain('later');
});
