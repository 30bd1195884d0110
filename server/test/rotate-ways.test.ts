import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf, startApp, type TestApp } from './app.ts';
import { type Change, preloaded } from './chaos/altered.ts';
import { type ManyWays, startManyWays, WAYS, type Way, type WayName } from './many-ways.ts';
import { startServer } from './server-process.ts';
import { until } from './until.ts';

/**
 * Credentials of every method are replaced through two servers while they are used, checked and made into tokens, and the
 * provider takes the old ones no more at once; and by servers that are killed at a step of it.
 */
const home = mkdtempSync(join(tmpdir(), 'keyrail-ways-'));
const keyFile = join(home, 'master.key');
let provider: ManyWays;
let settings: Record<string, string>;
let one: TestApp;
let other: TestApp;

beforeAll(async () => {
  // None ends while it is used: tokens are made anew since their credentials are.
  provider = await startManyWays({ answerMs: 2 });
  for (const [name, text] of Object.entries(provider.files)) writeFileSync(join(home, name), text);
  settings = { KEYRAIL_CATALOG_DIR: home, KEYRAIL_ALLOWED_PRIVATE_HOSTS: provider.hosts };
  one = await startApp({ settings, keyFile });
  other = await startApp({ settings, keyFile, database: one.database });
});
afterAll(async () => {
  await other.close();
  await one.close();
  await provider.close();
  rmSync(home, { recursive: true, force: true });
});

const wayOf = (name: WayName) => provider.ways.find((way) => way.name === name) as Way;

async function connected({ slug }: Way, credentials: Record<string, string>): Promise<string> {
  const made = await one.owner.post('/v1/connections', { integration: slug, credentials });
  expect(made.status, made.text).toBe(201);
  return made.json.id;
}

test.each(WAYS)(
  'credentials by %s are replaced while they are used and checked: no call and no check fails',
  async (name) => {
    const way = wayOf(name);
    let current = way.make();
    const id = await connected(way, current);
    const failed: string[] = [];
    let isOver = false;
    const users = [one, other].map(async ({ owner }, at) => {
      for (let n = at; !isOver; n += 1) {
        const answer =
          n % 5 === 0
            ? await owner.post(`/v1/connections/${id}/verify`)
            : await owner.get(`/v1/proxy/${id}/find?name=n`);
        const isGood = answer.status === 200 && (answer.json.verdict?.kind ?? 'ok') === 'ok';
        if (!isGood) failed.push(`${answer.status} ${answer.text}`);
      }
    });
    for (let turn = 0; turn < 3; turn += 1) {
      const [before, next] = [current, way.make()];
      const { owner } = turn % 2 === 0 ? one : other;
      const answer = await owner.patch(`/v1/connections/${id}`, { credentials: next });
      expect(answer.status, answer.text).toBe(200);
      way.revoke(before);
      current = next;
      await sleep(50);
    }
    isOver = true;
    await Promise.all(users);
    expect(failed).toEqual([]);
    expect((await one.owner.get(`/v1/connections/${id}`)).json.status).toBe('connected');
  },
);

test('a run goes through three replacements of its client secret without a cell that failed', async () => {
  const way = wayOf('client_credentials');
  let current = way.make();
  const id = await connected(way, current);
  const { owner } = one;
  const table = (await owner.post('/v1/tables', { name: 'People' })).json.id;
  const named = await owner.post(`/v1/tables/${table}/columns`, { name: 'Name', type: 'text' });
  const column = await owner.post(`/v1/tables/${table}/columns`, {
    name: 'Email',
    type: 'action',
    action: {
      integration: way.slug,
      action: 'find',
      connection_id: id,
      inputs: { name: { kind: 'column', column_id: named.json.id } },
      outputs: {},
    },
  });
  const rows = Array.from({ length: 200 }, (_, n) => ({ values: { [named.json.id]: `n${n}` } }));
  const filled = await owner.post(`/v1/tables/${table}/rows`, { rows });
  expect(filled.status, filled.text).toBe(201);
  const path = `/v1/tables/${table}/columns/${column.json.id}/runs`;
  const run = await owner.post(path, { scope: 'all' });
  expect(run.status, run.text).toBe(201);
  for (let turn = 0; turn < 3; turn += 1) {
    const [before, next] = [current, way.make()];
    const answer = await other.owner.patch(`/v1/connections/${id}`, { credentials: next });
    expect(answer.status, answer.text).toBe(200);
    way.revoke(before);
    current = next;
    await sleep(60);
  }
  let now = run.json;
  await until(async () => {
    now = (await owner.get(`/v1/runs/${run.json.id}`)).json;
    return now.state === 'done';
  });
  expect(now).toMatchObject({ state: 'done', counts: { done: 200 } });
});

