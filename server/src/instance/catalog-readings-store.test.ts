import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { until } from '../../test/until.ts';
import { openListener } from '../db/listen.ts';
import { systemClock } from '../lib/clock.ts';
import { catalogReadings, sayCatalogRead } from './catalog-readings-store.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

const log = { warn: () => {} };

async function startProcess(digest: number) {
  const listener = await openListener({ clock: systemClock, log }, database.url);
  const { readLast, now } = await sayCatalogRead({ system: database.db.system, listener, log }, digest);
  return { readLast, now, end: () => listener.close() };
}
/** The one by which a process says that it has read this; null: none does. */
async function connectionOf(digest: number): Promise<number | null> {
  const { rows } = await sql<{ pid: number }>`
    select pid from pg_locks where locktype = 'advisory' and classid = 731324 and objid::int = ${digest}
      and database = (select oid from pg_database where datname = current_database())`.execute(
    database.db.system,
  );
  return rows.length === 1 ? (rows[0]?.pid ?? null) : null;
}
const digests = async () => (await catalogReadings(database.db.system)).map(({ files }) => files);

test('of processes with different files the one that started last decides, until it ends; those with the same ones decide alike', async () => {
  const older = await startProcess(7);
  expect(await older.readLast()).toBe(true);
  const newer = await startProcess(2_147_483_647);
  const alike = await startProcess(2_147_483_647);
  expect(await Promise.all([older, newer, alike].map(({ readLast }) => readLast()))).toEqual([
    false,
    true,
    true,
  ]);
  expect(await older.now()).toMatchObject([{ files: 2_147_483_647 }, { files: 2_147_483_647 }, { files: 7 }]);
  await alike.end();
  await newer.end();
  await until(async () => (await digests()).length === 1);
  expect(await older.readLast()).toBe(true);
  await older.end();
  await until(async () => (await digests()).length === 0);
});

test('a process that lost its connection says again what it has read, and is no later one for it', async () => {
  const older = await startProcess(1);
  const newer = await startProcess(2);
  const before = await connectionOf(1);
  await sql`select pg_terminate_backend(${before}::int)`.execute(database.db.system);
  // Its two locks come one after the other.
  await until(async () => ![before, null].includes(await connectionOf(1)) && (await digests()).length === 2);
  expect(await digests()).toEqual([2, 1]);
  expect(await older.readLast()).toBe(false);
  await Promise.all([older.end(), newer.end()]);
});
