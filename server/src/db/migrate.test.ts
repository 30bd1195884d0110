import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase } from '../../test/database.ts';
import { MIGRATION_LOCK, migrate, ownMigrations, tablesOf } from './migrate.ts';

let database: TestDatabase;
let folder: string;
beforeEach(async () => {
  database = await emptyDatabase();
  folder = mkdtempSync(join(tmpdir(), 'keyrail-migrations-'));
  add('0001_one', 'create table one (n int)');
  add('0002_two', 'create table two (n int); insert into two values (2)');
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await database.close();
});

function add(name: string, text: string): void {
  writeFileSync(join(folder, `${name}.sql`), text);
}

async function run(release = '1.0.0'): Promise<string[]> {
  const applied: string[] = [];
  await migrate({ url: database.url, folder, release, onApplied: (name) => applied.push(name) });
  return applied;
}

async function rows(query: string): Promise<unknown[]> {
  return (await sql.raw(query).execute(database.db.system)).rows;
}

test('migrations are applied in order, each once', async () => {
  expect(await run()).toEqual(['0001_one', '0002_two']);
  expect(await run()).toEqual([]);
  add('0003_three', 'alter table two add column m int');
  expect(await run('1.1.0')).toEqual(['0003_three']);
  expect(
    await rows("select name, release from keyrail_migrations where name like '00%' order by name"),
  ).toEqual([
    { name: '0001_one', release: '1.0.0' },
    { name: '0002_two', release: '1.0.0' },
    { name: '0003_three', release: '1.1.0' },
  ]);
});

test('of eight servers that start at once exactly one migrates, and all go on', async () => {
  const applied = await Promise.all(Array.from({ length: 8 }, () => run()));
  expect(applied.flat()).toEqual(['0001_one', '0002_two']);
  expect(await rows('select n from two')).toEqual([{ n: 2 }]);
});

test('a migration that fails leaves nothing of itself, and the next start goes on there', async () => {
  add('0003_three', 'create table three (n int); insert into nowhere values (1)');
  await expect(run()).rejects.toThrow(/0003_three could not be applied: relation "nowhere" does not exist/);
  expect(await rows("select to_regclass('three') as three")).toEqual([{ three: null }]);
  add('0003_three', 'create table three (n int)');
  expect(await run()).toEqual(['0003_three']);
});

test('a server killed in the middle of a migration leaves nothing of it', async () => {
  // Ends its own connection between two statements, as kill -9 does.
  add(
    '0003_three',
    'create table three (n int); select pg_terminate_backend(pg_backend_pid()); create table four (n int)',
  );
  await expect(run()).rejects.toThrow(/0003_three/);
  expect(await rows("select to_regclass('three') as three")).toEqual([{ three: null }]);
  add('0003_three', 'create table three (n int); create table four (n int)');
  expect(await run()).toEqual(['0003_three']);
});

test('a program older than the database refuses, and names both releases', async () => {
  add('0003_three', 'create table three (n int)');
  await run('2.0.0');
  rmSync(join(folder, '0003_three.sql'));
  await expect(run('1.9.0')).rejects.toThrow(
    /This is Keyrail 1\.9\.0, whose newest migration is 0002_two.*0003_three by Keyrail 2\.0\.0.*Start Keyrail 2\.0\.0 or newer/s,
  );
});

test('a migration that was edited after it was applied is refused by name', async () => {
  await run();
  add('0001_one', 'create table one (n bigint)');
  await expect(run('1.1.0')).rejects.toThrow(
    /Migration 0001_one was applied by Keyrail 1\.0\.0 in another wording/,
  );
});

describe('beside servers of an older release', () => {
  const later =
    '-- Takes away what nobody needs.\n-- Older processes must stop first: they read it.\nalter table one drop column n';
  const withServer = (work: () => Promise<void>) => connected('keyrail listen', work);

  test('what adds is applied, and what takes away is not, until they are stopped', async () => {
    await run();
    add('0003_three', '-- Adds.\ncreate table three (n int)');
    await withServer(async () => {
      expect(await run('1.1.0')).toEqual(['0003_three']);
      add('0004_four', later);
      add('0005_five', 'create table five (n int)');
      await expect(run('1.2.0')).rejects.toThrow(
        /A server of an older release works on this database, and 0004_four, which Keyrail 1\.2\.0 brings, takes away.*Stop every older server/,
      );
      expect(await rows("select to_regclass('five') as five")).toEqual([{ five: null }]);
    });
    expect(await run('1.2.0')).toEqual(['0004_four', '0005_five']);
  });

  test('a command brings no database to its own schema, and what needs nothing goes on', async () => {
    await run();
    const command = () => migrate({ url: database.url, folder, release: '1.1.0', besideServers: 'refuse' });
    await withServer(async () => {
      await command();
      add('0003_three', 'create table three (n int)');
      await expect(command()).rejects.toThrow(
        /this is Keyrail 1\.1\.0, which would bring the database to 0003_three\. Upgrade the servers first/,
      );
    });
    await command();
    expect(await rows("select to_regclass('three')::text as three")).toEqual([{ three: 'three' }]);
  });
});

test('while a backup is made, what has nothing to migrate starts, and what has waits and says so', async () => {
  await run();
  let waited = 0;
  const start = (release: string) =>
    migrate({ url: database.url, folder, release, onWaiting: () => (waited += 1) });
  let upgrade: Promise<void> = Promise.resolve();
  await connected('keyrail backup', async (client) => {
    await client.query('select pg_advisory_lock_shared($1)', [MIGRATION_LOCK]);
    await start('1.0.0');
    expect(waited).toBe(0);
    add('0003_three', 'create table three (n int)');
    upgrade = start('1.1.0');
    await expect.poll(() => waited).toBe(1);
    expect(await rows("select to_regclass('three') as three")).toEqual([{ three: null }]);
  });
  await upgrade;
  expect(await rows("select to_regclass('three')::text as three")).toEqual([{ three: 'three' }]);
});

async function connected(name: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: database.url, application_name: name });
  await client.connect();
  await work(client).finally(() => client.end());
}

test('our own migrations say why in their first line, and set the schema up from nothing', async () => {
  await migrate({ url: database.url });
  const unprotected = await rows(`
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and not c.relrowsecurity`);
  expect(unprotected).toEqual([]);
  // A backup knows our tables by what the migrations say.
  const there = await rows(`select relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> 'keyrail_migrations'`);
  expect([...tablesOf(ownMigrations())].sort()).toEqual(
    there.map((row) => (row as { name: string }).name).sort(),
  );
});
