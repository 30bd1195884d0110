import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { app, at, KEY, made, port, queryId, raw, seen, useProxy, user } from './proxied.ts';

/** Who may call through `/v1/proxy`, where to, and what of theirs stays here. */
useProxy();

describe('the caller', () => {
  test('is not told of to the other side: their own credentials, addresses and hop headers stay here', async () => {
    await raw(at('/x'), {
      headers: {
        cookie: 'session=theirs',
        'x-forwarded-for': '1.2.3.4',
        'x-forwarded-host': 'evil.example',
        forwarded: 'for=1.2.3.4',
        via: '1.1 me',
        'x-real-ip': '1.2.3.4',
        'x-original-url': '/admin',
        'x-rewrite-url': '/admin',
        origin: 'http://127.0.0.1',
        referer: 'http://127.0.0.1/page',
        connection: 'x-secret-hop, keep-alive',
        'x-secret-hop': 'for the next hop',
        'keyrail-workspace': app.workspaceId,
        'x-mine': 'kept',
        'idempotency-key': 'for-the-other-side',
      },
    });
    const [first] = seen;
    const names = Object.keys(first?.headers ?? {}).sort();
    expect(names).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'idempotency-key',
      'user-agent',
      'x-api-key',
      'x-mine',
      'x-version',
    ]);
    expect(first?.headers.host).toBe(`127.0.0.1:${port}`);
  });

  test('cannot set the header the credential goes into, in whatever case and however often', async () => {
    await raw(at('/x'), { headers: { 'X-API-Key': ['guess', 'again'], connection: 'x-api-key, close' } });
    const lines = (seen[0]?.raw ?? [])
      .filter((_, index) => index % 2 === 0)
      .map((name) => name.toLowerCase());
    expect(lines.filter((name) => name === 'x-api-key')).toHaveLength(1);
    expect(seen[0]?.headers['x-api-key']).toBe(KEY);
  });

  test('cannot set the parameter the credential goes into, nor add one in a fragment', async () => {
    await raw(at('/x?a=1&api_key=mine&b=%20#&api_key=frag', queryId));
    expect(seen.map(({ line }) => line)).toEqual([`GET /v1/x?a=1&b=%20&api_key=${KEY}`]);
  });

  test('gets templates sent as they wrote them', async () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as somebody would try it
    const token = '{api_key}${connection.credentials.api_key}{{secret}}';
    await user.post(at(`/x?q=${encodeURIComponent(token)}`), { token }, { 'x-mine': token });
    expect(seen[0]?.line).toBe(`POST /v1/x?q=${encodeURIComponent(token)}`);
    expect([seen[0]?.headers['x-mine'], seen[0]?.body]).toEqual([token, JSON.stringify({ token })]);
  });

  test.each(['base-url-override', 'x-base-url', 'keyrail-base-url', 'x-forwarded-host'])(
    'has no way to name another address: %s changes nothing',
    async (name) => {
      await raw(at('/x'), { headers: { [name]: 'http://10.0.0.5:8080' } });
      expect(seen.map(({ line, headers }) => [line, headers.host])).toEqual([
        ['GET /v1/x', `127.0.0.1:${port}`],
      ]);
    },
  );
});

describe('a path', () => {
  test.each([
    '/../admin',
    '/%2e%2e/admin',
    '/..%2fadmin',
    '/..\\admin',
    '/a/../../admin',
    '/a/%2e%2e/%2e%2e/admin',
    '/%252e%252e/admin',
    '/./x',
    '//evil.example/x',
    '/%2f%2fevil.example/x',
    '/https://evil.example/',
    '/@evil.example/',
    '/.evil.example/',
    '/:8080/x',
    '/%5cevil.example',
    '/\\evil.example',
  ])('%s never leaves the address of the integration', async (path) => {
    const got = await raw(at(path));
    expect([got.status, JSON.parse(got.text).code]).toEqual([400, 'path_outside_base']);
    expect(seen).toEqual([]);
  });

  test.each(['/a%zz', `/${'a'.repeat(20_000)}`])('that is not well-formed is refused', async (path) => {
    const got = await raw(at(path));
    expect([400, 414, 431]).toContain(got.status);
    expect(seen).toEqual([]);
  });

  test.each(['/.well-known/x', '/accounts:lookup', '/sites/https%3A%2F%2Fexample.com%2F', '/a/b;c=1/d,e'])(
    '%s is one of many that stay inside',
    async (path) => {
      expect((await raw(at(path))).status).toBe(200);
      expect(seen.map(({ line }) => line)).toEqual([`GET /v1${path}`]);
    },
  );
});

