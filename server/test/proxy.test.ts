import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Client, startApp, type TestApp } from './app.ts';
import { BOMB } from './bomb.ts';
import { finder } from './finder.ts';

/** What one's own code can do with a connection through `/v1/proxy`, over the whole server. */
const KEY = 'fake-key-good-0001';
let upstream: Server;
let port: number;
let app: TestApp;
let user: Client & { token: string; id: string };
let connectionId: string;
let queryId: string;
/** What the other side does with the next requests, and what it was sent. */
let answer: (request: IncomingMessage, response: ServerResponse, body: string) => unknown;
let seen: { line: string; headers: IncomingMessage['headers']; raw: string[]; body: string }[];
const folder = mkdtempSync(join(tmpdir(), 'keyrail-proxy-'));

beforeAll(async () => {
  upstream = createServer(async (request, response) => {
    let body = '';
    request.on('error', () => {});
    try {
      for await (const chunk of request) body += chunk;
    } catch {
      return;
    }
    const { headers, rawHeaders, method, url } = request;
    seen.push({ line: `${method} ${url}`, headers, raw: rawHeaders, body });
    await answer(request, response, body);
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  port = (upstream.address() as AddressInfo).port;
  const origin = `http://127.0.0.1:${port}`;
  const file = (slug: string, more: object) =>
    writeFileSync(join(folder, `${slug}.yaml`), JSON.stringify({ ...finder(origin), slug, ...more }));
  const base = { base_url: `${origin}/v1`, default_headers: { 'X-Version': '2026-01' } };
  file('finder', base);
  const inQuery = [{ in: 'query', name: 'api_key', value: '{api_key}' }];
  const [keyed] = (finder(origin) as { auth: object[] }).auth;
  file('seeker', { ...base, auth: [{ ...keyed, send: inQuery }] });
  file('unmade', base);
  app = await startApp({ settings: settings() });
  connectionId = await made('finder');
  queryId = await made('seeker');
  user = await app.token(['connections:use']);
}, 60_000);
afterAll(async () => {
  await app.close();
  upstream.closeAllConnections();
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  seen = [];
  answer = (_request, response) => response.end('{"ok":true}');
});

const settings = () => ({
  KEYRAIL_CATALOG_DIR: folder,
  KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${port}`,
  KEYRAIL_PROXY_MAX_BYTES: '3000000',
});

async function made(integration: string): Promise<string> {
  const connected = await app.owner.post('/v1/connections', { integration, credentials: { api_key: KEY } });
  expect(connected.status, connected.text).toBe(201);
  return connected.json.id;
}

const at = (path: string, connection = connectionId) => `/v1/proxy/${connection}${path}`;

interface Raw {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

interface Asked {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
  /** Another server than the one of all tests. */
  server?: string;
}

/** The path exactly as written: `fetch` would tidy it up. */
function raw(path: string, options: Asked = {}) {
  return new Promise<Raw>((resolve, reject) => {
    const { hostname, port } = new URL(options.server ?? app.url);
    const headers = { authorization: `Bearer ${user.token}`, ...options.headers };
    const asked = httpRequest(
      { hostname, port, path, method: options.method ?? 'GET', headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });
}

describe('a call through the proxy', () => {
  test('goes to the address of the integration with the credential on it, and its answer comes back as it was', async () => {
    answer = (_request, response) => {
      response.writeHead(207, { 'x-request-cost': '3', 'content-type': 'application/json', etag: '"a"' });
      response.end('{"found":1}');
    };
    const got = await user.post(at('/search?q=a%20b&q=c&workspace=x&token=mine'), { deep: [1, { a: null }] });
    expect([got.status, got.text]).toEqual([207, '{"found":1}']);
    expect([got.headers.get('x-request-cost'), got.headers.get('etag')]).toEqual(['3', '"a"']);
    expect(seen).toMatchObject([
      {
        line: 'POST /v1/search?q=a%20b&q=c&workspace=x&token=mine',
        headers: { 'x-api-key': KEY, 'content-type': 'application/json', 'x-version': '2026-01' },
        body: '{"deep":[1,{"a":null}]}',
      },
    ]);
  });

  test('finds the default connection by the slug of its integration, and the address itself without a path', async () => {
    expect((await user.get(at('', 'finder'))).status).toBe(200);
    expect((await user.get(at('/', 'finder'))).status).toBe(200);
    expect(seen.map(({ line }) => line)).toEqual(['GET /v1', 'GET /v1/']);
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])(
    'is made with %s',
    async (method) => {
      answer = (_request, response) => response.writeHead(200, { 'x-said': 'yes' }).end();
      const got = await user.request(method, at('/x'));
      expect([got.status, got.headers.get('x-said')]).toEqual([200, 'yes']);
      expect(seen.map(({ line }) => line)).toEqual([`${method} /v1/x`]);
    },
  );

  test.each([
    [204, {}, ''],
    [304, { etag: '"a"' }, ''],
    [404, { 'content-type': 'text/plain' }, 'nothing here'],
    [500, {}, 'broken'],
    [422, { 'content-type': 'application/problem+json' }, '{"title":"theirs"}'],
  ] as const)('that is answered with %i is answered with it', async (status, headers, text) => {
    answer = (_request, response) => response.writeHead(status, headers).end(text);
    const got = await user.get(at('/x'));
    expect([got.status, got.text, got.headers.get('keyrail-error')]).toEqual([status, text, null]);
  });

  test('is counted to the connection and to whoever made it', async () => {
    await user.get(at('/counted'));
    await expect
      .poll(
        async () => {
          const { rows } = await app.database.db.systemPool.query(
            "select sum(calls)::int as calls from call_usage where consumer = $1 and connection_id = $2 and bucket = 'hour'",
            [`token:${user.id}`, connectionId],
          );
          return rows[0]?.calls ?? 0;
        },
        { timeout: 5_000 },
      )
      .toBeGreaterThan(0);
  });

  test('hands a redirect back and does not follow it', async () => {
    answer = (_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end();
    const got = await user.get(at('/x'));
    expect([got.status, got.headers.get('location')]).toEqual([
      302,
      'http://169.254.169.254/latest/meta-data/',
    ]);
    expect(seen).toHaveLength(1);
  });

  test.each([
    ['/v2/moved?a=1', '/v2/moved?a=1'],
    ['next', '/v1/a/next'],
    ['?page=2', '/v1/a/b?page=2'],
    ['http:/v2/odd', '/v2/odd'],
  ])('says where %s is: at the other side, not at us', async (location, path) => {
    answer = (_request, response) =>
      response.writeHead(307, { location, 'content-location': location }).end();
    const got = await raw(at('/a/b'), { method: 'DELETE' });
    expect(got.status).toBe(307);
    const whole = `http://127.0.0.1:${port}${path}`;
    expect([got.headers.location, got.headers['content-location']]).toEqual([whole, whole]);
  });

  test('sends nobody on into our own API, who would go there with all their rights', async () => {
    const { host } = new URL(app.url);
    for (const location of [`http://${host}/v1/connections/x`, `//${host}/v1/x`, `HTTP://${host}/v1/x`]) {
      answer = (_request, response) => response.writeHead(307, { location }).end();
      const got = await raw(at('/a'), { method: 'DELETE' });
      expect([got.status, got.headers.location], location).toEqual([307, undefined]);
    }
  });

  test('streams: the first part of an answer is there before the last is written', async () => {
    let finish = () => {};
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: one\n\n');
      finish = () => response.end('data: two\n\n');
    };
    const response = await fetch(app.url + at('/events'), { headers: user.headers });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe('data: one\n\n');
    finish();
    const second = await reader?.read();
    expect(Buffer.from(second?.value ?? []).toString()).toBe('data: two\n\n');
  });

  test('ends at the other side when the caller goes away', async () => {
    let closed: Promise<unknown> | undefined;
    answer = (_request, response) => {
      closed = once(response, 'close');
      response.write('beginning');
    };
    const stop = new AbortController();
    const response = await fetch(app.url + at('/long'), { headers: user.headers, signal: stop.signal });
    await response.body?.getReader().read();
    stop.abort();
    await closed;
  });
});

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

