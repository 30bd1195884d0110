import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ServerProcess, startServerProcess } from '../../sandbox/server-process.ts';
import { newId } from '../src/lib/id.ts';
import { httpServer, type TestServer } from '../src/outbound/under-test.ts';
import { clientOf, cookieOf, OWNER } from './app.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { find, finderFile } from './finder.ts';

/** Real server processes, killed and stopped in the middle of a run; every call the provider sees is counted by row. */
let home: string;
let database: TestDatabase;
let upstream: TestServer;
let servers: ServerProcess[];
let answer: (request: IncomingMessage, response: ServerResponse, name: string) => void;
/** `METHOD /path name` → how often. */
let calls: Map<string, number>;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyrail-kill-'));
  servers = [];
  calls = new Map();
  database = await freshDatabase();
  upstream = await httpServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://local');
    const name = url.searchParams.get('name') ?? '';
    const key = `${request.method} ${url.pathname} ${name}`;
    calls.set(key, (calls.get(key) ?? 0) + 1);
    answer(request, response, name);
  });
  writeFileSync(join(home, 'finder.yaml'), finderFile(upstream.origin, [find, send, ask]));
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  await upstream.close();
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

test('kill -9 in the middle: the run goes on by itself, no finished cell is lost or called again', async () => {
  answer = found(30);
  const { run } = await startRun('find', 500);
  await until(async () => (await countOf(run, 'done')) >= 100);
  await servers[0]?.kill();
  const finished = await rowsIn(run, 'done');
  expect(finished.length).toBeGreaterThanOrEqual(100);
  await server();
  await until(async () => (await stateOf(run)) === 'done');
  expect(await countOf(run, 'done')).toBe(500);
  expect(finished.filter((name) => calls.get(`GET /find ${name}`) !== 1)).toEqual([]);
  // What was in flight, and what had come back and was not written yet: three times the calls in flight at most.
  const repeated = [...calls.values()].filter((count) => count > 1);
  expect(repeated.every((count) => count === 2)).toBe(true);
  expect(repeated.length).toBeLessThanOrEqual(300);
});

test('kill -9 with calls that must not be repeated: those in flight are unknown, and none is sent twice', async () => {
  answer = found(30);
  const { run } = await startRun('send', 500);
  await until(async () => (await countOf(run, 'done')) >= 100);
  await someHeld();
  await servers[0]?.kill();
  answer = found(30);
  await server();
  await until(async () => (await stateOf(run)) === 'done');
  const unknown = await countOf(run, 'unknown');
  expect(unknown).toBeGreaterThan(0);
  expect((await countOf(run, 'done')) + unknown).toBe(500);
  expect([...calls.entries()].filter(([, count]) => count !== 1)).toEqual([]);
});

test('kill -9 while jobs run at the provider: they are asked for again, never submitted again', async () => {
  let isReady = false;
  answer = (request, response, name) => {
    if (request.method === 'POST') return void response.end(JSON.stringify({ id: `job-${name}` }));
    response.end(
      JSON.stringify(isReady ? { status: 'done', data: { email: 'a@example.com' } } : { status: 'busy' }),
    );
  };
  const { run } = await startRun('ask', 40);
  await until(async () => (await polling(run)) === 40);
  await servers[0]?.kill();
  isReady = true;
  await server();
  await until(async () => (await stateOf(run)) === 'done');
  expect(await countOf(run, 'done')).toBe(40);
  const submitted = [...calls.entries()].filter(([key]) => key.startsWith('POST'));
  expect(submitted.length).toBe(40);
  expect(submitted.every(([, count]) => count === 1)).toBe(true);
});

test('a process that was stopped for longer than its lease writes nothing and sends nothing more', async () => {
  answer = found(30);
  const { run } = await startRun('send', 600);
  await until(async () => (await countOf(run, 'done')) >= 60);
  const first = await holder(run);
  const answerThem = await someHeld();
  await stopBetweenTransactions(first.pid);
  answer = found(30);
  // They are there when it wakes up.
  answerThem();
  await server();
  await until(async () => (await holder(run)).generation > first.generation);
  process.kill(first.pid, 'SIGCONT');
  await until(async () => (await stateOf(run)) === 'done');
  const unknown = await countOf(run, 'unknown');
  expect(unknown).toBeGreaterThan(0);
  expect((await countOf(run, 'done')) + unknown).toBe(600);
  expect([...calls.entries()].filter(([, count]) => count !== 1)).toEqual([]);
  // What the first process still had in memory when it woke up was counted by nobody.
  expect(await countersOf(run)).toEqual({ done: 600 - unknown, unknown, running: 0, calls: 600 });
  expect(servers[0]?.said()).not.toContain('failed inside Keyrail');
});

const found =
  (afterMs: number) =>
  (_request: IncomingMessage, response: ServerResponse, name: string): void => {
    setTimeout(() => response.end(JSON.stringify({ data: { email: `${name}@example.com` } })), afterMs);
  };

/** From now on no call is answered, and there is one at least: it is under way, whatever happens to who made it. Answers them. */
async function someHeld(): Promise<() => void> {
  const held: (() => void)[] = [];
  answer = (request, response, name) => void held.push(() => found(0)(request, response, name));
  await until(async () => held.length > 0);
  return () => {
    for (const one of held) one();
  };
}

