import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SetupFinding } from '@keyrail/contract/setup-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../test/app.ts';
import { type Listening, listenOn } from '../../test/door.ts';
import { surroundings } from '../../test/server-process.ts';
import { GOOD } from '../catalog/file-under-test.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { doctor } from '../operator/doctor.ts';

/* A real reverse proxy at the public address, which does its work well or badly; and the server behind it. */

let proxy: Listening;
let app: TestApp;
let publicUrl: string;
let behind: string;
/** What the proxy makes of a request, and of an answer. */
let sends: (came: IncomingHttpHeaders) => IncomingHttpHeaders;
let answersItself: ((response: ServerResponse) => void) | null;
let changes: (headers: IncomingHttpHeaders) => IncomingHttpHeaders;

const well = (came: IncomingHttpHeaders) => ({
  ...came,
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-proto': 'http',
});

beforeAll(async () => {
  proxy = await listenOn(
    createServer((came, response) => {
      if (answersItself) return answersItself(response);
      const { method, url, headers } = came;
      const options = { method: method ?? 'GET', path: url ?? '/', headers: sends(headers), setHost: false };
      const onward = request(behind, options, (answer) => {
        response.writeHead(answer.statusCode ?? 502, changes(answer.headers));
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      came.pipe(onward);
    }),
  );
  publicUrl = `http://127.0.0.1:${proxy.port}`;
  app = await startApp({
    settings: { KEYRAIL_PUBLIC_URL: publicUrl, KEYRAIL_TRUSTED_PROXIES: '127.0.0.1' },
  });
});
beforeEach(() => {
  behind = app.url;
  sends = well;
  answersItself = null;
  changes = (headers) => headers;
});
afterAll(async () => {
  await app.close();
  await proxy.close();
});

type Found = Record<SetupFinding['id'], SetupFinding>;

async function checked(origin = publicUrl, time = new Date()): Promise<Found> {
  const ask = { browser_origin: origin, browser_time: time.toISOString() };
  const answer = await app.owner.post('/v1/setup-check', ask);
  expect(answer.status, answer.text).toBe(200);
  return byId(answer.json.findings);
}

function byId(findings: SetupFinding[]): Found {
  return Object.fromEntries(findings.map((one) => [one.id, one])) as Found;
}

const wrong = (found: Found) =>
  Object.values(found)
    // Nobody backs a test's database up.
    .filter(({ id, state }) => state !== 'ok' && id !== 'backup')
    .map(({ id, state }) => `${id}: ${state}`);

/** http is for this machine alone, and says so. */
const NO_HTTPS = 'public_url: warning';

test('a proxy that passes everything on is found right, whichever process of the server it asks', async () => {
  expect(wrong(await checked())).toEqual([NO_HTTPS]);
  const other = await startApp({ database: app.database, keyFile: app.config.masterKeyFile });
  behind = other.url;
  expect(wrong(await checked())).toEqual([NO_HTTPS]);
  await other.close();
});

test('what a proxy leaves out, or says wrongly, is found', async () => {
  sends = (came) => came;
  expect((await checked()).forwarded_headers.state).toBe('ok');
  sends = (came) => ({ ...well(came), 'x-forwarded-proto': 'https' });
  expect((await checked()).forwarded_headers).toMatchObject({
    state: 'problem',
    message: expect.stringMatching(/come by https/),
  });
  sends = (came) => ({ ...well(came), host: 'internal:4400' });
  expect((await checked()).forwarded_headers).toMatchObject({
    state: 'warning',
    message: expect.stringMatching(/internal:4400/),
  });
  sends = (came) => ({ ...well(came), 'x-forwarded-host': 'other.example.com' });
  expect((await checked()).forwarded_headers.state).toBe('problem');
});

test('another server at the public address, or a sign-in of the proxy’s own, is found, and nothing it says is believed', async () => {
  for (const status of [200, 404]) {
    answersItself = (response) => response.writeHead(status).end('{"answer":"Welcome to nginx!"}');
    expect((await checked()).callback).toMatchObject({
      state: 'problem',
      message: expect.stringContaining(`status ${status}`),
    });
  }
  answersItself = (response) =>
    response.writeHead(302, { location: 'https://sso.example.com/start?rd=secret' }).end();
  const { callback } = await checked();
  expect(callback.message).toMatch(/redirect to https:\/\/sso\.example\.com\./);
  expect(callback.message).not.toMatch(/secret/);
  // Another Keyrail, on a database of its own.
  answersItself = null;
  const foreign = await startApp();
  behind = foreign.url;
  expect((await checked()).callback.state).toBe('problem');
  await foreign.close();
});

test('an address that nobody answers at is found, unless the browser reaches it', async () => {
  answersItself = (response) => void response.destroy();
  expect((await checked('http://127.0.0.1:1')).callback.state).toBe('problem');
  expect((await checked()).callback.state).toBe('unknown');
});

test('clocks that are off by more than a minute are found: at the address, and in the browser', async () => {
  changes = (headers) => ({ ...headers, date: new Date(Date.now() - 300_000).toUTCString() });
  expect((await checked()).clock).toMatchObject({
    state: 'problem',
    message: expect.stringMatching(/public address is 5 minutes behind/),
  });
  changes = (headers) => headers;
  expect((await checked(publicUrl, new Date(Date.now() + 90_000))).clock.state).toBe('warning');
});

test('a page that is open under another address is told, since its cookies go nowhere', async () => {
  const { browser_address: found } = await checked('https://old.example.com');
  expect(found).toMatchObject({ state: 'problem', next_step: expect.stringContaining(publicUrl) });
});

test('a sign-in setup that was entered under another address is named, until it is saved again', async () => {
  const setup = { client_id: 'fake-client-0001', client_secret: 'fake-secret-0001' };
  const path = '/v1/oauth/apps/hubspot';
  expect((await app.owner.request('PUT', path, setup)).status).toBe(200);
  expect((await checked()).sign_in_setups.state).toBe('ok');
  const moved = { entered_under: 'http://127.0.0.1:4400/oauth/callback/hubspot' };
  await app.database.db.system.updateTable('oauth_apps').set(moved).execute();
  const { sign_in_setups: found } = await checked();
  expect(found).toMatchObject({ state: 'problem', message: expect.stringContaining('HubSpot') });
  expect(found.message).toContain(`${publicUrl}/oauth/callback/hubspot`);
  expect((await app.owner.request('PUT', path, setup)).status).toBe(200);
  expect((await checked()).sign_in_setups.state).toBe('ok');
});

test('a token that is bound to certain connections is told nothing of the whole server', async () => {
  const id = newId<string>('con');
  const { id: workspaceId } = (await app.owner.get('/v1/workspace')).json;
  const at = { status_since: new Date(), created_at: new Date(), updated_at: new Date() };
  const named = { workspace_id: workspaceId, integration: 'hunter', name: 'One', name_key: 'one' };
  const method = { method: 'api_key', method_id: 'api_key', status: 'connected' };
  await app.database.db.system
    .insertInto('connections')
    .values({ id, ...named, ...method, ...at })
    .execute();
  const scopes = ['connections:write'];
  const bound = { name: 'Bound', scopes, connection_ids: [id] };
  const { token } = (await app.owner.post('/v1/tokens', bound)).json;
  const ask = { browser_origin: publicUrl };
  const refused = await app.as({ authorization: `Bearer ${token}` }).post('/v1/setup-check', ask);
  expect([refused.status, refused.json.code]).toEqual([403, 'forbidden']);
  const whole = await app.token(['connections:write']);
  expect((await whole.post('/v1/setup-check', ask)).status).toBe(200);
});

test('the number asked for is answered while it is asked for alone, and by nothing else', async () => {
  const unknown = await app.anonymous.get(`/oauth/callback/setup-check/${'0'.repeat(32)}`);
  expect(unknown.status).toBe(404);
  await checked();
  const left = await app.database.db.system.selectFrom('setup_checks').selectAll().execute();
  expect(left).toEqual([]);
});

test('the doctor says the same on the command line, and ends with 1 where something is wrong', async () => {
  const deps = { db: app.database.db, config: app.config, clock: systemClock };
  const fine = await doctor.run(deps, {});
  expect(fine).toMatchObject({ code: 0, text: expect.stringMatching(/^ok +The way back from a sign-in/m) });
  answersItself = (response) => response.writeHead(404).end();
  const { code, said } = await commandLine();
  expect(said).toMatch(/^PROBLEM +The way back from a sign-in: Something else answers/m);
  expect(code).toBe(1);
  // The name of a tool, as its file has it.
  expect(said).toContain('A\\u{200b}cme');
  expect(said).not.toContain('\u200b');
});

/** The command as people give it, in a process of its own. */
function commandLine(): Promise<{ code: number; said: string }> {
  const main = join(fileURLToPath(new URL('../operator/main.ts', import.meta.url)));
  const { config, database } = app;
  const own = mkdtempSync(join(tmpdir(), 'keyrail-doctor-'));
  const signIn =
    '  - { type: oauth2, authorize_url: https://acme.example/a, token_url: https://acme.example/t, requires_https: true }\n';
  const file = GOOD.replace('name: Acme', 'name: "A\\u200bcme"').replace(
    / {2}- type: api_key[\s\S]*?(?=probe:)/,
    signIn,
  );
  writeFileSync(join(own, 'acme.yaml'), file);
  const env = {
    ...surroundings(),
    HOME: config.dataDir,
    KEYRAIL_CATALOG_DIR: own,
    DATABASE_URL: database.url,
    KEYRAIL_MASTER_KEY_FILE: config.masterKeyFile,
    KEYRAIL_PUBLIC_URL: publicUrl,
    KEYRAIL_TRUSTED_PROXIES: '127.0.0.1',
  };
  return new Promise<{ code: number; said: string }>((resolve) => {
    execFile(process.execPath, [main, 'doctor'], { env }, (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), said: out + err }),
    );
  }).finally(() => rmSync(own, { recursive: true, force: true }));
}
