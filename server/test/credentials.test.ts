import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, startApp, type TestApp } from './app.ts';
import { movableClock } from './clock.ts';
import { finder } from './finder.ts';

/** `GET /v1/connections/{id}/credentials`, the one answer that holds a secret; and tokens that are bound to connections. */
const KEY = 'fake-key-good-0001';
const folder = mkdtempSync(join(tmpdir(), 'keyrail-credentials-'));
const clock = movableClock();
let upstream: Server;
let app: TestApp;
let reader: Client;
let keyed: string;
let signing: string;

beforeAll(async () => {
  upstream = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({
        access_token: 'fake-access-0001',
        refresh_token: 'fake-refresh-0001',
        token_type: 'Bearer',
        expires_in: 3600,
      }),
    );
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const origin = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  writeFileSync(join(folder, 'finder.yaml'), JSON.stringify(finder(origin)));
  const signIn = {
    type: 'oauth2_client_credentials',
    token_url: `${origin}/token`,
    fields: [
      { name: 'client_id', label: 'Client id', secret: false },
      { name: 'client_secret', label: 'Client secret' },
    ],
  };
  const machine = { ...finder(origin), slug: 'machine', name: 'Machine', auth: [signIn] };
  writeFileSync(join(folder, 'machine.yaml'), JSON.stringify(machine));
  app = await startApp({
    clock,
    settings: { KEYRAIL_CATALOG_DIR: folder, KEYRAIL_ALLOWED_PRIVATE_HOSTS: new URL(origin).host },
  });
  keyed = await made({ integration: 'finder', credentials: { api_key: KEY } });
  signing = await made({
    integration: 'machine',
    credentials: { client_id: 'fake-client', client_secret: 'fake-client-secret-0001' },
  });
  reader = await app.token(['credentials:read']);
});
afterAll(async () => {
  await app.close();
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

async function made(body: object): Promise<string> {
  const connected = await app.owner.post('/v1/connections', body);
  expect(connected.status, connected.text).toBe(201);
  return connected.json.id;
}

const of = (id: string) => `/v1/connections/${id}/credentials`;

async function readings(id: string): Promise<number> {
  const entries = await app.database.db.system
    .selectFrom('audit_entries')
    .select(['action', 'detail'])
    .where('action', '=', 'connection.credentials_read')
    .where('subject_id', '=', id)
    .execute();
  expect(JSON.stringify(entries)).not.toMatch(/fake-(key|access|client-secret)/);
  return entries.length;
}

describe('the credentials of a connection', () => {
  test('are answered as they were entered, written down in the audit log and the timeline, and kept nowhere', async () => {
    const before = await readings(keyed);
    const got = await reader.get(of(keyed));
    expect([got.status, got.json]).toEqual([
      200,
      {
        connection_id: keyed,
        integration: 'finder',
        method: 'api_key',
        credentials: { api_key: KEY },
        expires_at: null,
      },
    ]);
    expect(got.headers.get('cache-control')).toBe('no-store');
    expect(await readings(keyed)).toBe(before + 1);
    const events = await app.owner.get(`/v1/connections/${keyed}/events`);
    expect(events.json.data[0]).toMatchObject({ kind: 'credentials_read', actor: 'token test' });
  });

  test('are told in the timeline among what else happened, each reading once, page by page', async () => {
    const id = await made({ integration: 'finder', credentials: { api_key: KEY } });
    await reader.get(of(id));
    await app.owner.patch(`/v1/connections/${id}`, { name: 'Read twice' });
    await reader.get(of(id));
    const whole = await app.owner.get(`/v1/connections/${id}/events`);
    const kinds = whole.json.data.map((event: { kind: string }) => event.kind);
    expect(kinds.filter((kind: string) => kind === 'credentials_read')).toHaveLength(2);
    expect([kinds[0], kinds[2]]).toEqual(['credentials_read', 'credentials_read']);
    const paged: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await app.owner.get(
        `/v1/connections/${id}/events?limit=1${cursor && `&cursor=${cursor}`}`,
      );
      paged.push(...page.json.data);
      cursor = page.json.next_cursor;
    }
    expect(paged).toEqual(whole.json.data);
  });

  test('of a token method are an access token that is good for a while, and nothing it is renewed with', async () => {
    const got = await reader.get(of(signing));
    expect([got.status, got.json.credentials]).toEqual([200, { access_token: 'fake-access-0001' }]);
    expect(Date.parse(got.json.expires_at)).toBeGreaterThan(Date.now() + 300_000);
    expect(got.text).not.toMatch(/refresh|client-secret/);
  });

  test('are for that scope and role alone, and of their own workspace', async () => {
    const other = await app.token(['connections:read', 'connections:write', 'connections:use']);
    const [editor, { client: outsider }] = [await app.member('editor'), await app.outsider()];
    const before = await readings(keyed);
    expect((await other.get(of(keyed))).status).toBe(403);
    expect((await editor.get(of(keyed))).status).toBe(403);
    expect((await outsider.get(of(keyed))).status).toBe(404);
    expect(await readings(keyed)).toBe(before);
  });

  test('are not given where there is no writing it down', async () => {
    await app.database.db.systemPool.query('revoke insert on audit_entries from keyrail_app');
    try {
      const got = await reader.get(of(keyed));
      expect(got.status).toBe(500);
      expect(got.text).not.toContain(KEY);
    } finally {
      await app.database.db.systemPool.query('grant insert on audit_entries to keyrail_app');
    }
    expect((await reader.get(of(keyed))).status).toBe(200);
  });

  test('of a disconnected connection are gone', async () => {
    const gone = await made({ integration: 'finder', credentials: { api_key: KEY } });
    await app.owner.post(`/v1/connections/${gone}/disconnect`);
    const got = await reader.get(of(gone));
    expect([got.status, got.json.code]).toEqual([409, 'connection_missing']);
  });

  test('cannot be read one after the other without end', async () => {
    const hasty = await app.token(['credentials:read']);
    const statuses = new Set<number>();
    // How many may come in a row depends on the seconds they take.
    clock.stand();
    for (let count = 0; count < 130; count += 1) statuses.add((await hasty.get(of(keyed))).status);
    clock.goOn();
    expect([...statuses].sort()).toEqual([200, 429]);
    expect((await reader.get(of(keyed))).status).toBe(200);
  });
});

describe('a token bound to connections', () => {
  const bound = (connection_ids: string[]) =>
    app.owner.post('/v1/tokens', { name: 'bound', scopes: ['credentials:read'], connection_ids });

  test('reads the credentials of these alone', async () => {
    const { token } = (await bound([keyed])).json;
    const client = app.as({ authorization: `Bearer ${token}` });
    expect((await client.get(of(keyed))).status).toBe(200);
    const before = await readings(signing);
    expect((await client.get(of(signing))).status).toBe(404);
    expect(await readings(signing)).toBe(before);
  });

  test('gets nothing of what others read at the same moment, each by their own right and written down', async () => {
    const { token } = (await bound([keyed])).json;
    const narrow = app.as({ authorization: `Bearer ${token}` });
    const [{ client: outsider }, wide] = [await app.outsider(), await app.token(['credentials:read'])];
    const before = [await readings(keyed), await readings(signing)];
    const asks = Array.from({ length: 25 }, () => [
      [wide.get(of(signing)), 200] as const,
      [narrow.get(of(signing)), 404] as const,
      [outsider.get(of(keyed)), 404] as const,
      [narrow.get(of(keyed)), 200] as const,
    ]).flat();
    for (const [asked, status] of asks) {
      const { status: got, text } = await asked;
      expect(got).toBe(status);
      expect(/fake-(key|access)/.test(text)).toBe(status === 200);
    }
    expect([await readings(keyed), await readings(signing)]).toEqual(before.map((count) => count + 25));
    await app.database.db.systemPool.query('revoke insert on audit_entries from keyrail_app');
    const unwritten = await Promise.all(asks.map(() => wide.get(of(keyed))));
    await app.database.db.systemPool.query('grant insert on audit_entries to keyrail_app');
    for (const { status, text } of unwritten) {
      expect(status).not.toBe(200);
      expect(text).not.toContain(KEY);
    }
  });

  test('is not made for connections that are not there, foreign ones among them', async () => {
    const { client } = await app.outsider();
    const foreign = await client.post('/v1/connections', {
      integration: 'finder',
      credentials: { api_key: KEY },
    });
    for (const id of [foreign.json.id, 'con_00000000000000000000000000', 'nonsense']) {
      const answer = await bound([keyed, id]);
      expect([answer.status, answer.json.fields]).toEqual([
        400,
        [{ path: 'connection_ids.1', message: 'There is no such connection.' }],
      ]);
    }
  });
});