async function server(): Promise<ServerProcess> {
  const started = await startServerProcess({
    HOME: home,
    DATABASE_URL: database.url,
    KEYRAIL_DATA_DIR: join(home, 'data'),
    KEYRAIL_MASTER_KEY_FILE: join(home, 'master.key'),
    KEYRAIL_CATALOG_DIR: home,
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${upstream.port}`,
    KEYRAIL_RUN_LEASE_SECONDS: '2',
    KEYRAIL_LOG_LEVEL: 'warn',
  });
  servers.push(started);
  return started;
}

/** A server, an owner, a connection, a table of so many people, and a run of the action over all of them. */
async function startRun(action: string, rows: number): Promise<{ run: string }> {
  const { url, setupLink } = await server();
  const code = new URL(setupLink ?? '').searchParams.get('code');
  const session = await clientOf(url, {}).post('/v1/setup', { ...OWNER, code });
  const workspaceId = session.json.workspaces[0].id as string;
  const api = clientOf(url, { cookie: cookieOf(session), 'keyrail-workspace': workspaceId });
  const credentials = { api_key: 'fake-key-good-0001' };
  const connected = await api.post('/v1/connections', { integration: 'finder', credentials });
  if (connected.status !== 201) throw new Error(connected.text);
  const { tableId, columnId } = await makeTable(workspaceId, action, rows);
  const run = await api.post(`/v1/tables/${tableId}/columns/${columnId}/runs`, { scope: 'all' });
  if (run.status !== 201) throw new Error(run.text);
  return { run: run.json.id };
}

/** Written directly: this is about what happens to it. */
async function makeTable(workspaceId: string, action: string, rows: number) {
  const tableId = newId<string>('tbl');
  const [nameId, columnId] = [newId<string>('col'), newId<string>('col')];
  const rowIds = Array.from({ length: rows }, () => newId<string>('row'));
  const { system } = database.db;
  const column = {
    integration: 'finder',
    action,
    connection_id: null,
    inputs: { name: { kind: 'column', column_id: nameId } },
    outputs: {},
  };
  await sql`insert into tables (id, workspace_id, name, row_count, next_position, next_column_key)
    values (${tableId}, ${workspaceId}, 'People', ${rows}, ${rows}, 3)`.execute(system);
  await sql`insert into columns (id, workspace_id, table_id, key, name, type, position, action) values
    (${nameId}, ${workspaceId}, ${tableId}, 1, 'Name', 'text', 0, null),
    (${columnId}, ${workspaceId}, ${tableId}, 2, 'Email', 'action', 1, ${JSON.stringify(column)}::jsonb)`.execute(
    system,
  );
  await sql`insert into table_rows (position, workspace_id, table_id, id, values)
    select n - 1, ${workspaceId}, ${tableId}, id, jsonb_build_object('1', 'n' || (n - 1))
    from unnest(${rowIds}::text[]) with ordinality as made (id, n)`.execute(system);
  return { tableId, columnId };
}

async function until(is: () => Promise<boolean>, withinMs = 90_000): Promise<void> {
  const endAt = Date.now() + withinMs;
  while (!(await is())) {
    if (Date.now() > endAt)
      throw new Error(`not reached; the servers said: ${servers.map((one) => one.said()).join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** In the middle of one it would hold its run until the database ends that, after two minutes. */
async function stopBetweenTransactions(pid: number): Promise<void> {
  const inState = async (state: string) =>
    (
      await sql`select from pg_stat_activity where datname = current_database() and application_name = 'keyrail'
        and pid <> pg_backend_pid() and state like ${state}`.execute(database.db.system)
    ).rows.length;
  for (;;) {
    process.kill(pid, 'SIGSTOP');
    await until(async () => (await inState('active')) === 0);
    if ((await inState('idle in transaction%')) === 0) return;
    process.kill(pid, 'SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function countOf(run: string, state: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from action_cells
    where run_id = ${run} and state = ${state}`.execute(database.db.system);
  return rows[0]?.count ?? 0;
}

async function polling(run: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::int as count from action_cells
    where run_id = ${run} and state = 'running' and poll is not null`.execute(database.db.system);
  return rows[0]?.count ?? 0;
}

async function rowsIn(run: string, state: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select r.values ->> '1' as name
    from action_cells c join table_rows r on r.id = c.row_id and r.table_id = c.table_id
    where c.run_id = ${run} and c.state = ${state}`.execute(database.db.system);
  return rows.map((row) => row.name);
}

async function countersOf(run: string): Promise<Record<string, number>> {
  const { rows } = await sql<
    Record<string, number>
  >`select done, unknown, running, calls from runs where id = ${run}`.execute(database.db.system);
  return rows[0] ?? {};
}

async function stateOf(run: string): Promise<string> {
  const { rows } = await sql<{ state: string }>`select state from runs where id = ${run}`.execute(
    database.db.system,
  );
  return rows[0]?.state ?? '';
}

/** The process that works on the run: there is one server at that time. */
async function holder(run: string): Promise<{ pid: number; generation: number }> {
  const { rows } = await sql<{ generation: number }>`select generation from runs where id = ${run}`.execute(
    database.db.system,
  );
  return { pid: servers[0]?.pid ?? 0, generation: rows[0]?.generation ?? 0 };
}

/** Beside `find`: not to be repeated, and submitted first. */
const send = {
  ...find,
  name: 'send',
  label: 'Send',
  primary: false,
  request: { method: 'POST', path: '/send', query: { name: '{name}' } },
  repeatable: false,
};
const ask = {
  ...send,
  name: 'ask',
  label: 'Ask',
  request: { method: 'POST', path: '/jobs', query: { name: '{name}' } },
  poll: {
    id: 'id',
    request: { method: 'GET', path: '/jobs/{job_id}', query: { name: '{name}' } },
    done: { body: { path: 'status', equals: 'done' } },
    running: { body: { path: 'status', equals: 'busy' } },
    first_wait_seconds: 0.5,
    every_seconds: 0.5,
    give_up_seconds: 60,
  },
};
