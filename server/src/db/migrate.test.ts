import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyDatabase, type TestDatabase } from '../../test/database.ts';
import { migrate } from './migrate.ts';

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

test('our own migrations say why in their first line, and set the schema up from nothing', async () => {
  await migrate({ url: database.url });
  const unprotected = await rows(`
    select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and not c.relrowsecurity`);
  expect(unprotected).toEqual([]);
});
