import type { TokenId } from '@keyrail/contract/ids';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Who } from '../workspaces/who.ts';
import { type Answering, createWorld, found, type World } from './under-test.ts';

let database: TestDatabase;
let world: World;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());
afterEach(() => world.close());

const ROWS = 1_000;
const slowly: Answering = (name, _request, response) => void setTimeout(() => response.end(found(name)), 20);

async function build(answer: Answering = slowly, rows = ROWS): Promise<void> {
  world = await createWorld(database, { rows, answer });
}

const start = (who: Who = world.who, scope: 'all' | 'forced' = 'all') =>
  world.runs.start(who, world.tableId, world.columnId, { scope });
const demote = () =>
  sql`update members set role = 'viewer' where user_id = ${world.who.userId}`.execute(database.db.system);
const demoted = 'Stopped: Ada may no longer run actions here.';

/** The run ends before its rows do; from then on the provider hears nothing. Returns the calls there were. */
async function expectStopped(runId: string, message: string): Promise<number> {
  await world.until(runId, ({ state, isSettled }) => state === 'cancelled' && isSettled);
  const calls = world.upstream.requests.length;
  expect(calls).toBeLessThan(ROWS);
  const run = await world.runs.get(world.who, runId);
  expect(run).toMatchObject({ message, counts: { queued: 0, running: 0 } });
  expect(run.finishedAt).not.toBeNull();
  await systemClock.sleep(200);
  expect(world.upstream.requests.length).toBe(calls);
  return calls;
}

test('a run ends when the token that started it is revoked, and what had not begun is empty again', async () => {
  await build();
  world.executor({ perRun: 5 }).start();
  const who = await withToken();
  const run = await start(who);
  await world.until(run.id, ({ counts }) => counts.done >= 20);
  await sql`delete from api_tokens where id = ${who.tokenId}`.execute(database.db.system);
  const calls = await expectStopped(run.id, 'Stopped: the token that started this run was revoked.');
  expect(await world.cells()).toEqual({ done: calls });
});

test('a run ends when its maker is demoted below editor, and what had not begun is what it was before', async () => {
  let isSlow = false;
  await build((name, request, response, call) =>
    isSlow ? slowly(name, request, response, call) : response.end(found(name)),
  );
  world.executor({ perRun: 5 }).start();
  const first = await start();
  await world.until(first.id, ({ state }) => state === 'done');
  isSlow = true;
  world.upstream.requests.length = 0;
  const run = await start(world.who, 'forced');
  await world.until(run.id, ({ counts }) => counts.done >= 20);
  await demote();
  await expectStopped(run.id, demoted);
  expect(await world.cells()).toEqual({ done: ROWS });
  expect(await world.cell(ROWS - 1)).toMatchObject({ value: `n${ROWS - 1}@example.com`, message: null });
  const { rows } = await sql`select actor_kind, detail from audit_entries
    where action = 'run.cancelled' and subject_id = ${run.id}`.execute(database.db.system);
  expect(rows).toEqual([{ actor_kind: 'keyrail', detail: { because: demoted } }]);
});

test('a run whose maker was deleted ends', async () => {
  await build();
  world.executor({ perRun: 5 }).start();
  const run = await start();
  await world.until(run.id, ({ counts }) => counts.done >= 20);
  await sql`delete from users where id = ${world.who.userId}`.execute(database.db.system);
  await expectStopped(run.id, demoted);
});

test('a run whose right is gone before anybody took it sends nothing', async () => {
  await build(slowly, 10);
  const run = await start(await withToken({ expiresAt: '2020-01-01T00:00:00Z' }));
  world.executor().start();
  expect(await expectStopped(run.id, 'Stopped: the token that started this run has expired.')).toBe(0);
  expect(await world.cells()).toEqual({});
});

test('a paused run whose maker was demoted sends nothing when another resumes it', async () => {
  await build();
  world.executor({ perRun: 5 }).start();
  const run = await start();
  await world.until(run.id, ({ counts }) => counts.done >= 20);
  await world.runs.pause(world.who, run.id);
  await world.until(run.id, ({ counts }) => counts.running === 0);
  const calls = world.upstream.requests.length;
  await demote();
  await world.runs.resume(world.who, run.id);
  expect(await expectStopped(run.id, demoted)).toBe(calls);
});

test('behind a slow answer nothing begins on a right that was looked at long ago', async () => {
  const held: (() => void)[] = [];
  await build((name, _request, response) => void held.push(() => response.end(found(name))), 40);
  world.executor({ perRun: 3, leaseMs: 60_000 }).start();
  const run = await start();
  await world.until(run.id, () => held.length === 3);
  await demote();
  await systemClock.sleep(2_100);
  for (const answer of held) answer();
  expect(await expectStopped(run.id, demoted)).toBe(3);
  expect(await world.cells()).toEqual({ done: 3 });
});

async function withToken({ expiresAt = null }: { expiresAt?: string | null } = {}): Promise<Who> {
  const { workspaceId, userId } = world.who;
  const tokenId = newId<TokenId>('tok');
  await sql`insert into api_tokens (id, workspace_id, name, token_hash, hint, role, scopes, created_by, created_at, expires_at)
    values (${tokenId}, ${workspaceId}, 'CI', ${Buffer.from(tokenId)}, 'kr_…', 'editor',
      ${['runs:write', 'connections:use']}::text[], ${userId}, now(), ${expiresAt}::timestamptz)`.execute(
    database.db.system,
  );
  return { ...world.who, tokenId, label: 'token CI' };
}