describe('an answer', () => {
  test('cannot act for our origin: no cookies, no storage cleared, nothing run, nothing framed', async () => {
    answer = (_request, response) => {
      response.writeHead(200, {
        'content-type': 'text/html',
        'set-cookie': 'a=b',
        'clear-site-data': '"*"',
        'content-security-policy': "default-src *; script-src 'unsafe-inline'",
        'access-control-allow-origin': '*',
        'strict-transport-security': 'max-age=1',
        'cache-control': 'public, max-age=1000',
        'service-worker-allowed': '/',
        'proxy-authenticate': 'Basic',
      });
      response.end('<script>alert(1)</script>');
    };
    const { headers } = await user.get(at('/page'));
    expect(headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    for (const name of [
      'set-cookie',
      'clear-site-data',
      'access-control-allow-origin',
      'service-worker-allowed',
    ])
      expect([name, headers.get(name)]).toEqual([name, null]);
  });

  test('does not show the credential, whatever the other side repeats', async () => {
    answer = (request, response) => {
      const echo = JSON.stringify(request.headers);
      response.writeHead(400, { 'x-echo': String(request.headers['x-api-key']) });
      response.end(
        `${echo} ${echo} ${Buffer.from(KEY).toString('base64')} ${encodeURIComponent(request.url ?? '')}`,
      );
    };
    for (const id of [connectionId, queryId]) {
      const got = await user.get(at('/x', id));
      expect(got.status).toBe(400);
      expect(got.text + JSON.stringify([...got.headers])).not.toContain(KEY);
      expect(got.text).not.toContain(Buffer.from(KEY).toString('base64').slice(0, 20));
    }
  });

  test('that unpacks to 200 MB is told as too large', async () => {
    answer = (_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip, gzip, gzip' }).end(BOMB);
    const got = await user.get(at('/x'));
    expect([got.status, got.json.code, got.headers.get('keyrail-error')]).toEqual([
      502,
      'upstream_too_large',
      'true',
    ]);
  });

  test('that goes on for ever is broken off, and one that never comes is told as late', async () => {
    answer = (request, response) => {
      if (request.url?.endsWith('/silent')) return;
      const timer = setInterval(() => response.write('.'), 10);
      response.once('close', () => clearInterval(timer));
    };
    // A server of its own, so that the others have all the time they need.
    const hasty = await startApp({
      database: app.database,
      keyFile: app.config.masterKeyFile,
      settings: { ...settings(), KEYRAIL_PROXY_TIMEOUT_SECONDS: '3', KEYRAIL_ROLE: 'api' },
    });
    try {
      const [endless, silent] = await Promise.allSettled(
        ['/endless', '/silent'].map((path) => raw(at(path), { server: hasty.url })),
      );
      expect(endless).toMatchObject({ status: 'rejected', reason: { message: 'aborted' } });
      const told = silent?.status === 'fulfilled' ? silent.value : null;
      expect([told?.status, JSON.parse(told?.text ?? '{}').code]).toEqual([504, 'upstream_timeout']);
    } finally {
      await hasty.close();
    }
  });

  test('that breaks off is broken off here, too', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('ten bytes.', () => response.destroy());
    };
    await expect(raw(at('/x'))).rejects.toThrow();
  });

  test('says in words when its limit is used up, and others who share it wait', async () => {
    let toldAt = 0;
    answer = (_request, response) => {
      toldAt = performance.now();
      response.writeHead(429, { 'retry-after': '1' }).end('slow down');
    };
    const got = await user.get(at('/x'));
    expect([got.status, got.headers.get('retry-after'), got.text]).toEqual([429, '1', 'slow down']);
    let askedAt = 0;
    answer = (_request, response) => {
      askedAt = performance.now();
      response.end('fine');
    };
    expect((await user.get(at('/x'))).text).toBe('fine');
    expect(askedAt - toldAt).toBeGreaterThan(900);
  });
});

