import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Client, clientOf, startApp, type TestApp } from './app.ts';
import { finder } from './finder.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { until } from './until.ts';

/** A key is replaced while others use it: two servers on one database, and one that is killed at any moment. */
const home = mkdtempSync(join(tmpdir(), 'keyrail-rotate-'));
const keyFile = join(home, 'master.key');
let provider: Server;
let one: TestApp;
let other: TestApp;
let settings: Record<string, string>;
/** What the provider takes, and what it refused. */
let valid: Set<string>;
let refused: number;
let keys = 0;

beforeAll(async () => {
  provider = createServer((request, response) => {
    const isTaken = valid.has(String(request.headers['x-api-key']));
    if (!isTaken) refused += 1;
    request.resume();
    request.once('end', () => response.writeHead(isTaken ? 200 : 401).end('{"data":{}}'));
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const { port } = provider.address() as AddressInfo;
  const probe = { request: { method: 'GET', path: '/me' } };
  writeFileSync(join(home, 'finder.yaml'), JSON.stringify({ ...finder(`http://127.0.0.1:${port}`), probe }));
  settings = { KEYRAIL_CATALOG_DIR: home, KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}` };
  one = await startApp({ settings, keyFile });
  other = await startApp({ settings, keyFile, database: one.database });
});
afterAll(async () => {
  await other.close();
  await one.close();
  provider.closeAllConnections();
  provider.close();
  rmSync(home, { recursive: true, force: true });
});
beforeEach(() => {
  valid = new Set();
  refused = 0;
});

function newKey(): string {
  keys += 1;
  const key = `fake-key-good-${String(keys).padStart(4, '0')}`;
  valid.add(key);
  return key;
}

async function connected(): Promise<string> {
  const made = await one.owner.post('/v1/connections', {
    integration: 'finder',
    credentials: { api_key: newKey() },
  });
  expect(made.status, made.text).toBe(201);
  return made.json.id;
}

/** Calls through both servers without a pause until `work` is over, which is told how many there were; what was not answered 200. */
async function failedDuring(id: string, work: (calls: () => number) => Promise<void>): Promise<string[]> {
  const failed: string[] = [];
  let [calls, isOver] = [0, false];
  const caller = async (app: TestApp, method: string) => {
    const client = await app.token(['connections:use']);
    while (!isOver) {
      const body = method === 'POST' ? { calls } : undefined;
      const answer = await client.request(method, `/v1/proxy/${id}/find`, body);
      calls += 1;
      if (answer.status !== 200) failed.push(`${answer.status} ${answer.text}`);
    }
  };
  const callers = [one, other].flatMap((app) => ['GET', 'POST'].map((method) => caller(app, method)));
  try {
    await work(() => calls);
  } finally {
    isOver = true;
    await Promise.all(callers);
  }
  return failed;
}

test('a key replaced through either of two servers, and withdrawn at the provider at once, fails no call through the other', async () => {
  const id = await connected();
  const failed = await failedDuring(id, async (calls) => {
    for (let turn = 0; turn < 8; turn += 1) {
      const [before, callsBefore] = [[...valid], calls()];
      await until(() => calls() > callsBefore + 4);
      const replaced = await (turn % 2 === 0 ? one : other).owner.patch(`/v1/connections/${id}`, {
        credentials: { api_key: newKey() },
      });
      expect(replaced.status, replaced.text).toBe(200);
      for (const key of before) valid.delete(key);
    }
  });
  expect(failed).toEqual([]);
});

test('a key that is withdrawn before it is replaced is used again as soon as a new one is there, in both servers', async () => {
  const id = await connected();
  valid.clear();
  const lost = await other.owner.get(`/v1/proxy/${id}/find`);
  expect(lost.status).toBe(401);
  const back = await one.owner.post(`/v1/connections/${id}/reconnect`, {
    credentials: { api_key: newKey() },
  });
  expect(back.status, back.text).toBe(200);
  expect((await one.owner.get(`/v1/proxy/${id}/find`)).status).toBe(200);
  expect((await other.owner.get(`/v1/proxy/${id}/find`)).status).toBe(200);
});

test('two who replace one key on the version they saw: one of them is told, whichever server they ask', async () => {
  const id = await connected();
  const replaced = await Promise.all(
    [one, other].map((app) =>
      app.owner.patch(`/v1/connections/${id}`, { credentials: { api_key: newKey() } }, { 'if-match': '"1"' }),
    ),
  );
  expect(replaced.map(({ status }) => status).sort()).toEqual([200, 412]);
  expect(replaced.find(({ status }) => status === 412)?.json.code).toBe('edited_meanwhile');
});

test('a server killed while it replaces a key leaves all of the old one or all of the new one', async () => {
  const id = await connected();
  const token = await one.token(['connections:write', 'connections:use']);
  for (const afterMs of [0, 8, 30]) {
    const before = (await one.owner.get(`/v1/connections/${id}`)).json;
    const killed: ServerProcess = startServer({
      ...settings,
      HOME: home,
      DATABASE_URL: `${one.database.url}&application_name=${DOOMED}`,
      KEYRAIL_DATA_DIR: join(home, 'data'),
      KEYRAIL_MASTER_KEY_FILE: keyFile,
    });
    const client: Client = clientOf(await killed.url(), token.headers);
    expect((await client.get(`/v1/proxy/${id}/find`)).status).toBe(200);
    const key = newKey();
    const answered = client
      .patch(`/v1/connections/${id}`, { credentials: { api_key: key } })
      .catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await killed.end('SIGKILL');
    const answer = await answered;
    await until(async () => (await connectionsOf(DOOMED)) === 0);

    const after = (await one.owner.get(`/v1/connections/${id}`)).json;
    const isNew = after.hint === key.slice(-4);
    if (answer?.status === 200) expect(isNew).toBe(true);
    expect(after.version).toBe(isNew ? before.version + 1 : before.version);
    expect(await states(id)).toMatchObject(isNew ? { current: 1, previous: 1 } : { current: 1 });
    expect(await rotations(id)).toBe(after.version - 1);
    for (const app of [one, other]) expect((await app.owner.get(`/v1/proxy/${id}/find`)).status).toBe(200);
  }
  expect(refused).toBe(0);
});

const DOOMED = 'doomed';

/** What a killed server had sent may still lie before the database, or be under way there: it is over when its connections are. */
async function connectionsOf(name: string): Promise<number> {
  const { rowCount } = await one.database.db.systemPool.query(
    'select from pg_stat_activity where datname = current_database() and application_name = $1',
    [name],
  );
  return rowCount ?? 0;
}

async function states(id: string): Promise<Record<string, number>> {
  const { rows } = await one.database.db.systemPool.query(
    'select state, count(*)::int as count from credentials where connection_id = $1 and sealed is not null group by state',
    [id],
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}

/** What the timeline and the audit log say alike. */
async function rotations(id: string): Promise<number> {
  const { rows } = await one.database.db.systemPool.query(
    `select (select count(*)::int from connection_events where connection_id = $1 and kind = 'rotated') as told,
      (select count(*)::int from audit_entries where subject_id = $1 and action = 'connection.rotated') as recorded`,
    [id],
  );
  expect(rows[0].told).toBe(rows[0].recorded);
  return rows[0].told;
}
