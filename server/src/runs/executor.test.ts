import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { queries } from '../db/open.ts';
import { newId } from '../lib/id.ts';
import type { Tx } from '../lib/tx.ts';
import { rowAccess } from '../tables/tables.ts';
import { connectionHealed } from './commands.ts';
import { cellsSource } from './store/cell-view-store.ts';
import { dueRuns } from './store/lease-store.ts';
import { createWorld, found, usable, type World, type WorldOptions } from './under-test.ts';

let database: TestDatabase;
let world: World;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());
afterEach(() => world.close());

async function build(options: Partial<WorldOptions> = {}): Promise<World> {
  world = await createWorld(database, {
    rows: 40,
    answer: (name, _request, response) => response.end(found(name)),
    ...options,
  });
  return world;
}

const start = (more: object = {}) =>
  world.runs.start(world.who, world.tableId, world.columnId, { scope: 'all', ...more });
const json = (body: unknown) => JSON.stringify(body);

test('a run calls once for each row, stores every value, and is over', async () => {
  await build();
  world.executor().start();
  const run = await start();
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cells()).toEqual({ done: 40 });
  expect([...world.callsOf.values()].every((calls) => calls === 1)).toBe(true);
  expect(await world.cell(7)).toMatchObject({ value: 'n7@example.com', message: null });
  const ended = await world.runs.get(world.who, run.id);
  expect(ended).toMatchObject({ total: 40, calls: 40, isSettled: true });
  expect(ended.counts).toMatchObject({ done: 40, queued: 0, running: 0 });
});

test('outputs go to their columns, and the detail of a cell holds the raw answer without the key', async () => {
  await build({
    rows: 3,
    answer: (name, request, response) =>
      response.end(
        json({ data: { email: `${name}@example.com`, score: 7 }, echo: request.headers['x-api-key'] }),
      ),
  });
  world.executor().start();
  const run = await start();
  await world.until(run.id, ({ state }) => state === 'done');
  const rows = await database.db.transact(world.who.workspaceId, (tx) =>
    rowsOf(tx, world.who.workspaceId, world.tableId, world.rowIds),
  );
  expect(rows.map((row) => row.values[world.outputColumnId])).toEqual([7, 7, 7]);
  const cell = await world.runs.cell(world.who, world.tableId, world.rowIds[0] ?? '', world.columnId);
  expect(cell.trace).toMatchObject({ response_status: 200, request: { method: 'GET', path: '/find' } });
  expect(cell.body).toContain('n0@example.com');
  expect(cell.body).not.toContain('fake-key-good-0001');
});

test('a second run of a column is refused while one is not over, naming it', async () => {
  await build();
  const run = await start();
  await expect(start()).rejects.toMatchObject({ code: 'conflict', extra: { run_id: run.id } });
});

test('scopes take what they say: the first rows, errors alone, empty ones alone, all but what is done', async () => {
  const failing = new Set(['n1', 'n3']);
  await build({
    rows: 6,
    answer: (name, _request, response) => {
      if (failing.has(name)) response.writeHead(422).end(json({ message: 'odd name' }));
      else response.end(found(name));
    },
  });
  world.executor().start();
  const finish = async (more: object) => {
    const run = await start(more);
    await world.until(run.id, ({ state }) => state === 'done');
    return (await world.runs.get(world.who, run.id)).total;
  };
  expect(await finish({ scope: 'first', limit: 4 })).toBe(4);
  expect(await world.cells()).toEqual({ done: 2, error: 2 });
  expect(await finish({ scope: 'only_empty' })).toBe(2);
  failing.clear();
  expect(await finish({ scope: 'only_errors' })).toBe(2);
  expect(await finish({ scope: 'all' })).toBe(0);
  expect(await finish({ scope: 'selected', row_ids: [world.rowIds[0]] })).toBe(1);
  expect(await finish({ scope: 'forced' })).toBe(6);
  expect(await world.cells()).toEqual({ done: 6 });
});

test('a row without what the action needs is skipped and costs no call', async () => {
  await build({ rows: 4 });
  await blankName(2);
  world.executor().start();
  const run = await start();
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cell(2)).toMatchObject({ state: 'skipped', message: 'Missing: Name.' });
  expect((await world.runs.get(world.who, run.id)).calls).toBe(3);
});

test('the cap ends a run: no more calls than allowed, the rest is over budget', async () => {
  await build();
  world.executor().start();
  const run = await start({ max_calls: 12 });
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cells()).toEqual({ done: 12, over_budget: 28 });
  expect(world.upstream.requests.length).toBe(12);
});

