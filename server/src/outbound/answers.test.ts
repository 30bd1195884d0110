import { randomBytes } from 'node:crypto';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOMB, packedOnce } from '../../test/bomb.ts';
import { bodyText } from './answer-body.ts';
import type { RunningOutbound } from './outbound.ts';
import type { CallOutcome } from './outcome.ts';
import { httpServer, type TestServer, tcpServer, testCall, testOutbound } from './under-test.ts';

const MB = 1024 * 1024;
let server: TestServer | undefined;
let outbound: RunningOutbound | undefined;
beforeEach(() => {
  server = undefined;
  outbound = undefined;
});
afterEach(async () => {
  await outbound?.close();
  await server?.close();
});

async function callTo(
  present: TestServer,
  limits: Parameters<typeof testOutbound>[0] = {},
): Promise<CallOutcome> {
  server = present;
  outbound = testOutbound({ allow: [`127.0.0.1:${present.port}`], ...limits });
  return await outbound.call(testCall(`${present.origin}/`));
}

function answering(body: Buffer, headers: Record<string, string> = {}) {
  return httpServer((_, response) => response.writeHead(200, headers).end(body));
}

/** What a stream of bytes on a bare socket comes to. */
function raw(text: string, after: 'end' | 'keep' = 'end') {
  return tcpServer((socket) => {
    socket.once('data', () => (after === 'end' ? socket.end(text) : socket.write(text)));
  });
}

describe('a compressed answer', () => {
  const large = Buffer.alloc(40 * MB);

  it('of 268 bytes that would decode to 200 MB stops at the limit', async () => {
    const present = await answering(BOMB, { 'content-encoding': 'gzip, gzip, gzip' });
    global.gc?.();
    const before = process.memoryUsage().rss;
    expect(await callTo(present)).toEqual({ kind: 'too_large', limitBytes: 10 * MB });
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * MB);
  });

  it.each([
    ['gzip', packedOnce()],
    ['br', brotliCompressSync(large)],
    ['deflate', deflateSync(large)],
    ['zstd', zstdCompressSync(large)],
    ['deflate', deflateRawSync(large)],
  ])('in %s stops at the limit', async (encoding, body) => {
    const outcome = await callTo(await answering(body, { 'content-encoding': encoding }));
    expect(outcome.kind).toBe('too_large');
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
    ['identity', (body: Buffer) => body],
    ['GZIP, identity', gzipSync],
  ])('in %s is read as what it was', async (encoding, compress) => {
    const outcome = await callTo(
      await answering(compress(Buffer.from('{"a":1}')), { 'content-encoding': encoding }),
    );
    expect(outcome.kind === 'answer' && bodyText(outcome.answer)).toBe('{"a":1}');
  });

  it.each([
    ['gzip', Buffer.from('not gzip')],
    ['gzip', gzipSync(Buffer.from('whole answer')).subarray(0, 15)],
    ['compress', Buffer.from('x')],
    ['gzip, gzip, gzip, gzip', gzipSync(Buffer.from('x'))],
    ['__proto__', Buffer.from('x')],
  ])('in %s that cannot be read is an invalid response', async (encoding, body) => {
    const outcome = await callTo(await answering(body, { 'content-encoding': encoding }));
    expect(outcome.kind).toBe('invalid_response');
  });
});

describe('a long answer', () => {
  it('without an end stops at the limit, and its socket is closed', async () => {
    let isClosed: () => void = () => {};
    const closed = new Promise<void>((resolve) => (isClosed = resolve));
    const present = await httpServer((_, response) => {
      const chunk = randomBytes(64 * 1024);
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on('drain', more).on('close', isClosed);
      more();
    });
    expect((await callTo(present)).kind).toBe('too_large');
    await closed;
  });

  it('that says so beforehand is not read', async () => {
    const present = await raw('HTTP/1.1 200 OK\r\ncontent-length: 200000000\r\n\r\n', 'keep');
    expect((await callTo(present)).kind).toBe('too_large');
  });
});

