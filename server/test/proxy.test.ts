import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startApp } from './app.ts';
import { BOMB } from './bomb.ts';
import {
  answers,
  app,
  at,
  connectionId,
  KEY,
  made,
  port,
  queryId,
  raw,
  seen,
  settings,
  useProxy,
  user,
} from './proxied.ts';

/** What one's own code can do with a connection through `/v1/proxy`, over the whole server. */
useProxy();

describe('a call through the proxy', () => {
  test('goes to the address of the integration with the credential on it, and its answer comes back as it was', async () => {
    answers((_request, response) => {
      response.writeHead(207, { 'x-request-cost': '3', 'content-type': 'application/json', etag: '"a"' });
      response.end('{"found":1}');
    });
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
      answers((_request, response) => response.writeHead(200, { 'x-said': 'yes' }).end());
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
    answers((_request, response) => response.writeHead(status, headers).end(text));
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

  test('carries headers and parameters of any name there and back, also those that objects have from birth', async () => {
    answers((_request, response) => {
      response.writeHead(200, ['__proto__', 'a', 'constructor', 'b', 'toString', 'c']).end();
    });
    const path = '/x?__proto__=1&constructor=2&toString=3&__proto__=4';
    const headers = { constructor: 'two', tostring: 'three', ...JSON.parse('{"__proto__":"one"}') };
    const got = await raw(at(path), { headers });
    const named = (all: readonly string[]) =>
      ['__proto__', 'constructor', 'tostring'].map(
        (name) => all[all.findIndex((one) => one.toLowerCase() === name) + 1],
      );
    expect(seen[0]?.line).toBe(`GET /v1${path}`);
    expect(named(seen[0]?.raw ?? [])).toEqual(['one', 'two', 'three']);
    expect(named(got.raw)).toEqual(['a', 'b', 'c']);
  });

  test('hands a redirect back and does not follow it', async () => {
    answers((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    );
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
    answers((_request, response) =>
      response.writeHead(307, { location, 'content-location': location }).end(),
    );
    const got = await raw(at('/a/b'), { method: 'DELETE' });
    expect(got.status).toBe(307);
    const whole = `http://127.0.0.1:${port}${path}`;
    expect([got.headers.location, got.headers['content-location']]).toEqual([whole, whole]);
  });

  test('sends nobody on into our own API, who would go there with all their rights', async () => {
    const { host } = new URL(app.url);
    for (const location of [`http://${host}/v1/connections/x`, `//${host}/v1/x`, `HTTP://${host}/v1/x`]) {
      answers((_request, response) => response.writeHead(307, { location }).end());
      const got = await raw(at('/a'), { method: 'DELETE' });
      expect([got.status, got.headers.location], location).toEqual([307, undefined]);
    }
  });

  test('streams: the first part of an answer is there before the last is written', async () => {
    let finish = () => {};
    answers((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: one\n\n');
      finish = () => response.end('data: two\n\n');
    });
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
    answers((_request, response) => {
      closed = once(response, 'close');
      response.write('beginning');
    });
    const stop = new AbortController();
    const response = await fetch(app.url + at('/long'), { headers: user.headers, signal: stop.signal });
    await response.body?.getReader().read();
    stop.abort();
    await closed;
  });
});

describe('an answer', () => {
  test('cannot act for our origin: no cookies, no storage cleared, nothing run, nothing framed', async () => {
    answers((_request, response) => {
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
    });
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
    answers((request, response) => {
      const echo = JSON.stringify(request.headers);
      response.writeHead(400, { 'x-echo': String(request.headers['x-api-key']) });
      response.end(
        `${echo} ${echo} ${Buffer.from(KEY).toString('base64')} ${encodeURIComponent(request.url ?? '')}`,
      );
    });
    for (const id of [connectionId, queryId]) {
      const got = await user.get(at('/x', id));
      expect(got.status).toBe(400);
      expect(got.text + JSON.stringify([...got.headers])).not.toContain(KEY);
      expect(got.text).not.toContain(Buffer.from(KEY).toString('base64').slice(0, 20));
    }
  });

  test('that unpacks to 200 MB is told as too large', async () => {
    answers((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip, gzip, gzip' }).end(BOMB),
    );
    const got = await user.get(at('/x'));
    expect([got.status, got.json.code, got.headers.get('keyrail-error')]).toEqual([
      502,
      'upstream_too_large',
      'true',
    ]);
  });

  test('that goes on for ever is broken off, and one that never comes is told as late', async () => {
    answers((request, response) => {
      if (request.url?.endsWith('/silent')) return;
      const timer = setInterval(() => response.write('.'), 10);
      response.once('close', () => clearInterval(timer));
    });
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
    answers((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('ten bytes.', () => response.destroy());
    });
    await expect(raw(at('/x'))).rejects.toThrow();
  });

  test('says in words when its limit is used up, and others who share it wait', async () => {
    let toldAt = 0;
    answers((_request, response) => {
      toldAt = performance.now();
      response.writeHead(429, { 'retry-after': '1' }).end('slow down');
    });
    const got = await user.get(at('/x'));
    expect([got.status, got.headers.get('retry-after'), got.text]).toEqual([429, '1', 'slow down']);
    let askedAt = 0;
    answers((_request, response) => {
      askedAt = performance.now();
      response.end('fine');
    });
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

describe('a refused call', () => {
  test('is repeated with the key that took its place, also when another process replaced it', async () => {
    const rotated = await made('finder');
    expect((await user.get(at('/x', rotated))).status).toBe(200);
    answers((request, response) =>
      response.writeHead(request.headers['x-api-key'] === KEY ? 401 : 200).end('said'),
    );
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
    answers((_request, response) => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end('no'));
    const got = await user.get(at('/x', lone));
    expect([got.status, got.text, got.headers.get('keyrail-error')]).toEqual([401, 'no', null]);
  });
});
