import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../src/lib/clock.ts';
import { type Log, silentLog } from '../src/lib/log.ts';
import { doctor } from '../src/operator/doctor.ts';
import { startApp, type TestApp } from './app.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { finder } from './finder.ts';
import { until } from './until.ts';

/** A file of the operator's own folder is there, goes away, comes back broken, and is there again. In this order. */
const home = mkdtempSync(join(tmpdir(), 'keyrail-folder-'));
const folder = join(home, 'catalog');
const keyFile = join(home, 'keys', 'master.key');
const logged: { fields: object; message: string }[] = [];
const log: Log = {
  ...silentLog,
  warn: (fields, message) => logged.push({ fields, message }),
  child: () => log,
};
let provider: Server;
/** Where a changed file leads. */
let elsewhere: Server;
const arrived: { here: string[]; elsewhere: string[] } = { here: [], elsewhere: [] };
let database: TestDatabase;
let app: TestApp;
let settings: Record<string, string>;
let connectionId: string;
let table: string;
let column: string;

beforeAll(async () => {
  provider = await answering(arrived.here);
  elsewhere = await answering(arrived.elsewhere);
  mkdirSync(folder);
  const probe = { request: { method: 'GET', path: '/me' } };
  writeFileSync(file(), JSON.stringify({ ...finder(urlOf(provider)), probe }, null, 2));
  const hosts = [provider, elsewhere].map((one) => new URL(urlOf(one)).host);
  settings = { KEYRAIL_CATALOG_DIR: folder, KEYRAIL_ALLOWED_PRIVATE_HOSTS: hosts.join(',') };
  database = await freshDatabase();
  app = await startApp({ settings, keyFile, database, log });
});
afterAll(async () => {
  await app.close();
  await database.close();
  for (const one of [provider, elsewhere]) {
    one.closeAllConnections();
    one.close();
  }
  rmSync(home, { recursive: true, force: true });
});

async function answering(requests: string[]): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    requests.push(JSON.stringify([request.url, request.headers]));
    request.once('end', () =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"data":{"email":"lena@acme.example","score":9}}'),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const file = () => join(folder, 'finder.yaml');
async function restart(): Promise<void> {
  await app.close();
  logged.length = 0;
  app = await startApp({ settings, keyFile, database, log });
}

const columnPath = () => `/v1/tables/${table}/columns/${column}`;
const runNow = async (id: string) => (await app.owner.get(`/v1/runs/${id}`)).json;
async function run(): Promise<string> {
  const started = await app.owner.post(`${columnPath()}/runs`, { scope: 'forced' });
  expect(started.status, started.text).toBe(201);
  return started.json.id;
}
const cell = async () => {
  const { data } = (await app.owner.get(`/v1/tables/${table}/rows`)).json;
  return data[0].cells[column];
};
const catalogFinding = async () => {
  const { findings } = (await app.owner.post('/v1/setup-check', { browser_origin: app.url })).json;
  return findings.find(({ id }: { id: string }) => id === 'catalog');
};
async function doctorSays(): Promise<{ text: string; code: number }> {
  const said = await doctor.run({ db: database.db, config: app.config, clock: systemClock }, {});
  return typeof said === 'string' ? { text: said, code: 0 } : said;
}

test('with the file there, a key is connected and a cell filled', async () => {
  const made = await app.owner.post('/v1/connections', {
    integration: 'finder',
    name: 'Ours',
    credentials: { api_key: 'fake-key-good-0001' },
  });
  expect(made.status, made.text).toBe(201);
  connectionId = made.json.id;
  const leads = await app.owner.post('/v1/tables', {
    name: 'Leads',
    columns: [{ name: 'Name', type: 'text' }],
  });
  table = leads.json.id;
  const name = leads.json.columns[0].id;
  const inputs = { name: { kind: 'column', column_id: name } };
  const action = { integration: 'finder', action: 'find', connection_id: null, inputs, outputs: {} };
  column = (await app.owner.post(`/v1/tables/${table}/columns`, { name: 'Email', type: 'action', action }))
    .json.id;
  await app.owner.post(`/v1/tables/${table}/rows`, { rows: [{ values: { [name]: 'Lena' } }] });
  const id = await run();
  await until(async () => (await runNow(id)).state === 'done');
  expect(await cell()).toMatchObject({ state: 'done', value: 'lena@acme.example' });
  expect(await catalogFinding()).toMatchObject({ state: 'ok' });
});