test('two who replace or roll back at once, through two servers, leave one current and one before it, whoever comes last', async () => {
  const way = wayOf('api_key');
  const id = await connected(way, way.make());
  const [first, second] = [way.make(), way.make()];
  const at = { 'if-match': '"1"' };
  const stale = await Promise.all(
    [one, other].map(({ owner }, n) =>
      owner.patch(`/v1/connections/${id}`, { credentials: n === 0 ? first : second }, at),
    ),
  );
  expect(stale.map(({ status }) => status).sort()).toEqual([200, 412]);
  const next = way.make();
  const [back, replaced] = await Promise.all([
    one.owner.post(`/v1/connections/${id}/rollback`),
    other.owner.patch(`/v1/connections/${id}`, { credentials: next }),
  ]);
  expect(replaced.status).toBe(200);
  expect([200, 409]).toContain(back.status);
  const both = await Promise.all(
    [one, other].map(({ owner }) => owner.patch(`/v1/connections/${id}`, { credentials: way.make() })),
  );
  expect(both.map(({ status }) => status)).toEqual([200, 200]);
  expect(await statesOf(id)).toEqual({ current: 1, previous: 1 });
  for (const { owner } of [one, other]) expect((await owner.get(`/v1/proxy/${id}/me`)).status).toBe(200);
});

const KILL = "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});";
const before = (room: string, text: string): Change => ({ room, text, by: `${KILL}\n${text}` });
/** Where a server dies in the middle of it, and whether the new ones are there then. */
const STEPS: readonly { step: string; change: Change; isNew: boolean }[] = [
  {
    step: 'after the check, before anything is written',
    change: before('connections', 'await storeAsCurrent(deps, who, id, accepted.entered.values,'),
    isNew: false,
  },
  {
    step: 'when the old ones have stepped back and the new ones are not there yet',
    change: before('connections', 'await insertCurrent(tx, before, stored,'),
    isNew: false,
  },
  {
    step: 'when it is written and nobody was answered',
    change: { room: 'connections', text: 'if (isStored) return;', by: `if (isStored) { ${KILL} }` },
    isNew: true,
  },
];

test('a server killed in the middle of a replacement leaves all of the old credentials or all of the new ones', async () => {
  const way = wayOf('client_credentials');
  const token = await one.token(['connections:write', 'connections:use']);
  await Promise.all(
    STEPS.map(async ({ step, change, isNew }, n) => {
      const [old, next] = [way.make(), way.make()];
      const made = await one.owner.post('/v1/connections', {
        integration: way.slug,
        name: step,
        credentials: old,
      });
      const { id } = made.json;
      const doomed = startServer({
        ...settings,
        ...preloaded([change], null),
        HOME: home,
        DATABASE_URL: one.database.url,
        KEYRAIL_DATA_DIR: join(home, `data ${n}`),
        KEYRAIL_MASTER_KEY_FILE: keyFile,
        KEYRAIL_ROLE: 'api',
      });
      const client = clientOf(await doomed.url(), token.headers);
      const answered = await client
        .patch(`/v1/connections/${id}`, { credentials: next })
        .catch(() => 'killed');
      expect([step, answered]).toEqual([step, 'killed']);
      way.revoke(isNew ? old : next);
      const after = (await one.owner.get(`/v1/connections/${id}`)).json;
      expect([step, after.version]).toEqual([step, isNew ? 2 : 1]);
      expect(await statesOf(id)).toEqual(isNew ? { current: 1, previous: 1 } : { current: 1 });
      for (const { owner } of [one, other]) {
        const called = await owner.get(`/v1/proxy/${id}/me`);
        expect([step, called.status]).toEqual([step, 200]);
      }
    }),
  );
});

async function statesOf(id: string): Promise<Record<string, number>> {
  const { rows } = await one.database.db.systemPool.query(
    'select state, count(*)::int as count from credentials where connection_id = $1 and sealed is not null group by state',
    [id],
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}