describe('a method', () => {
  test.each(['TRACE', 'FOO', 'PROPFIND'])('that is not on the list (%s) is refused', async (method) => {
    const { hostname, port: ours } = new URL(app.url);
    const socket = connect({ host: hostname, port: Number(ours) });
    socket.write(`${method} ${at('/x')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${user.token}\r\n\r\n`);
    const [first] = await once(socket, 'data');
    expect(String(first)).toMatch(/^HTTP\/1.1 (400|404|405)/);
    socket.destroy();
    expect(seen).toEqual([]);
  });
});

describe('whoever may use a connection', () => {
  test('is a member from editor up, or a token with that scope; reading is not enough', async () => {
    const [viewer, editor] = [await app.member('viewer'), await app.member('editor')];
    const reader = await app.token(['connections:read', 'connections:write', 'credentials:read']);
    const refused = await viewer.get(at('/x'));
    expect([refused.status, refused.headers.get('keyrail-error')]).toEqual([403, 'true']);
    expect((await reader.get(at('/x'))).status).toBe(403);
    expect((await app.anonymous.get(at('/x'))).status).toBe(401);
    expect(seen).toEqual([]);
    expect((await editor.get(at('/x'))).status).toBe(200);
  });

  test('in a browser does so from our own pages alone', async () => {
    const foreign = await app.owner.post(
      at('/x'),
      {},
      { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    );
    expect([foreign.status, foreign.json.reason]).toEqual([403, 'cross_site']);
    const { cookie = '' } = app.owner.headers;
    // An image or a link of another page cannot name the workspace.
    expect((await app.as({ cookie }).get(`${at('/x')}?workspace=${app.workspaceId}`)).status).toBe(400);
    expect(seen).toEqual([]);
  });

  test('is of its workspace: a foreign id is not there, and nothing is sent', async () => {
    const { client } = await app.outsider();
    const [foreign, unknown] = [
      await client.get(at('/x')),
      await client.get(at('/x', 'con_00000000000000000000000000')),
    ];
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect({ ...foreign.json, request_id: '' }).toEqual({ ...unknown.json, request_id: '' });
    expect((await client.get(at('/x', 'finder'))).json.code).toBe('connection_missing');
    expect(seen).toEqual([]);
  });

  test('with a token bound to other connections finds neither this one nor a default that is not theirs', async () => {
    const made = await app.owner.post('/v1/tokens', {
      name: 'bound',
      scopes: ['connections:use'],
      connection_ids: [queryId],
    });
    const bound = app.as({ authorization: `Bearer ${made.json.token}` });
    expect((await bound.get(at('/x'))).status).toBe(404);
    expect((await bound.get(at('/x', 'finder'))).status).toBe(404);
    expect((await bound.get(at('/x', queryId))).status).toBe(200);
    expect((await bound.get(at('/x', 'seeker'))).status).toBe(200);
    expect(seen).toHaveLength(2);
  });

  test('is told what is wrong with a connection: never made, disconnected, or an integration that is none', async () => {
    const missing = await user.get(at('/x', 'unmade'));
    expect([missing.status, missing.json.code]).toEqual([409, 'connection_missing']);
    expect((await user.get(at('/x', 'no-such-thing'))).status).toBe(404);
    const gone = await made('unmade');
    await app.owner.post(`/v1/connections/${gone}/disconnect`);
    const disconnected = await user.get(at('/x', gone));
    expect([disconnected.status, disconnected.json.code, disconnected.json.reason]).toEqual([
      409,
      'connection_missing',
      'disconnected',
    ]);
    expect(seen).toEqual([]);
  });
});