describe('a body', () => {
  test('of any kind is passed on as it is: JSON that is none, bytes, something compressed, nothing at all', async () => {
    for (const [type, body] of [
      ['application/json', '{"not json'],
      ['application/octet-stream', '\u0000\u0001'],
      ['text/csv', 'a,b'],
    ] as const) {
      await user.request('POST', at('/in'), body, { 'content-type': type });
      expect(seen.at(-1)).toMatchObject({ body, headers: { 'content-type': type } });
    }
    await user.request('POST', at('/in'), 'zipped', {
      'content-type': 'text/csv',
      'content-encoding': 'gzip',
    });
    expect(seen.at(-1)?.headers['content-encoding']).toBe('gzip');
    await user.request('POST', at('/in'));
    expect(seen.at(-1)?.body).toBe('');
  });

  test('larger than the limit is refused, and a GET with one, too', async () => {
    const large = await user.request('POST', at('/in'), 'a'.repeat(3_000_001), {
      'content-type': 'text/plain',
    });
    expect([large.status, large.json?.code]).toEqual([413, 'too_large']);
    const got = await raw(at('/in'), { headers: { 'content-length': '2' }, body: '{}' });
    expect([got.status, JSON.parse(got.text).code]).toEqual([400, 'invalid_input']);
    expect(seen.filter(({ body }) => body.length > 3_000_000)).toEqual([]);
  });

  test('has our framing: one request arrives, whatever the caller says of its form', async () => {
    const { hostname, port: ours } = new URL(app.url);
    const socket = connect({ host: hostname, port: Number(ours) });
    socket.write(
      `POST ${at('/in')} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${user.token}\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    );
    const [first] = await once(socket, 'data');
    expect(String(first)).toMatch(/^HTTP\/1.1 200/);
    socket.destroy();
    expect(seen).toMatchObject([{ body: 'hello' }]);
    expect((await user.get(at('/next'))).status).toBe(200);
  });
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

describe('a refused call', () => {
  test('is repeated with the key that took its place, also when another process replaced it', async () => {
    const rotated = await made('finder');
    expect((await user.get(at('/x', rotated))).status).toBe(200);
    answer = (request, response) =>
      response.writeHead(request.headers['x-api-key'] === KEY ? 401 : 200).end('said');
    const replaced = await app.owner.patch(`/v1/connections/${rotated}`, {
      credentials: { api_key: 'fake-key-good-0002' },
    });
    expect(replaced.status, replaced.text).toBe(200);
    const got = await user.post(at('/x', rotated), { small: true });
    expect([got.status, got.text]).toEqual([200, 'said']);
    expect(seen.at(-1)?.body).toBe('{"small":true}');
  });

  test('of the only key there is comes back as it was, and the connection is looked at', async () => {
    const lone = await made('finder');
    answer = (_request, response) => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('no');
    const got = await user.get(at('/x', lone));
    expect([got.status, got.text, got.headers.get('keyrail-error')]).toEqual([401, 'no', null]);
  });
});