test('with the file broken it is named with its line in the log, by doctor and on the page, and the server runs', async () => {
  renameSync(file(), join(home, 'aside'));
  writeFileSync(
    file(),
    readFileSync(join(home, 'aside'), 'utf8').replace('"category": "Test"', '"category": 7'),
  );
  await restart();
  const message = '"category" must be a text.';
  expect(logged).toContainEqual({
    fields: { file: file(), line: 4, column: 15, message, origin: 'user' },
    message: 'a catalog file is left out: it has a problem',
  });
  const { text, code } = await doctorSays();
  expect(code).toBe(1);
  expect(text).toContain(`PROBLEM  Catalog files: Left out:\n         ${file()}:4:15: ${message}\n`);
  const finding = await catalogFinding();
  expect(finding).toMatchObject({
    state: 'problem',
    next_step: expect.stringContaining('restart the server'),
  });
  expect(finding.message).toContain(`finder.yaml:4:15: ${message}`);
  expect(finding.message).toContain('One connection is of “finder”');
  expect(JSON.stringify(finding)).not.toContain(home);
  const named = await app.owner.get('/v1/catalog-problems');
  expect(named.json.data).toEqual([{ file: 'finder.yaml', line: 4, column: 15, message, origin: 'user' }]);
  expect((await app.owner.get('/v1/integrations?search=hunter')).json.data.length).toBeGreaterThan(0);
});

test('its connection says so wherever it is seen, is kept, and can be renamed', async () => {
  const gone = expect.stringMatching(
    /^The catalog has no “finder” any more: its file is gone or broken\..*works again/,
  );
  const { data } = (await app.owner.get('/v1/connections')).json;
  expect(data).toMatchObject([{ id: connectionId, status: 'unverified', status_reason: gone, hint: '0001' }]);
  for (const [status, count] of [
    ['unverified', 1],
    ['connected', 0],
  ] as const)
    expect((await app.owner.get(`/v1/connections?status=${status}`)).json.data).toHaveLength(count);
  const one = (await app.owner.get(`/v1/connections/${connectionId}`)).json;
  expect(one).toMatchObject({ status: 'unverified', status_reason: gone });
  const apps = (await app.owner.get('/v1/connections/apps')).json.data;
  expect(apps).toMatchObject([
    { integration: 'finder', is_missing: true, connection_count: 1, worst_status: 'unverified' },
  ]);
  expect((await app.owner.patch(`/v1/connections/${connectionId}`, { name: 'Still ours' })).status).toBe(200);
  const asked: [string, object | null][] = [
    [`/v1/connections/${connectionId}/verify`, {}],
    [`/v1/connections/${connectionId}/reconnect`, { credentials: { api_key: 'fake-key-good-0002' } }],
    [`/v1/connections/${connectionId}/credentials`, null],
    [`/v1/proxy/${connectionId}/find`, null],
  ];
  for (const [path, body] of asked) {
    const answer = body === null ? await app.owner.get(path) : await app.owner.post(path, body);
    expect([answer.status, answer.json.reason], path).toEqual([409, 'not_in_catalog']);
    expect(answer.json.detail).toContain('Put its file back');
  }
  expect((await app.owner.get('/v1/proxy/nothing/find')).status).toBe(404);
});

test('its cells wait, and lose nothing when the run is cancelled', async () => {
  const estimate = await app.owner.post(`${columnPath()}/estimate`, { scope: 'forced' });
  expect(estimate.json.detail).toContain('The catalog has no “finder” any more');
  const cancelled = await run();
  await until(async () => (await runNow(cancelled)).state === 'waiting');
  expect((await runNow(cancelled)).message).toContain('its file is gone or broken');
  expect(await cell()).toMatchObject({ state: 'waiting_for_connection' });
  await app.owner.post(`/v1/runs/${cancelled}/cancel`);
  await until(async () => (await cell()).state === 'done');
  expect(await cell()).toMatchObject({ value: 'lena@acme.example' });
});

test('with the file back everything works as it did, and what waited goes on', async () => {
  const waiting = await run();
  await until(async () => (await runNow(waiting)).state === 'waiting');
  renameSync(join(home, 'aside'), file());
  await restart();
  expect(logged.filter(({ message }) => message.includes('catalog'))).toEqual([]);
  expect(await catalogFinding()).toMatchObject({ state: 'ok' });
  expect((await app.owner.get(`/v1/connections/${connectionId}`)).json).toMatchObject({
    status: 'connected',
    status_reason: null,
    name: 'Still ours',
  });
  // By itself it looks within ten minutes.
  expect((await app.owner.post(`/v1/connections/${connectionId}/verify`)).json.status).toBe('connected');
  await app.owner.post(`/v1/runs/${waiting}/resume`);
  await until(async () => (await runNow(waiting)).state === 'done');
  expect(await cell()).toMatchObject({ state: 'done', value: 'lena@acme.example' });
});

