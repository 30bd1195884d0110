import { createServer } from 'node:net';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { doorTo, listenOn } from '../../test/door.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { openDatabase, queries } from './open.ts';
import { reachDatabase } from './reach.ts';

let database: TestDatabase;
let said: string[];
const log = {
  info: (_fields: object, message: string) => said.push(message),
  warn: (_fields: object, message: string) => said.push(message),
};
const noWait: Clock = { now: () => new Date(), sleep: async () => {} };

beforeEach(async () => {
  database = await freshDatabase();
  said = [];
});
afterEach(() => database.close());

test('a database that cannot be reached is waited for, saying so, and used once it is there', async () => {
  const free = await listenOn(createServer());
  const { port } = free;
  await free.close();
  const away = `postgres://someone:fake-password-0001@127.0.0.1:${port}/keyrail`;
  const giveUp = new AbortController();
  const clock: Clock = {
    now: () => new Date(),
    sleep: async (_ms, signal) => {
      if (said.length >= 3) giveUp.abort(new Error('enough'));
      signal?.throwIfAborted();
    },
  };
  await expect(reachDatabase({ log, clock }, away, giveUp.signal)).rejects.toThrow('enough');
  expect(said).toHaveLength(3);
  expect(said[0]).toMatch(
    /the database at 127\.0\.0\.1:\d+\/keyrail cannot be reached \(connect ECONNREFUSED/,
  );
  expect(said.join()).not.toContain('fake-password-0001');
});

test('a wrong password is refused at once', async () => {
  const wrong = database.url.replace(/:[^:@/]+@/, ':fake-password-0001@');
  const refused = reachDatabase({ log, clock: noWait }, wrong);
  await expect(refused).rejects.toThrow(/does not let Keyrail in: password authentication failed/);
  await expect(refused).rejects.not.toThrow(/fake-password-0001/);
});

test('a read-only database is refused', async () => {
  const name = new URL(database.url).pathname.slice(1);
  await sql.raw(`alter database ${name} set default_transaction_read_only = on`).execute(database.db.system);
  await expect(reachDatabase({ log, clock: noWait }, database.url)).rejects.toThrow(/read-only/);
});

test('a database that may lose what it confirmed is warned about loudly', async () => {
  // The PostgreSQL of the tests runs without fsync.
  await reachDatabase({ log, clock: noWait }, database.url);
  expect(said.join()).toMatch(
    /DATA CAN BE LOST: PostgreSQL runs with fsync=off, full_page_writes=off, synchronous_commit=off/,
  );
});

test('a database that goes away is "unavailable", and the pool heals when it is back', async () => {
  const door = await doorTo(database.url);
  const db = openDatabase({
    url: door.url,
    appPoolSize: 2,
    systemPoolSize: 2,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 1_000,
    onIdleError: () => {},
  });
  try {
    const ask = () => db.transact('wsp_a', (tx) => sql`select 1`.execute(queries(tx)));
    await Promise.all([ask(), ask()]);
    await door.shut();
    for (let calls = 0; calls < 5; calls++) await expect(ask()).rejects.toSatisfy(isUnavailable);
    await door.open();
    await Promise.all(Array.from({ length: 10 }, ask));
  } finally {
    await db.close();
    await door.shut();
  }
});

test('a database that takes connections but never answers is "unavailable" within the time limit', async () => {
  const silent = await listenOn(createServer(() => {}));
  const db = openDatabase({
    url: `postgres://someone:fake-password-0001@127.0.0.1:${silent.port}/keyrail`,
    appPoolSize: 2,
    systemPoolSize: 2,
    connectTimeoutMs: 300,
    statementTimeoutMs: 300,
    onIdleError: () => {},
  });
  const startedAt = Date.now();
  await expect(db.transact('wsp_a', async () => 1)).rejects.toSatisfy(isUnavailable);
  expect(Date.now() - startedAt).toBeLessThan(15_000);
  await db.close();
  await silent.close();
});

test('a statement over its time limit is "unavailable", and its connection serves the next one', async () => {
  const db = openDatabase({
    url: database.url,
    appPoolSize: 1,
    systemPoolSize: 1,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 200,
    onIdleError: () => {},
  });
  const slow = db.transact('wsp_a', (tx) => sql`select pg_sleep(30)`.execute(queries(tx)));
  await expect(slow).rejects.toSatisfy(isUnavailable);
  await expect(db.transact('wsp_a', async () => 1)).resolves.toBe(1);
  await db.close();
});

function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.code === 'unavailable';
}