test('what a person paused stays paused for every executor, and goes on when resumed', async () => {
  await build({
    rows: 200,
    answer: (name, _request, response) => void setTimeout(() => response.end(found(name)), 20),
  });
  const first = world.executor();
  first.start();
  const run = await start();
  await world.until(run.id, ({ counts }) => counts.done >= 20);
  await world.runs.pause(world.who, run.id);
  await world.until(run.id, ({ counts }) => counts.running === 0);
  await first.stop();
  const second = world.executor({ owner: 'two' });
  second.start();
  const calls = world.upstream.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(world.upstream.requests.length).toBe(calls);
  expect((await world.runs.get(world.who, run.id)).state).toBe('paused');
  await world.runs.resume(world.who, run.id);
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cells()).toEqual({ done: 200 });
  expect([...world.callsOf.values()].every((count) => count === 1)).toBe(true);
});

test('a cancel stops at once: queued cells are empty again, answers in flight are stored', async () => {
  const held: (() => void)[] = [];
  await build({
    rows: 100,
    answer: (name, _request, response) =>
      void (name < 'n2' ? response.end(found(name)) : held.push(() => response.end(found(name)))),
  });
  // Every slot is taken: nothing begins before an answer comes.
  world.executor().start();
  const run = await start();
  await world.until(run.id, () => held.length === 20);
  const calls = world.upstream.requests.length;
  const cancelled = await world.runs.cancel(world.who, run.id);
  expect(cancelled.state).toBe('cancelled');
  expect(cancelled.counts.queued).toBe(0);
  for (const answer of held) answer();
  await world.until(run.id, ({ isSettled }) => isSettled);
  expect(world.upstream.requests.length).toBe(calls);
  expect(await world.cells()).toEqual({ done: calls });
});

test('a cancelled forced run gives cells back what they were', async () => {
  await build({
    rows: 30,
    answer: (name, _request, response, call) => void (call === 1 ? response.end(found(name)) : 0),
  });
  world.executor({ perRun: 3 }).start();
  const first = await start();
  await world.until(first.id, ({ state }) => state === 'done');
  const second = await start({ scope: 'forced' });
  await world.until(second.id, ({ counts }) => counts.running >= 3);
  await world.runs.cancel(world.who, second.id);
  const cells = await world.cells();
  expect((cells.done ?? 0) + (cells.running ?? 0)).toBe(30);
  expect(cells.done).toBeGreaterThanOrEqual(24);
  expect(await world.cell(29)).toMatchObject({ state: 'done', value: 'n29@example.com' });
});

test('without a connection every cell fails with what to do, and nothing is called', async () => {
  await build();
  world.connection.resolved = { kind: 'missing', because: 'none' };
  world.executor().start();
  const run = await start();
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cells()).toEqual({ error: 40 });
  expect(await world.cell(0)).toMatchObject({ message: 'There is no connection to Finder.' });
  expect(world.upstream.requests).toEqual([]);
});

test('a refused key does not burn through the rows: three calls, the rest waits, and goes on after a reconnect', async () => {
  let isGood = false;
  await build({
    answer: (name, _request, response) =>
      void (isGood ? response.end(found(name)) : response.writeHead(401).end('{}')),
  });
  world.executor().start();
  const run = await start();
  await world.until(
    run.id,
    ({ state, counts }) => state === 'waiting' && counts.queued === 0 && counts.running === 0,
  );
  expect(await world.cells()).toEqual({ waiting_for_connection: 40 });
  expect(world.upstream.requests.length).toBeLessThanOrEqual(3);
  isGood = true;
  await connectionHealed({ transact: database.db.transact }, world.who.workspaceId, 'finder');
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cells()).toEqual({ done: 40 });
});

test('a connection known to be broken is not called at all', async () => {
  await build();
  world.connection.resolved = {
    kind: 'broken',
    connectionId: 'con_00000000000000000000000001' as never,
    name: 'Finder',
    status: 'invalid',
    reason: 'Finder did not accept this key.',
  };
  world.executor().start();
  const run = await start();
  await world.until(run.id, ({ counts }) => counts.waiting_for_connection === 40);
  expect((await world.runs.get(world.who, run.id)).message).toBe('Finder did not accept this key.');
  expect(world.upstream.requests).toEqual([]);
  world.connection.resolved = usable(world.who.workspaceId, 'finder');
  await connectionHealed({ transact: database.db.transact }, world.who.workspaceId, 'finder');
  await world.until(run.id, ({ state }) => state === 'done');
});