test('a process beside it with other files is told of by doctor and on the page, and what it lacks works here all the same', async () => {
  const empty = join(home, 'empty');
  mkdirSync(empty);
  const beside = await startApp({
    settings: { ...settings, KEYRAIL_CATALOG_DIR: empty },
    keyFile,
    database,
    log,
  });
  const told = 'The 2 server processes that run have read different catalog files.';
  expect((await doctorSays()).text).toContain(`warning  Catalog files: ${told}`);
  expect(await catalogFinding()).toMatchObject({ state: 'warning', message: expect.stringContaining(told) });
  const shown = (await app.owner.get(`/v1/connections/${connectionId}`)).json;
  expect(shown.status_reason).toContain('its file is gone or broken');
  expect((await app.owner.get(`/v1/proxy/${connectionId}/find`)).status).toBe(200);
  await beside.close();
  await until(async () => (await catalogFinding()).state === 'ok');
});

const again = 'The address changed. Enter the credentials again.';
const marks = async () =>
  (await app.owner.get(`/v1/connections/${connectionId}/events`)).json.data.filter(
    ({ kind }: { kind: string }) => kind === 'address_changed',
  );

/** What is not marked is held back all the same. */
async function unmark(): Promise<void> {
  const asIfGood = { status: 'connected', status_reason: null, misfit: null };
  await database.db.system.updateTable('connections').set(asIfGood).where('id', '=', connectionId).execute();
}

test('with a file that names another host its connection says so at once, once, and that it works when that is undone', async () => {
  const asItWas = readFileSync(file(), 'utf8');
  writeFileSync(file(), asItWas.replaceAll(urlOf(provider), urlOf(elsewhere)));
  for (let starts = 0; starts < 2; starts++) {
    await restart();
    const { data } = (await app.owner.get('/v1/connections?status=invalid')).json;
    const marked = { status: 'invalid', status_reason: again, last_verdict: null };
    expect(data).toMatchObject([{ id: connectionId, ...marked }]);
    const apps = (await app.owner.get('/v1/connections/apps')).json.data;
    expect(apps).toMatchObject([{ integration: 'finder', is_missing: false, worst_status: 'invalid' }]);
    expect(await marks()).toMatchObject([{ message: again, actor: null }]);
  }
  writeFileSync(file(), asItWas);
  await restart();
  expect((await app.owner.get(`/v1/connections/${connectionId}`)).json.status).toBe('connected');
  expect((await app.owner.post(`/v1/connections/${connectionId}/verify`)).json.status).toBe('connected');
});

test('with a file that names another host, no credential that was entered before reaches that host, by whatever way', async () => {
  writeFileSync(file(), readFileSync(file(), 'utf8').replaceAll(urlOf(provider), urlOf(elsewhere)));
  await restart();
  arrived.here.length = 0;
  await unmark();
  expect((await app.owner.get(`/v1/proxy/${connectionId}/find`)).status).toBeGreaterThanOrEqual(400);
  const id = await run();
  await until(async () => ['waiting', 'done'].includes((await runNow(id)).state));
  await unmark();
  const checked = await app.owner.post(`/v1/connections/${connectionId}/verify`);
  expect([checked.status, checked.json.reason]).toEqual([409, 'address_changed']);
  expect(checked.text).toContain(again);
  expect(arrived).toEqual({ here: [], elsewhere: [] });
  const entered = await app.owner.post(`/v1/connections/${connectionId}/reconnect`, {
    credentials: { api_key: 'fake-key-good-0002' },
  });
  expect(entered.status, entered.text).toBe(200);
  expect((await app.owner.get(`/v1/proxy/${connectionId}/find`)).status).toBe(200);
  expect(arrived.here).toEqual([]);
  expect(arrived.elsewhere.join()).toContain('fake-key-good-0002');
  expect(arrived.elsewhere.join()).not.toContain('fake-key-good-0001');
});

test('and with the host that it named at first, what was entered for the other one stays from it', async () => {
  writeFileSync(file(), readFileSync(file(), 'utf8').replaceAll(urlOf(elsewhere), urlOf(provider)));
  await restart();
  expect((await app.owner.get(`/v1/connections/${connectionId}`)).json.status_reason).toBe(again);
  await unmark();
  expect((await app.owner.get(`/v1/proxy/${connectionId}/find`)).status).toBeGreaterThanOrEqual(400);
  await app.owner.post(`/v1/connections/${connectionId}/verify`);
  expect(arrived.here).toEqual([]);
});