describe('a slow third party', () => {
  const limits = { connectTimeoutMs: 300, headersTimeoutMs: 1_000, totalTimeoutMs: 600 };
  const drip = (head: string, piece: string) =>
    tcpServer((socket) => {
      socket.write(head);
      const timer = setInterval(() => socket.write(piece), 50);
      socket.on('close', () => clearInterval(timer));
    });

  it('that begins late is heard by a patient call alone', async () => {
    const present = await httpServer((_, response) => {
      setTimeout(() => response.end('{}'), 2_200).unref();
    });
    const hurried = { ...limits, headersTimeoutMs: 100, totalTimeoutMs: 5_000 };
    const outbound = testOutbound({ allow: [`127.0.0.1:${present.port}`], limits: hurried });
    const call = (isPatient: boolean) =>
      outbound.call(testCall(present.origin, { isPatient, maxAttempts: 1 }));
    // The client's clock for headers ticks once a second.
    const kinds = (await Promise.all([call(false), call(true)])).map(({ kind }) => kind);
    await outbound.close();
    await present.close();
    expect(kinds).toEqual(['unreachable', 'answer']);
  });

  it.each([
    [
      'sends one byte at a time',
      () => drip('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', '1\r\na\r\n'),
    ],
    ['sends early hints for ever', () => drip('', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n')],
    [
      'sends trailers for ever',
      () => drip('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n', 'a: b\r\n'),
    ],
    ['sends headers for ever', () => drip('HTTP/1.1 200 OK\r\n', 'a: b\r\n')],
    [
      'sends events for ever',
      () => drip('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n', 'data: x\n\n'),
    ],
    ['never sends anything', () => tcpServer(() => {})],
  ])('that %s ends at the total time', async (_, start) => {
    const before = performance.now();
    const outcome = await callTo(await start(), { limits });
    expect(outcome).toMatchObject({ kind: 'unreachable', cause: 'timeout', mayHaveHappened: true });
    expect(performance.now() - before).toBeGreaterThan(500);
  });

  it('that never finishes its TLS handshake ends at the connect time, and nothing was sent', async () => {
    server = await tcpServer(() => {});
    outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`], limits });
    const outcome = await outbound.call(testCall(`https://127.0.0.1:${server.port}/`));
    expect(outcome).toMatchObject({ kind: 'unreachable', cause: 'timeout', mayHaveHappened: false });
  });
});

describe('a broken answer', () => {
  it.each([
    ['cut off after 10 of 1000 bytes', 'HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n0123456789'],
    ['cut off in a chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nabc'],
    [
      'with two framings',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ],
    ['with 1000 headers', `HTTP/1.1 200 OK\r\n${'x-filler-name: some value\r\n'.repeat(1_000)}\r\n`],
    ['with a header of 64 KB', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(65_536)}\r\n\r\n`],
    ['that is no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ])('%s is an invalid response', async (_, text) => {
    expect((await callTo(await raw(text))).kind).toBe('invalid_response');
  });

  it('that never began is unreachable, and may have happened', async () => {
    expect(await callTo(await raw(''))).toEqual({
      kind: 'unreachable',
      cause: 'reset',
      mayHaveHappened: true,
      detail: 'the connection broke',
    });
  });
});

describe('the body of an answer', () => {
  it('is text by its mark, its charset, or UTF-8', () => {
    const text = (body: Buffer, type = '') => bodyText({ body, headers: { 'content-type': type } });
    const utf16be = Buffer.from('{"é":1}', 'utf16le').swap16();
    expect(text(Buffer.from('\uFEFFé'))).toBe('é');
    expect(text(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('é', 'utf16le')]))).toBe('é');
    expect(text(Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be]))).toBe('{"é":1}');
    expect(text(Buffer.from('é', 'latin1'), 'text/plain; charset=ISO-8859-1')).toBe('é');
    expect(text(Buffer.from('é'), 'text/plain; charset=nonsense')).toBe('é');
    expect(text(Buffer.from([0x61, 0xff, 0x62]))).toBe('a\uFFFDb');
    expect(text(Buffer.from('key', 'utf16le'))).toBe('key');
  });
});