test('out of credits in the middle: the rest waits, tries with a few, and goes on after a top-up', async () => {
  let credits = 10;
  await build({
    answer: (name, _request, response) =>
      void (credits-- > 0
        ? response.end(found(name))
        : response.writeHead(402).end(json({ message: 'no credits' }))),
  });
  world.executor({ perRun: 5 }).start();
  const run = await start();
  await world.until(
    run.id,
    ({ state, counts }) => state === 'waiting' && counts.running === 0 && counts.queued === 0,
  );
  expect(await world.cells()).toEqual({ done: 10, out_of_credits: 30 });
  expect((await world.runs.get(world.who, run.id)).message).toBe('Out of credits at Finder.');
  const before = world.upstream.requests.length;
  await world.runs.resume(world.who, run.id);
  await world.until(
    run.id,
    ({ waits, counts }) => waits === 2 && counts.queued === 0 && counts.running === 0,
  );
  expect(world.upstream.requests.length - before).toBeLessThanOrEqual(3);
  credits = 1_000;
  await world.runs.resume(world.who, run.id);
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cells()).toEqual({ done: 40 });
});

test('a throttled call waits and is made again; no row is called more often than it was throttled', async () => {
  let throttled = 0;
  await build({
    answer: (name, _request, response, call) => {
      if (call === 1 && throttled < 5) {
        throttled += 1;
        response.writeHead(429, { 'retry-after': '1' }).end('{}');
      } else response.end(found(name));
    },
  });
  // What waits for the pause does not wait for the next sign of life, which is half a minute away.
  world.executor({ perRun: 5, leaseMs: 120_000 }).start();
  const run = await start();
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cells()).toEqual({ done: 40 });
  expect(world.upstream.requests.length).toBe(45);
});

test('two executors on one database: each row is called once', async () => {
  await build({
    rows: 300,
    answer: (name, _request, response) => void setTimeout(() => response.end(found(name)), 5),
  });
  world.executor({ owner: 'one' }).start();
  world.executor({ owner: 'two' }).start();
  const run = await start();
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cells()).toEqual({ done: 300 });
  expect([...world.callsOf.values()].every((count) => count === 1)).toBe(true);
});

test('an executor that stops gives the run back, and another goes on without calling anything twice', async () => {
  await build({
    rows: 300,
    answer: (name, _request, response) => void setTimeout(() => response.end(found(name)), 20),
  });
  const first = world.executor({ owner: 'one', drainMs: 30_000 });
  first.start();
  const run = await start();
  await world.until(run.id, ({ counts }) => counts.done >= 40);
  await first.stop();
  world.executor({ owner: 'two' }).start();
  await world.until(run.id, ({ state }) => state === 'done');
  expect(await world.cells()).toEqual({ done: 300 });
  expect([...world.callsOf.values()].every((count) => count === 1)).toBe(true);
});

test('a run that waits for a provider is given back by an executor that stops, before its next sign of life', async () => {
  await build({
    rows: 5,
    answer: (_name, _request, response) => response.writeHead(429, { 'retry-after': '300' }).end('{}'),
  });
  const executor = world.executor({ leaseMs: 3_600_000 });
  executor.start();
  const run = await start();
  await world.until(run.id, ({ message }) => message !== null);
  await executor.stop();
  expect((await dueRuns(database.db.system, 100)).map(({ runId }) => runId)).toContain(run.id);
});

test('rows deleted during a run leave no cells, and the run ends', async () => {
  await build({
    rows: 100,
    answer: (name, _request, response) => void setTimeout(() => response.end(found(name)), 10),
  });
  world.executor({ perRun: 5 }).start();
  const run = await start();
  await world.until(run.id, ({ counts }) => counts.done >= 5);
  await deleteRowsFrom(50);
  await world.until(run.id, ({ state }) => state === 'done');
  const cells = await world.cells();
  expect(cells).toEqual({ done: cells.done });
  expect(cells.done).toBeLessThanOrEqual(60);
});

test('an answer with characters PostgreSQL cannot store loses nothing but them', async () => {
  await build({
    rows: 2,
    answer: (_name, _request, response) => response.end('{"data":{"email":"a\\u0000b\\ud800@example.com"}}'),
  });
  world.executor().start();
  const run = await start();
  await world.until(run.id, ({ state }) => state === 'done');
  expect((await world.cell(0))?.value).toBe('ab\uFFFD@example.com');
});

async function rowsOf(tx: Tx, workspaceId: string, tableId: string, ids: string[]) {
  return rowAccess({ cells: cellsSource }).readRows(tx, workspaceId, tableId, ids);
}

async function blankName(index: number): Promise<void> {
  await sql`update table_rows set values = '{}' where id = ${world.rowIds[index]}`.execute(
    database.db.system,
  );
}

