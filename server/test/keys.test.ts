import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enqueueReencryption } from '../src/compose/vault.ts';
import type { Config } from '../src/config.ts';
import { systemClock } from '../src/lib/clock.ts';
import type { OperatorCommand, Printed } from '../src/operator/command.ts';
import { doctor } from '../src/operator/doctor.ts';
import { keyStatus } from '../src/operator/key.ts';
import { keyRecover } from '../src/operator/key-recover.ts';
import { keyRotateData, keyRotateMaster } from '../src/operator/key-rotate.ts';
import { startApp, type TestApp } from './app.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { finder } from './finder.ts';
import { until } from './until.ts';

/** The operator changes keys while two servers work on one database; loses one; and finds a damaged record. In this order. */
const home = mkdtempSync(join(tmpdir(), 'keyrail-keys-'));
const keyFile = join(home, 'keys', 'master.key');
let provider: Server;
let database: TestDatabase;
let one: TestApp;
let other: TestApp;
let settings: Record<string, string>;
const ids: string[] = [];

beforeAll(async () => {
  provider = createServer((request, response) => {
    const isTaken = String(request.headers['x-api-key']).startsWith('fake-key-good');
    request.resume();
    request.once('end', () => response.writeHead(isTaken ? 200 : 401).end('{"data":{}}'));
  });
  provider.listen(0, '127.0.0.1');
  await once(provider, 'listening');
  const { port } = provider.address() as AddressInfo;
  const probe = { request: { method: 'GET', path: '/me' } };
  writeFileSync(join(home, 'finder.yaml'), JSON.stringify({ ...finder(`http://127.0.0.1:${port}`), probe }));
  settings = { KEYRAIL_CATALOG_DIR: home, KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}` };
  database = await freshDatabase();
  one = await startApp({ settings, keyFile, database });
  other = await startApp({ settings, keyFile, database });
  for (let count = 0; count < 12; count += 1) ids.push(await connect(`Finder ${count}`));
});
afterAll(async () => {
  await database.close();
  provider.closeAllConnections();
  provider.close();
  rmSync(home, { recursive: true, force: true });
});

let keys = 0;
function newKey(): string {
  keys += 1;
  return `fake-key-good-${String(keys).padStart(5, '0')}`;
}

async function connect(name: string): Promise<string> {
  const made = await one.owner.post('/v1/connections', {
    integration: 'finder',
    name,
    credentials: { api_key: newKey() },
  });
  expect(made.status, made.text).toBe(201);
  return made.json.id;
}

async function command(
  { run }: OperatorCommand,
  values: Record<string, string | undefined> = {},
  config: Config = one.config,
): Promise<Printed> {
  const said = await run({ db: database.db, config, clock: systemClock }, values);
  return typeof said === 'string' ? { text: said, code: 0 } : said;
}

interface Seen {
  calls: number;
  changes: number;
  failed: string[];
}

/** Calls and changes of keys through both servers, without a pause, until `work` is over. */
async function traffic(work: (seen: Seen) => Promise<void>): Promise<Seen> {
  const seen = { calls: 0, changes: 0, failed: [] as string[] };
  let isOver = false;
  const expectOk = (status: number, text: string) => {
    if (status !== 200) seen.failed.push(`${status} ${text}`);
  };
  const caller = async (app: TestApp) => {
    const client = await app.token(['connections:use']);
    while (!isOver) {
      const answer = await client.get(`/v1/proxy/${ids[seen.calls % ids.length]}/find`);
      seen.calls += 1;
      expectOk(answer.status, answer.text);
    }
  };
  const changer = async (app: TestApp) => {
    while (!isOver) {
      const path = `/v1/connections/${ids[seen.changes % ids.length]}`;
      const answer = await app.owner.patch(path, { credentials: { api_key: newKey() } });
      seen.changes += 1;
      expectOk(answer.status, answer.text);
    }
  };
  const busy = [one, other].flatMap((app) => [caller(app), caller(app), changer(app)]);
  try {
    await work(seen);
  } finally {
    isOver = true;
    await Promise.all(busy);
  }
  return seen;
}

async function underRetired(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from data_keys k join credentials c on c.key_id = k.id where not k.is_current`.execute(
    database.db.system,
  );
  return rows[0]?.count ?? -1;
}

const masterKeyId = async () => /Master key: (mk_\w+)/.exec((await command(keyStatus)).text)?.[1] ?? '';

test('nothing fails while the master key and the data keys change, on two servers in use that find the new ones at once', async () => {
  const before = await masterKeyId();
  let keyAfter = '';
  const { failed } = await traffic(async (seen) => {
    const more = async () => {
      const { calls, changes } = seen;
      await until(() => seen.calls > calls + 2 && seen.changes > changes + 2);
    };
    await more();
    const first = await command(keyRotateMaster);
    expect(first.text).toContain(`It was ${before} before`);
    await command(keyRotateData, { all: 'yes' });
    const { rows } = await sql<{
      id: string;
    }>`select id from data_keys where is_current and workspace_id = ${one.workspaceId}`.execute(
      database.db.system,
    );
    keyAfter = rows[0]?.id ?? '';
    await until(async () => (await underRetired()) === 0);
    for (let turn = 0; turn < 5; turn += 1) {
      await more();
      await command(keyRotateMaster);
    }
  });
  expect(failed).toEqual([]);
  // Whoever writes does so under the new key, in either process.
  for (const [at, app] of [one, other].entries()) {
    const id = ids[at] ?? '';
    await app.owner.patch(`/v1/connections/${id}`, { credentials: { api_key: newKey() } });
    const { key_id } = await database.db.system
      .selectFrom('credentials')
      .select('key_id')
      .where('connection_id', '=', id)
      .where('state', '=', 'current')
      .executeTakeFirstOrThrow();
    expect(key_id).toBe(keyAfter);
  }
  // Whoever had the old key in hand may have written a moment after the job was over; the sweep sees that within a minute.
  await enqueueReencryption(database.db.system, [one.workspaceId]);
  await until(async () => (await underRetired()) === 0);
  const status = await command(keyStatus, { check: 'yes' });
  expect(status.text).toMatch(/Servers that run: 2, all with this key/);
  expect(status.text).toMatch(/Nothing waits to be encrypted again/);
  expect(status.text).toMatch(/of which 0 do not open/);
  expect(status.code).toBe(0);
});

test('one damaged record marks its connection once, is counted by doctor and key status, and nothing else suffers', async () => {
  const damaged = await connect('Damaged');
  const [well = ''] = ids;
  await sql`update credentials set sealed = overlay(sealed placing 'AAAA' from 60) where connection_id = ${damaged}`.execute(
    database.db.system,
  );
  const [mine, theirs] = [await one.token(['connections:use']), await other.token(['connections:use'])];
  const calls = Array.from({ length: 6 }, (_, at) =>
    (at % 2 === 0 ? mine : theirs).get(`/v1/proxy/${damaged}/find`),
  );
  for (const { status, json } of await Promise.all(calls)) {
    expect(status).toBe(409);
    expect(json.code).toBe('connection_broken');
  }
  expect((await mine.get(`/v1/proxy/${well}/find`)).status).toBe(200);
  const { json } = await other.owner.get(`/v1/connections/${damaged}`);
  expect(json).toMatchObject({
    status: 'invalid',
    status_reason: 'The stored credentials can no longer be read. Enter them again.',
  });
  const events = (await one.owner.get(`/v1/connections/${damaged}/events`)).json.data;
  expect(events.filter(({ kind }: { kind: string }) => kind === 'unreadable')).toHaveLength(1);
  const audit = (await one.owner.get(`/v1/audit?subject=${damaged}`)).json.data;
  expect(
    audit.filter(({ action }: { action: string }) => action === 'connection.status_changed'),
  ).toHaveLength(1);
  expect((await one.owner.get('/v1/connections?limit=200')).json.data).toHaveLength(ids.length + 1);

  const found = await command(doctor);
  expect([found.code, found.text]).toEqual([
    1,
    expect.stringMatching(/PROBLEM .*credentials of one connection/),
  ]);
  const status = await command(keyStatus, { check: 'yes' });
  expect(status.code).toBe(1);
  expect(status.text).toContain(`credentials: ${damaged}`);
  // Another workspace is not told.
  const outsider = await one.outsider();
  const theirCheck = await outsider.client.post('/v1/setup-check', { browser_origin: one.url });
  const ids2 = theirCheck.json.findings.find(({ id }: { id: string }) => id === 'damaged_records');
  expect(ids2.state).toBe('ok');

  const healed = await one.owner.patch(`/v1/connections/${damaged}`, { credentials: { api_key: newKey() } });
  expect([healed.status, healed.json.status]).toEqual([200, 'connected']);
  expect((await command(keyStatus)).code).toBe(0);
});

test('a lost master key costs the secrets and nothing else: everything else stays, and connections ask for new ones', async () => {
  const lost = await masterKeyId();
  const { json: table } = await one.owner.post('/v1/tables', { name: 'Kept' });
  const right = { lost, yes: 'yes' };
  await expect(command(keyRecover, right)).rejects.toThrow('is the right one');
  const { config } = one;
  // As long as a server runs that holds it, connections work.
  renameSync(keyFile, join(home, 'found-again'));
  for (const { id } of [{ id: lost }]) rmSync(`${keyFile}.${id}`, { force: true });
  await expect(command(keyRecover, right, config)).rejects.toThrow('A server that runs holds');
  await other.close();
  await one.close();
  await expect(startApp({ settings, keyFile, database })).rejects.toThrow(lost);
  const asked = await command(keyRecover, {}, config);
  expect(asked).toMatchObject({ code: 1, text: expect.stringContaining(`key recover --lost ${lost} --yes`) });
  await expect(command(keyRecover, { lost: 'mk_0000000000000000', yes: 'yes' }, config)).rejects.toThrow(
    lost,
  );

  const done = await command(keyRecover, right, config);
  expect(done.text).toMatch(/Records that cannot be read: \d\d/);
  // Cut off and given again it ends what it began.
  expect((await command(keyRecover, right, config)).text).toContain(
    'Credentials of connections that ask for new ones: 0',
  );

  one = await startApp({ settings, keyFile, database });
  try {
    const list = (await one.owner.get('/v1/connections?limit=200')).json.data;
    expect(new Set(list.map((each: { status: string }) => each.status))).toEqual(new Set(['invalid']));
    expect(list[0].status_reason).toBe('The key that protected these credentials is lost. Enter them again.');
    expect((await one.owner.get(`/v1/tables/${table.id}`)).json.name).toBe('Kept');
    const caller = await one.token(['connections:use']);
    const call = await caller.get(`/v1/proxy/${list[0].id}/find`);
    expect(call.status).toBe(409);
    const again = await one.owner.post(`/v1/connections/${list[0].id}/reconnect`, {
      credentials: { api_key: newKey() },
    });
    expect(again.status, again.text).toBe(200);
    expect((await caller.get(`/v1/proxy/${list[0].id}/find`)).status).toBe(200);
    // Found again after all, it opens what is still under it.
    renameSync(join(home, 'found-again'), `${keyFile}.${lost}`);
    await until(
      async () => (await one.owner.post(`/v1/connections/${list[1].id}/verify`)).json?.status === 'connected',
    );
  } finally {
    await one.close();
  }
});
