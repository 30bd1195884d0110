import { once } from 'node:events';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BOMB, packedOnce } from '../../test/bomb.ts';
import {
  answering,
  outbound,
  server,
  serving,
  servingSockets,
  stream,
  textOf,
  useServing,
} from './stream-under-test.ts';

useServing();

describe('an answer', () => {
  test('is handed over with its first part, before the other side has written the rest', async () => {
    let finish = () => {};
    await serving((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: one\n\n');
      finish = () => response.end('data: two\n\n');
    });
    const outcome = await stream('/events');
    if (outcome.kind !== 'answer' || Buffer.isBuffer(outcome.answer.body)) throw new Error('no stream');
    const { body } = outcome.answer;
    const [first] = await once(body, 'data');
    expect(String(first)).toBe('data: one\n\n');
    finish();
    const [second] = await once(body, 'data');
    expect(String(second)).toBe('data: two\n\n');
  });

  test('that nobody reads makes the other side wait instead of filling our memory', async () => {
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024, 'a');
    await serving(
      (_request, response) => {
        const more = () => {
          while (written < 200_000_000) {
            written += chunk.length;
            if (!response.write(chunk)) {
              response.once('drain', more);
              return;
            }
          }
          response.end();
        };
        more();
      },
      { maxStreamBytes: 1_000_000_000 },
    );
    const outcome = await stream('/large');
    await new Promise((resolve) => setImmediate(resolve));
    const seen = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(written).toBeLessThan(Math.max(seen, 20_000_000));
    if (outcome.kind === 'answer' && !Buffer.isBuffer(outcome.answer.body)) outcome.answer.body.destroy();
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])(
    'that is compressed (%s) is handed over as it reads, without its encoding',
    async (encoding, compress) => {
      const text = 'plain words, '.repeat(1_000);
      await serving((_request, response) => {
        const body = compress(Buffer.from(text));
        response.writeHead(200, { 'content-encoding': encoding, 'content-length': String(body.length) });
        response.end(body);
      });
      const outcome = await stream('/');
      expect(outcome).toMatchObject({ kind: 'answer', answer: { status: 200 } });
      if (outcome.kind === 'answer') expect(outcome.answer.headers).not.toHaveProperty('content-encoding');
      expect(await textOf(outcome)).toBe(text);
    },
  );

  test('that unpacks to 200 MB is refused before its first byte is handed over, however often it is packed', async () => {
    const before = process.memoryUsage().rss;
    for (const [encoding, body] of [
      ['gzip', packedOnce()],
      ['gzip, gzip, gzip', BOMB],
    ] as const) {
      await serving((_request, response) => {
        response.writeHead(200, { 'content-encoding': encoding });
        response.end(body);
      });
      expect(await stream('/')).toMatchObject({ kind: 'too_large' });
      await outbound?.close();
      await server?.close();
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  test('that is compressed is looked at while it is unpacked, however busy this process is', async () => {
    let send = () => {};
    await serving((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).flushHeaders();
      send = () => {
        response.end(gzipSync(Buffer.alloc(3 * 1024 * 1024)));
        const until = performance.now() + 400;
        while (performance.now() < until);
      };
    });
    const peeks = () => {
      setImmediate(send);
      return false;
    };
    expect(await stream('/', { peeks })).toMatchObject({ kind: 'too_large' });
  });

  test('longer than the limit is refused where its length says so, and broken off where it does not', async () => {
    await serving(
      (request, response) => {
        if (request.url === '/said') response.setHeader('content-length', '5000');
        response.write('a'.repeat(2_500));
        response.end('a'.repeat(2_500));
      },
      { maxStreamBytes: 4_000 },
    );
    expect(await stream('/said')).toMatchObject({ kind: 'too_large' });
    await expect(stream('/unsaid').then(textOf)).rejects.toMatchObject({ because: 'too_large' });
  });

  test('that goes on for ever ends with the time a call has, and so does one that never begins', async () => {
    await serving(
      (request, response) => {
        if (request.url === '/silent') return;
        const timer = setInterval(() => response.write('.'), 5);
        response.once('close', () => clearInterval(timer));
      },
      { streamTotalTimeoutMs: 100, streamIdleTimeoutMs: 5_000 },
    );
    await expect(stream('/endless').then(textOf)).rejects.toMatchObject({ because: 'timeout' });
    expect(await stream('/silent')).toMatchObject({ kind: 'unreachable', cause: 'timeout' });
  });

  test('that breaks off is never taken for a whole one', async () => {
    await servingSockets((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nten bytes.'));
    });
    await expect(stream('/').then(textOf)).rejects.toMatchObject({ because: 'cut_off' });
  });

  test('that is no HTTP is told as such', async () => {
    await servingSockets((socket) => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\nhello'),
      );
    });
    expect(await stream('/')).toMatchObject({ kind: 'invalid_response' });
  });

  test('has stars where it repeats the key, in headers and body, also across two parts and as base64', async () => {
    const key = 'fake-key-old-0001';
    await serving((_request, response) => {
      const encoded = Buffer.from(`Bearer ${key}`).toString('base64');
      response.writeHead(200, { 'x-echo': `you sent ${key}` });
      response.write(`{"key":"${key.slice(0, 7)}`);
      setImmediate(() => response.end(`${key.slice(7)}","base64":"${encoded}"}`));
    });
    const outcome = await stream('/');
    const text = await textOf(outcome);
    expect(text).not.toContain(key);
    expect(text).toContain(`{"key":"${'*'.repeat(key.length)}"`);
    expect(Buffer.from(/base64":"([^"]+)"/.exec(text)?.[1] ?? '', 'base64').toString()).not.toContain(key);
    if (outcome.kind === 'answer') expect(outcome.answer.headers['x-echo']).not.toContain(key);
  });
});

describe('a streamed call', () => {
  test('passes the same guard as any other', async () => {
    await serving(answering(200, 'x'));
    const elsewhere = await stream('/', {
      request: { method: 'GET', url: 'http://10.0.0.5:8080/', headers: {} },
      allowedOrigins: ['http://10.0.0.5:8080'],
    });
    expect(elsewhere).toEqual({ kind: 'egress_denied', reason: 'address' });
    const otherHost = await stream('/', { allowedOrigins: ['https://api.example.com'] });
    expect(otherHost).toEqual({ kind: 'egress_denied', reason: 'host' });
    expect(server?.connections()).toBe(0);
  });

  test('holds its place in the connection until its answer was read, and is counted', async () => {
    await serving(
      (request, response) => {
        if (request.url === '/second') response.end('two');
        else response.write('one');
      },
      { concurrencyPerConnection: 1 },
    );
    const first = await stream('/first');
    expect(await stream('/second', { patienceMs: 50 })).toMatchObject({ kind: 'rate_limited' });
    if (first.kind !== 'answer' || Buffer.isBuffer(first.answer.body)) throw new Error('no stream');
    first.answer.body.destroy();
    await once(first.answer.body, 'close');
    expect(await textOf(await stream('/second'))).toBe('two');
    await outbound?.flush();
    expect(outbound?.counted).toEqual(
      expect.arrayContaining([expect.objectContaining({ statusClass: '2xx', calls: 2, consumer: 'test' })]),
    );
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('without a body (%s, %i) holds no place', async (method, status) => {
    await serving(answering(status, '', { 'content-length': '5', 'content-encoding': 'gzip' }), {
      concurrencyPerConnection: 1,
    });
    const request = { method, url: `${server?.origin}/`, headers: {} };
    for (let count = 0; count < 3; count += 1) {
      expect(await stream('/', { request, patienceMs: 50 })).toMatchObject({
        kind: 'answer',
        answer: { status, body: Buffer.alloc(0) },
      });
    }
  });

  test('given up by whoever asked ends at the other side too', async () => {
    let closed: Promise<unknown> | undefined;
    await serving((_request, response) => {
      closed = once(response, 'close');
      response.write('beginning');
    });
    const stop = new AbortController();
    const outcome = await stream('/', { signal: stop.signal });
    stop.abort();
    await expect(textOf(outcome)).rejects.toMatchObject({ because: 'cancelled' });
    await closed;
  });

  test('is sent again on a new socket where an idle one was closed under it, if its method may be', async () => {
    let count = 0;
    await servingSockets((socket) => {
      socket.on('data', () => {
        count += 1;
        if (count === 2) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      });
    });
    expect(await textOf(await stream('/'))).toBe('ok');
    expect(await textOf(await stream('/'))).toBe('ok');
    expect(count).toBe(3);
  });
});
