import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../test/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** Sends bytes as they are and reads until the server closes or has answered. */
function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(app.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setTimeout(5_000, () => socket.destroy(new Error(`no end after: ${answer}`)));
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (/\r\n\r\n[\s\S]*\}/.test(answer)) socket.end();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) => (answer ? resolve(answer) : reject(error)));
    socket.end(text);
  });
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

describe('framing', () => {
  const bad: [string, string][] = [
    [
      'Content-Length and Transfer-Encoding',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'two Content-Lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd',
    ],
    ['a sign in Content-Length', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na'],
    ['a space before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n'],
    ['a bare line feed', 'GET / HTTP/1.1\nHost: x\n\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    [
      'Transfer-Encoding other than chunked',
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n',
    ],
    [
      'a chunk whose size is no number',
      'POST /v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n',
    ],
  ];
  test.each(bad)('with %s is refused with 400 and the connection closed', async (_name, text) => {
    const answer = await raw(text);
    expect(statusOf(answer)).toBe(400);
    expect(answer).toMatch(/connection: close/i);
  });

  test('with two Hosts is refused', async () => {
    const answer = await raw('GET /health/live HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
    expect(statusOf(answer)).toBe(400);
  });

  test('with two Authorization headers, or two cookies, is refused', async () => {
    for (const name of ['Authorization: Bearer kr_', 'Cookie: keyrail=', 'Keyrail-Workspace: wsp_']) {
      const answer = await raw(`GET /v1/workspace HTTP/1.1\r\nHost: x\r\n${name}a\r\n${name}b\r\n\r\n`);
      expect(statusOf(answer)).toBe(400);
    }
  });

  test('with a whole address instead of a path is refused', async () => {
    expect(statusOf(await raw('GET http://evil.test/health/live HTTP/1.1\r\nHost: x\r\n\r\n'))).toBe(400);
  });

  test('TRACE is not taken', async () => {
    expect(statusOf(await raw('TRACE /health/live HTTP/1.1\r\nHost: x\r\n\r\n'))).toBe(405);
  });

  test('with a path of 100,000 characters is refused', async () => {
    expect(statusOf(await raw(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`))).toBe(414);
  });

  test('with a cookie of 20 KB is refused', async () => {
    expect(statusOf(await raw(`GET / HTTP/1.1\r\nHost: x\r\nCookie: a=${'a'.repeat(20_000)}\r\n\r\n`))).toBe(
      431,
    );
  });

  test.each(['integrations', 'custom-integrations', 'oauth/apps', 'connections', 'proxy'])(
    'for one of the %s by a name that is endless, holds NUL or that objects have from birth finds nothing',
    async (kind) => {
      for (const name of ['x'.repeat(3_000), 'a%00b', '__proto__', 'constructor', 'toString']) {
        const got = await app.owner.get(`/v1/${kind}/${name}`);
        const posted = await app.owner.post(`/v1/${kind}/${name}/x`);
        expect([name, got.status, posted.status, got.json.code]).toEqual([name, 404, 404, 'not_found']);
      }
    },
  );

  test('with 2,000 query parameters, or a % that stands for nothing, is refused', async () => {
    const many = await app.anonymous.get(`/v1/setup?${Array.from({ length: 2_000 }, (_, i) => i).join('&')}`);
    expect(many.status).toBe(400);
    for (const path of ['/v1/%zz', '/icons/%ff', '/%3Cscript%3E%']) {
      const refused = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect(refused.split('\r\n')[0]).toBe('HTTP/1.1 400 Bad Request');
      for (const said of [
        /^content-security-policy: default-src 'none'/m,
        /^x-content-type-options: nosniff/m,
        /^content-type: application\/problem\+json/m,
        /"code":"invalid_input","detail":"The path is not well-formed\."/,
      ])
        expect(refused, path).toMatch(said);
      expect(refused).not.toContain(path);
    }
  });
});

describe('a body', () => {
  const json = { 'content-type': 'application/json' };
  const send = (text: string, headers: Record<string, string> = json) =>
    app.owner.post('/v1/tokens', text, headers);

  test('of JSON with unknown fields is refused, naming them', async () => {
    const answer = await app.owner.patch('/v1/workspace', { name: 'New', role: 'owner', id: 'wsp_x' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(answer.json).toMatchObject({
      code: 'invalid_input',
      fields: [
        { path: 'role', message: 'There is no such field.' },
        { path: 'id', message: 'There is no such field.' },
      ],
    });
    expect((await app.owner.get('/v1/workspace')).json.name).toBe('Acme');
  });

  test.each([
    '{"__proto__":{"isAdmin":true}}',
    '{"constructor":{"prototype":{"isAdmin":true}}}',
    '{"a":[{"__proto__":1}]}',
  ])('that reaches for prototypes is refused and pollutes nothing: %s', async (text) => {
    expect((await send(text)).status).toBe(400);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });

  test('nested a million deep is refused, and the server lives', async () => {
    const answer = await send('['.repeat(1_000_000));
    expect(answer.status).toBe(400);
    expect(answer.json.detail).toMatch('64 levels');
  });

  test('above the limit is refused before it is read', async () => {
    const answer = await send(JSON.stringify({ name: 'x'.repeat(1_100_000) }));
    expect(answer.status).toBe(413);
    expect(answer.json.code).toBe('too_large');
  });

  test('without end is cut off at the limit', async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(97));
      },
    });
    const answer = await fetch(`${app.url}/v1/tokens`, {
      method: 'POST',
      headers: { ...app.owner.headers, ...json },
      body,
      duplex: 'half',
    } as RequestInit).catch((error: Error) => error);
    expect(answer instanceof Error || answer.status === 413).toBe(true);
    expect(sent).toBeLessThan(8_000_000);
  });

  test.each([
    [{ 'content-type': 'text/plain' }],
    [{ 'content-type': 'multipart/form-data; boundary=x' }],
    [{ 'content-type': 'application/x-www-form-urlencoded' }],
    [{ 'content-type': 'application/json; charset=utf-16' }],
    [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }],
    [{ 'content-type': '' }],
  ])('of another kind is refused with 415: %j', async (headers) => {
    expect((await send('{"name":"x"}', headers as Record<string, string>)).status).toBe(415);
  });

  test('that is not JSON, or not UTF-8, is refused without repeating it', async () => {
    const answer = await send('{"password": secret-value-0001');
    expect(answer.status).toBe(400);
    expect(answer.text).not.toContain('secret-value');
    const bytes = await fetch(`${app.url}/v1/tokens`, {
      method: 'POST',
      headers: { ...app.owner.headers, ...json },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(bytes.status).toBe(400);
  });

  test('with a NUL in any text is refused by the name of the field, and nothing fails inside', async () => {
    const nul = 'a\0b';
    const asked = [
      await app.owner.post('/v1/tables', { name: nul }),
      await app.owner.post('/v1/tokens', { name: nul, scopes: ['tables:read'] }),
      await app.owner.patch('/v1/workspace', { name: nul }),
      await app.owner.post('/v1/connections', { integration: 'hunter', name: nul, credentials: {} }),
      await app.owner.post('/v1/connections', { integration: 'hunter', credentials: { api_key: nul } }),
      await app.owner.post('/v1/connections', { integration: 'hunter', credentials: { [nul]: 'x' } }),
      await app.anonymous.post('/v1/session', { email: nul, password: nul }),
      await app.owner.get('/v1/connections?integration=%00'),
    ];
    for (const answer of asked) {
      expect(answer.status, answer.text).toBe(400);
      expect(answer.json.fields[0].message).toMatch('NUL');
    }
    expect(asked[4]?.json.fields).toMatchObject([{ path: 'credentials.api_key' }]);
  });

  test('where none is taken is refused, as are a query nobody asked for and a parameter given twice', async () => {
    expect((await app.owner.get('/v1/workspace?debug=1')).status).toBe(400);
    expect((await app.owner.get('/v1/members?limit=1&limit=2')).status).toBe(400);
    expect((await app.owner.request('DELETE', '/v1/sessions/others', { all: true })).status).toBe(400);
  });
});

describe('an error', () => {
  test('names its request, in the body and in a header', async () => {
    const answer = await app.anonymous.get('/v1/workspace');
    expect(answer.status).toBe(401);
    expect(answer.json).toMatchObject({ type: 'about:blank', status: 401, code: 'unauthenticated' });
    expect(answer.json.request_id).toMatch(/^req_[0-9a-z]{26}$/);
    expect(answer.headers.get('request-id')).toBe(answer.json.request_id);
  });

  test('is a problem document for an unknown path and a wrong method, for browsers too, and reflects nothing', async () => {
    const unknown = await app.anonymous.get('/v1/<script>alert(1)</script>', { accept: 'text/html' });
    expect(unknown.status).toBe(404);
    expect(unknown.headers.get('content-type')).toMatch('application/problem+json');
    expect(unknown.text).not.toContain('script');
    const wrong = await app.anonymous.request('PUT', '/v1/session');
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('DELETE, GET, POST');
  });

  test('about an id in the path is the same for one that is not well-formed and one that is unknown', async () => {
    const odd = await app.owner.delete('/v1/tokens/tok_nonsense');
    const unknown = await app.owner.delete('/v1/tokens/tok_01m7xqekr6f2x9g9anwaxrmkrb');
    const without = ({ request_id: _, ...rest }: Record<string, unknown>) => rest;
    expect(odd.status).toBe(404);
    expect(without(odd.json)).toEqual(without(unknown.json));
  });

  test('about a cursor or If-Match says what is wrong with it', async () => {
    expect((await app.owner.get('/v1/tokens?cursor=abc')).json.fields[0].path).toBe('cursor');
    expect((await app.owner.patch('/v1/workspace', {}, { 'if-match': 'abc' })).json.fields[0].path).toBe(
      'If-Match',
    );
  });
});

describe('a change on an old version', () => {
  test('is refused with 412, and one on the present version goes through', async () => {
    const before = (await app.owner.get('/v1/workspace')).headers.get('etag') ?? '';
    const first = await app.owner.patch(
      '/v1/workspace',
      { contact_for_help: 'Help desk' },
      { 'if-match': before },
    );
    expect(first.status).toBe(200);
    expect(first.headers.get('etag')).not.toBe(before);
    const second = await app.owner.patch(
      '/v1/workspace',
      { contact_for_help: 'Other' },
      { 'if-match': before },
    );
    expect([second.status, second.json.code]).toEqual([412, 'edited_meanwhile']);
    expect((await app.owner.get('/v1/workspace')).json.contact_for_help).toBe('Help desk');
  });
});

describe('every answer', () => {
  test('carries the security headers, whatever its status', async () => {
    const answers = await Promise.all([
      app.owner.get('/v1/workspace'),
      app.anonymous.get('/v1/workspace'),
      app.anonymous.get('/v1/nothing'),
      app.anonymous.get('/'),
      app.anonymous.get('/docs'),
      app.anonymous.get('/health/ready'),
    ]);
    for (const { headers } of answers) {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch("default-src 'none'");
      expect(policy).toMatch("frame-ancestors 'none'");
      expect(policy).toMatch("base-uri 'none'");
      expect(policy).not.toMatch(/unsafe/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toMatch(/^same-origin/);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('strict-transport-security')).toBeNull();
    }
    const unreadable = await raw('GET / HTTP/1.1\nHost: x\n\n');
    expect(unreadable).toMatch(/content-security-policy: default-src 'none'/);
  });

  test('gives no other site leave to read it', async () => {
    for (const origin of ['https://evil.test', 'null', 'http://127.0.0.1.evil.test']) {
      const answer = await app.anonymous.get('/v1/setup?code=x', { origin });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      const preflight = await app.anonymous.request('OPTIONS', '/v1/session', undefined, {
        origin,
        'access-control-request-method': 'POST',
      });
      expect(preflight.status).toBe(405);
      expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

describe('a change asked for by a page of another site', () => {
  test.each([
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'https://evil.test' }],
    [{ origin: 'null' }],
  ])('is refused: %j', async (headers) => {
    for (const [method, path] of [
      ['POST', '/v1/session'],
      ['DELETE', '/v1/session'],
      ['POST', '/v1/tokens'],
      ['PATCH', '/v1/workspace'],
    ] as const) {
      const answer = await app.owner.request(method, path, undefined, headers as Record<string, string>);
      expect([answer.status, answer.json.reason]).toEqual([403, 'cross_site']);
    }
  });

  test('is let through from our own page', async () => {
    const answer = await app.owner.patch(
      '/v1/workspace',
      { name: 'Acme' },
      { origin: app.url, 'sec-fetch-site': 'same-origin' },
    );
    expect(answer.status).toBe(200);
  });
});

describe('the description of the API', () => {
  test('is OpenAPI 3.1 with every route by a name of its own, and readable as a page', async () => {
    const { json } = await app.anonymous.get('/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    for (const { method, url, policy } of app.routes) {
      if (!url.startsWith('/v1/') || policy === 'public') continue;
      const path = url.replace(/\*$/, ':path').replace(/:(\w+)/g, '{$1}');
      expect([path, method, json.paths[path]?.[method.toLowerCase()] !== undefined]).toEqual([
        path,
        method,
        true,
      ]);
    }
    const operations = Object.values(json.paths).flatMap((path) => Object.values(path as object));
    expect(operations.filter(({ summary }) => !summary)).toEqual([]);
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('get_tables_by_id_rows_by_row_id_cells_by_column_id');
    const page = await app.anonymous.get('/docs');
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/<script|src="http|href="http/);
  });
});

describe('whoever writes a program is told what is wrong, and what to do', () => {
  test.each([
    ['?limit=0', 'limit', 'Must be at least 1.'],
    ['?limit=many', 'limit', 'Must be a number.'],
    [`?search=${'a'.repeat(10_000)}`, 'search', 'Must have at most 200 characters.'],
    ['?search=a&search=b', 'search', 'Must be a text, not a list; in an address, give it once.'],
    ['?serach=a', 'serach', 'There is no such field.'],
    ['?cursor=bad', 'cursor', 'Not a cursor of this list. Start without one.'],
  ])('of a query %s', async (query, path, message) => {
    const { status, json } = await app.owner.get(`/v1/integrations${query}`);
    expect([status, json.code, json.fields]).toEqual([400, 'invalid_input', [{ path, message }]]);
    expect(json.detail).toContain(message);
  });

  test.each([
    [{}, 'integration: Is missing. · credentials: Is missing.'],
    [{ integration: 7, credentials: 'x' }, 'integration: Must be a text. · credentials: Must be an object'],
    [[], 'The body must be a JSON object.'],
    [{ integration: 'Hunter.io', credentials: {} }, 'Did you mean “hunter”?'],
    [{ integration: 'hunter', method: 'oauth2', credentials: {} }, 'It does with: api_key.'],
    [{ integration: 'hunter', credentials: {} }, 'API key is missing.'],
  ])('of a body %j', async (body, words) => {
    const { status, json } = await app.owner.post('/v1/connections', body);
    expect([status, json.code]).toEqual([400, 'invalid_input']);
    expect(json.detail).toContain(words);
  });

  test.each([
    ['/v1/integrations/HubSpot', 'Did you mean “hubspot”?'],
    ['/v1/proxy/qqqqqqqq/me', 'GET /v1/integrations?search=… finds those that there are.'],
    ['/v1/integrations/', 'without the slash at its end?'],
    ['/v1/tables/', 'without the slash at its end?'],
    ['/v1/integrations/hunter/', 'Did you mean /v1/integrations/hunter?'],
    ['//v1/integrations', 'Did you mean /v1/integrations?'],
    ['/V1/connections', 'Did you mean /v1/connections?'],
    ['/v1/nothing', '/docs lists those that there are.'],
  ])('of %s, which is not there', async (path, words) => {
    const { status, json } = await app.owner.get(path);
    expect([status, json.code]).toEqual([404, 'not_found']);
    expect(json.detail).toContain(words);
  });

  test('of a method that an address does not take', async () => {
    const reading = await app.owner.get('/v1/imports/preview');
    expect([reading.status, reading.headers.get('allow')]).toEqual([405, 'POST']);
    const head = await app.owner.request('HEAD', '/v1/integrations');
    expect([head.status, head.headers.get('allow')]).toEqual([405, 'GET']);
  });
});

test('what watches servers may ask for the head alone', async () => {
  for (const path of ['/health/live', '/health/ready'])
    expect((await app.anonymous.request('HEAD', path)).status).toBe(200);
});