async function deleteRowsFrom(index: number): Promise<void> {
  await database.db.transact(world.who.workspaceId, (tx) =>
    sql`delete from table_rows where table_id = ${world.tableId} and position >= ${index}`.execute(
      queries(tx),
    ),
  );
}

test('a new value makes the cells stale that were made with the old one, and the same value none', async () => {
  let domain = 'example.com';
  await build({
    rows: 4,
    answer: (name, _request, response) => response.end(json({ data: { email: `${name}@${domain}` } })),
  });
  const dependent = await addDependent();
  world.executor().start();
  const finish = async (columnId: typeof world.columnId, more: object) => {
    const run = await world.runs.start(world.who, world.tableId, columnId, { scope: 'all', ...more });
    await world.until(run.id, ({ state }) => state === 'done');
  };
  await finish(world.columnId, {});
  await finish(dependent, {});
  expect(await statesOf(dependent)).toEqual(['done']);
  expect(world.callsOf.get('n0@example.com')).toBe(1);
  await finish(world.columnId, { scope: 'forced' });
  expect(await statesOf(dependent)).toEqual(['done']);
  domain = 'example.org';
  await finish(world.columnId, { scope: 'forced' });
  expect(await statesOf(dependent)).toEqual(['stale']);
  await finish(dependent, {});
  expect(world.callsOf.get('n0@example.org')).toBe(1);
});

/** Another action column that takes what the first one finds. */
async function addDependent(): Promise<typeof world.columnId> {
  const id = newId<typeof world.columnId>('col');
  const inputs = { name: { kind: 'column', column_id: world.columnId } };
  const action = { integration: 'finder', action: 'find', connection_id: null, inputs, outputs: {} };
  await sql`insert into columns (id, workspace_id, table_id, key, name, type, position, action)
    values (${id}, ${world.who.workspaceId}, ${world.tableId}, 4, 'Again', 'action', 3, ${JSON.stringify(action)}::jsonb)`.execute(
    database.db.system,
  );
  return id;
}

async function statesOf(columnId: string): Promise<string[]> {
  const { rows } = await sql<{ state: string }>`
    select distinct state from action_cells where column_id = ${columnId}`.execute(database.db.system);
  return rows.map((row) => row.state);
}

test('a job that was given up is asked for again by the same cell, and only a forced run submits it anew', async () => {
  const asked: string[] = [];
  let jobs = 0;
  await build({
    rows: 1,
    action: {
      request: { method: 'POST', path: '/jobs', query: { name: '{name}' } },
      repeatable: false,
      poll: {
        id: 'id',
        request: { method: 'GET', path: '/jobs/{job_id}' },
        done: { body: { path: 'status', equals: 'done' } },
        running: { body: { path: 'status', equals: 'busy' } },
        first_wait_seconds: 0.1,
        every_seconds: 60,
        give_up_seconds: 1,
      },
    },
    answer: (_name, request, response) => {
      asked.push(`${request.method} ${request.url?.replace(/\?.*/, '')}`);
      response.end(json(request.method === 'POST' ? { id: ++jobs } : { status: 'busy' }));
    },
  });
  world.executor().start();
  const finish = async (more: object) => {
    const run = await start(more);
    await world.until(run.id, ({ state }) => state === 'done');
    return asked.splice(0);
  };
  expect(await finish({})).toEqual(['POST /jobs', 'GET /jobs/1']);
  expect(await world.cell(0)).toMatchObject({ state: 'unknown' });
  expect(await finish({ scope: 'selected', row_ids: [world.rowIds[0]] })).toEqual(['GET /jobs/1']);
  const broken = { status: 'invalid', reason: 'Finder did not accept this key.' } as const;
  const connectionId = 'con_00000000000000000000000001' as never;
  world.connection.resolved = { kind: 'broken', connectionId, name: 'Finder', ...broken };
  const forced = await start({ scope: 'forced' });
  await world.until(forced.id, ({ state }) => state === 'waiting');
  await world.runs.cancel(world.who, forced.id);
  await world.until(forced.id, ({ isSettled }) => isSettled);
  world.connection.resolved = usable(world.who.workspaceId, 'finder');
  // Cancelled before the cell's turn, it has not forgotten the job either.
  expect(await finish({ scope: 'only_errors' })).toEqual(['GET /jobs/1']);
  expect(await finish({ scope: 'forced' })).toEqual(['POST /jobs', 'GET /jobs/2']);
  expect(await finish({ scope: 'all' })).toEqual(['GET /jobs/2']);
});
