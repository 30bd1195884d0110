import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServerProcess, startServerProcess } from '../../sandbox/server-process.ts';
import { type Canary, createCanaries, type Finding, formsOf, search } from './canary.ts';
import { live } from './canary-life.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { type Listening, listenOn } from './door.ts';
import { careless, parrot } from './parrot.ts';

/**
 * Secrets nobody else has are put through everything that takes one, at a provider that repeats whatever it is
 * sent, in every form; then nothing that the server said, stored or answered may hold one.
 */
const canaries = createCanaries();
let home: string;
let database: TestDatabase;
let provider: Listening;
let server: ServerProcess;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyrail-canary-'));
  database = await freshDatabase();
  provider = await listenOn(careless(canaries));
  mkdirSync(join(home, 'catalog'));
  mkdirSync(join(home, 'tmp'));
  writeFileSync(join(home, 'catalog', 'parrot.yaml'), JSON.stringify(parrot(provider.port)));
  server = await startServerProcess({
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    DATABASE_URL: database.url,
    KEYRAIL_DATA_DIR: join(home, 'data'),
    KEYRAIL_MASTER_KEY_FILE: join(home, 'master.key'),
    KEYRAIL_CATALOG_DIR: join(home, 'catalog'),
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${provider.port}`,
    KEYRAIL_LOG_LEVEL: 'debug',
  });
  await live({ server, provider, home, canaries });
  await server.stop();
});

afterAll(async () => {
  await server?.stop();
  await provider?.close();
  await database?.close();
  rmSync(home, { recursive: true, force: true });
});

test('no secret is in what the server said, at any level', () => {
  const said = server.said().replaceAll(/^.*\/setup\?code=.*$/gm, '');
  expect(said).toContain('"route":"/v1/connections"');
  expect(search('output', said, canaries.all)).toEqual([]);
});

test('no secret is in any answer but the one that gives it out', () => {
  expect(canaries.transcript().length).toBeGreaterThan(20_000);
  for (const part of [
    'credential_rejected',
    'event: end',
    '"verdict"',
    'keyrail_http_request_seconds',
    '"openapi"',
  ])
    expect(canaries.transcript()).toContain(part);
  expect(search('answers', canaries.transcript(), canaries.all)).toEqual([]);
});

test('no secret is in any table of any schema, jobs and audit log among them', async () => {
  const { found, tables } = await searchTables();
  expect(tables).toBeGreaterThan(20);
  expect(found).toEqual([]);
});

test('no secret is in a file: the data folder, temporary files, the files of the database and its log ahead of writing', async () => {
  const { rows } = await sql<{ folder: string; oid: string; wal: number }>`
    select current_setting('data_directory') as folder, oid::text, pg_switch_wal()::text as wal
    from pg_database where datname = current_database()`.execute(database.db.system);
  const { folder = '', oid = '' } = rows[0] ?? {};
  await sql`checkpoint`.execute(database.db.system);
  const mark = [{ name: 'any of them', secret: canaries.mark }];
  const ours = searchFolder(home, canaries.all, (name) => name === 'master.key');
  const theirs = [join(folder, 'pg_wal'), join(folder, 'base', oid)].map((one) => searchFolder(one, mark));
  expect(theirs.every(({ files }) => files > 0)).toBe(true);
  expect([...ours.found, ...theirs.flatMap(({ found }) => found)]).toEqual([]);
});

test('a secret that is planted in a line, a table or a file is found, in every form', async () => {
  const [first] = canaries.all;
  if (!first) throw new Error('nothing was planted');
  for (const [form, text] of formsOf(first.secret))
    expect(search('line', `before ${text} behind`, canaries.all), form).toHaveLength(1);
  for (const offset of [0, 1, 2]) {
    const around = Buffer.from(`${'x'.repeat(offset)}${first.secret}yyy`).toString('base64');
    expect(search('line', around, canaries.all), `base64 at ${offset}`).toHaveLength(1);
  }
  const { system } = database.db;
  await sql`create schema planted`.execute(system);
  await sql`create table planted.notes (raw bytea, more jsonb)`.execute(system);
  await sql`insert into planted.notes values (${Buffer.from(first.secret)}, null)`.execute(system);
  expect((await searchTables()).found).toMatchObject([{ place: 'planted.notes', form: 'hex' }]);
  await sql`update planted.notes set raw = null, more = ${JSON.stringify({ a: [first.secret] })}`.execute(
    system,
  );
  expect((await searchTables()).found).toMatchObject([{ place: 'planted.notes', form: 'plain' }]);
  await sql`drop schema planted cascade`.execute(system);
  writeFileSync(join(home, 'tmp', 'dump'), `x${first.secret}`);
  expect(searchFolder(home, canaries.all, (name) => name === 'master.key').found).toHaveLength(1);
  rmSync(join(home, 'tmp', 'dump'));
});

async function searchTables(): Promise<{ found: Finding[]; tables: number }> {
  const { rows } = await sql<{ name: string; text: string | null }>`
    select format('%I.%I', schemaname, tablename) as name,
      query_to_xml(format('select t::text from %I.%I t', schemaname, tablename), true, false, '')::text as text
    from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`.execute(database.db.system);
  const texts = rows.map(({ name, text }) => ({ name, text: unescaped(text ?? '') }));
  return { found: texts.flatMap(({ name, text }) => search(name, text, canaries.all)), tables: rows.length };
}

/** Out of XML, and out of the quotes a row written as text doubles. */
function unescaped(text: string): string {
  const plain = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return `${plain}\n${plain.replaceAll('""', '"').replaceAll('\\\\', '\\')}`;
}

function searchFolder(
  folder: string,
  secrets: readonly Canary[],
  isMeant: (name: string) => boolean = () => false,
): { found: Finding[]; files: number } {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !isMeant(entry.name));
  const found = files.flatMap(({ parentPath, name }) =>
    search(name, readIfThere(join(parentPath, name)), secrets),
  );
  return { found, files: files.length };
}

/** The database takes its files away as it likes. */
function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}
