import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive, isPostmasterOf } from './processes.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start.ts';

const said: string[] = [];
let onSaid: (message: string) => void = () => {};
const say = (_fields: object, message: string) => {
  said.push(message);
  onSaid(message);
};
const log = { info: say, warn: say, error: say };

let folder: string;
let running: EmbeddedPostgres[];
beforeEach(() => {
  // A path with a space and an umlaut, and one that PostgreSQL's user can reach when the tests run as root.
  folder = mkdtempSync(join(tmpdir(), 'keyrail dätä '));
  chmodSync(folder, 0o711);
  running = [];
  said.length = 0;
});
afterEach(async () => {
  await Promise.all(running.map((postgres) => postgres.stop()));
  rmSync(folder, { recursive: true, force: true });
});

async function start(dataDir = join(folder, 'data')): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  running.push(postgres);
  return postgres;
}

async function stop(postgres: EmbeddedPostgres): Promise<void> {
  running = running.filter((one) => one !== postgres);
  await postgres.stop();
}

async function query<Row extends pg.QueryResultRow>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

/** Resolves when PostgreSQL has been started again. */
function runsAgain(): Promise<void> {
  return new Promise((resolve) => {
    onSaid = (message) => {
      if (/runs again/.test(message)) resolve();
    };
  });
}

async function startProcess(dataDir: string): Promise<{ child: ChildProcess; url: string; pid: number }> {
  const script = fileURLToPath(new URL('../../../test/embedded-process.ts', import.meta.url));
  const child = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { url: string; pid: number }) };
}

test('what was written is there after a stop and a start', async () => {
  const first = await start();
  await query(first.url, "create table notes as select 'kept' as body");
  await stop(first);
  expect(existsSync(first.place.socket)).toBe(false);
  const second = await start();
  expect(await query(second.url, 'select body from notes')).toEqual([{ body: 'kept' }]);
  expect(second.url).toBe(first.url);
});

test('it keeps text as UTF-8 whatever LANG says, writes durably, and listens on no network address', async () => {
  const { url, place } = await start();
  const settings = await query(
    url,
    `select name, setting from pg_settings where name in
       ('server_encoding', 'fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'password_encryption')
     order by name`,
  );
  expect(Object.fromEntries(settings.map((row) => [row.name, row.setting]))).toEqual({
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '',
    password_encryption: 'scram-sha-256',
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
  });
  expect(await query(url, "select upper('ä€𝄞') as up")).toEqual([{ up: 'Ä€𝄞' }]);
  const wrong = url.replace(/:[^:@/]+@/, ':wrong@');
  await expect(query(wrong, 'select 1')).rejects.toThrow(/password authentication failed/);
  expect(readFileSync(place.passwordFile, 'utf8').length).toBeGreaterThanOrEqual(32);
});

test('a second start on the same data is refused and names the process that has it', async () => {
  const { child } = await startProcess(join(folder, 'data'));
  try {
    await expect(start()).rejects.toThrow(
      new RegExp(`already running on this data \\(process ${child.pid},`),
    );
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await stop(await start());
});

test('after kill -9 of the process above it, the next start stops what is left and finds every confirmed write', async () => {
  const dataDir = join(folder, 'data');
  const before = await startProcess(dataDir);
  await query(before.url, 'create table counted (n int)');
  const client = new pg.Client({ connectionString: before.url });
  client.on('error', () => {});
  await client.connect();
  for (let n = 1; n <= 50; n++) await client.query('insert into counted values ($1)', [n]);
  before.child.kill('SIGKILL');
  await once(before.child, 'exit');
  expect(isPostmasterOf(before.pid, join(dataDir, 'postgres', 'data'))).toBe(true);

  const { url } = await start();
  expect(isAlive(before.pid)).toBe(false);
  expect(said.join()).toMatch(/of an earlier start is still running/);
  expect(await query(url, 'select count(*)::int as n, max(n) from counted')).toEqual([{ n: 50, max: 50 }]);
});

test('PostgreSQL that is killed is started again, under the same address, with every confirmed write', async () => {
  const postgres = await start();
  await query(postgres.url, "create table notes as select 'kept' as body");
  for (let kills = 0; kills < 3; kills++) {
    const pid = postgres.pid();
    const again = runsAgain();
    process.kill(pid, 'SIGKILL');
    await again;
    expect(postgres.pid()).not.toBe(pid);
  }
  expect(await query(postgres.url, 'select body from notes')).toEqual([{ body: 'kept' }]);
  expect(said.filter((line) => /runs again/.test(line))).toHaveLength(3);
});

test('a stop while PostgreSQL is being started again leaves nothing running', async () => {
  const postgres = await start();
  const before = postgres.pid();
  process.kill(before, 'SIGKILL');
  await stop(postgres);
  expect(isPostmasterOf(postgres.pid(), postgres.place.data)).toBe(false);
  await stop(await start());
});

test('a process number left behind that belongs to somebody else by now does not stop the start', async () => {
  const postgres = await start();
  const pidFile = join(postgres.place.data, 'postmaster.pid');
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  await stop(postgres);
  writeFileSync(pidFile, [String(process.pid), ...lines.slice(1)].join('\n'));
  const again = await start();
  expect(await query(again.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('an initdb that was killed half-way leaves nothing that passes for data', async () => {
  const half = join(folder, 'data', 'postgres', 'data.new');
  mkdirSync(half, { recursive: true });
  writeFileSync(join(half, 'PG_VERSION'), '18\n');
  const { url } = await start();
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a data folder so deep that no socket fits into it works', async () => {
  const { url, place } = await start(join(folder, ...Array.from({ length: 12 }, () => 'deep-folder')));
  expect(Buffer.byteLength(place.socket)).toBeLessThan(85);
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('data of another major version is refused by name and left alone', async () => {
  const data = join(folder, 'data', 'postgres', 'data');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'PG_VERSION'), '14\n');
  await expect(start()).rejects.toThrow(/written by PostgreSQL 14.*brings PostgreSQL 18/s);
  expect(readFileSync(join(data, 'PG_VERSION'), 'utf8')).toBe('14\n');
});

test.runIf(process.getuid?.() === 0)(
  'as root, with data where no other user may go, it runs elsewhere and says where',
  async () => {
    chmodSync(folder, 0o700);
    const first = await start();
    const pointer = readFileSync(join(folder, 'data', 'postgres-is-at'), 'utf8').trim();
    try {
      expect(first.place.home).toBe(pointer);
      expect(pointer).toMatch(/^\/var\/lib\/keyrail\//);
      await query(first.url, "create table notes as select 'kept' as body");
      await stop(first);
      // Once decided it stays, or a change of a folder's mode would make a second, empty database appear.
      chmodSync(folder, 0o711);
      const second = await start();
      expect(await query(second.url, 'select body from notes')).toEqual([{ body: 'kept' }]);
      await stop(second);
    } finally {
      rmSync(join(pointer, '..'), { recursive: true, force: true });
    }
  },
);
