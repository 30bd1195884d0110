import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import type { OutboundCall } from './call.ts';
import type { Credential, CredentialSource } from './credential-source.ts';
import type { RunningOutbound } from './outbound.ts';
import { backoffMs, retryAfterSeconds } from './retry.ts';
import { httpServer, type TestServer, testCall, testOutbound } from './under-test.ts';

type Reply = (response: ServerResponse, request: IncomingMessage) => void;

let server: TestServer;
let outbound: RunningOutbound;
let slept: number[];
beforeEach(() => {
  slept = [];
});
afterEach(async () => {
  await outbound.close();
  await server.close();
});

/** Time passes at once, and is written down. */
function instantClock(): Clock {
  let passed = 0;
  return {
    now: () => new Date(Date.UTC(2026, 0, 1) + passed),
    sleep: async (ms) => {
      slept.push(ms);
      passed += ms;
    },
  };
}

/** One reply after the other, the last one for all that follow. */
async function replying(...replies: Reply[]): Promise<void> {
  let count = 0;
  server = await httpServer((request, response) => {
    const reply = replies[Math.min(count, replies.length - 1)];
    count += 1;
    reply?.(response, request);
  });
  outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`], clock: instantClock() });
}

const status = (code: number, headers: Record<string, string> = {}): Reply => {
  return (response) => response.writeHead(code, headers).end();
};
const hangUp: Reply = (_, request) => request.socket.destroy();
const breakOff: Reply = (response, request) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('half', () => request.socket.destroy());
};

function call(method: string, more: Partial<OutboundCall> = {}) {
  const request = { method, url: `${server.origin}/`, headers: {} };
  return outbound.call(testCall(request.url, { request, maxAttempts: 3, ...more }));
}

describe('a call', () => {
  it.each(['GET', 'POST'])(
    '%s is repeated after a 429 when the time it asks for has passed',
    async (method) => {
      await replying(status(429, { 'retry-after': '7' }), status(503, { 'retry-after': '3' }), status(200));
      expect(await call(method)).toMatchObject({ kind: 'answer', answer: { status: 200 } });
      expect(server.requests).toHaveLength(3);
      expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(10_000);
    },
  );

  it('is handed back as rate_limited when the wait is longer than the caller has', async () => {
    await replying(status(429, { 'retry-after': '99999999' }));
    const outcome = await call('GET', { patienceMs: 5_000 });
    expect(outcome).toMatchObject({
      kind: 'rate_limited',
      retryAfterSeconds: 3_600,
      answer: { status: 429 },
    });
    expect(server.requests).toHaveLength(1);
    // Everybody else on this connection is told without another call.
    expect(await call('GET', { patienceMs: 5_000 })).toMatchObject({ kind: 'rate_limited', answer: null });
    expect(server.requests).toHaveLength(1);
  });

  it('ends as rate_limited after its last attempt', async () => {
    await replying(status(429, { 'retry-after': '1' }));
    expect((await call('GET')).kind).toBe('rate_limited');
    expect(server.requests).toHaveLength(3);
  });

  it.each([
    ['502', status(502)],
    ['504', status(504)],
    ['hanging up', hangUp],
    ['breaking off', breakOff],
  ])('that is idempotent or repeatable is repeated after %s', async (_, reply) => {
    for (const [method, repeatable] of [
      ['GET', undefined],
      ['PUT', undefined],
      ['POST', true],
    ] as const) {
      await replying(reply, reply, status(200));
      const outcome = await call(method, repeatable === undefined ? {} : { repeatable });
      expect(outcome).toMatchObject({ kind: 'answer', answer: { status: 200 } });
      expect(server.requests).toHaveLength(3);
      await outbound.close();
      await server.close();
    }
    await replying(status(200));
  });

  it.each([
    ['502', status(502)],
    ['504', status(504)],
    ['hanging up', hangUp],
    ['breaking off', breakOff],
  ])('that may not be repeated ends as unknown after %s, and is sent once', async (_, reply) => {
    await replying(reply);
    expect((await call('POST')).kind).toBe('unknown');
    expect(server.requests).toHaveLength(1);
    expect((await call('GET', { repeatable: false })).kind).toBe('unknown');
    expect(server.requests).toHaveLength(2);
  });

  it('that may not be repeated ends as unknown when no answer came in time', async () => {
    server = await httpServer(() => {});
    outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`], limits: { totalTimeoutMs: 200 } });
    expect((await call('POST')).kind).toBe('unknown');
    expect(server.requests).toHaveLength(1);
  });

  it('that never left is repeated whatever its method, and is unreachable in the end', async () => {
    await replying(status(200));
    await server.close();
    expect(await call('POST')).toMatchObject({ kind: 'unreachable', cause: 'tcp', mayHaveHappened: false });
    expect(slept).toHaveLength(2);
  });

  it.each([500, 400, 404, 402, 403])('answered with %i is not repeated', async (code) => {
    await replying(status(code));
    expect(await call('GET')).toMatchObject({ kind: 'answer', answer: { status: code } });
    expect(server.requests).toHaveLength(1);
  });

  it('is read as its integration reads it: a 403 that throttles, a 429 that is final', async () => {
    await replying(status(403), status(200));
    const asked = { kind: 'throttled', retryAfterSeconds: 2 } as const;
    const read: OutboundCall['read'] = (answer) => (answer.status === 403 ? asked : { kind: 'final' });
    expect(await call('GET', { read })).toMatchObject({ answer: { status: 200 } });
    expect(slept).toEqual([2_000]);
  });

  it('stops waiting when it is cancelled', async () => {
    await replying(() => {});
    const controller = new AbortController();
    const ongoing = call('GET', { signal: controller.signal });
    while (server.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect(await ongoing).toEqual({ kind: 'cancelled', mayHaveHappened: true });
    expect(await call('GET', { signal: controller.signal })).toEqual({
      kind: 'cancelled',
      mayHaveHappened: false,
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe('a refused credential', () => {
  const credential = (version: number): Credential => ({
    version,
    apply: (request) => ({ ...request, headers: { ...request.headers, 'x-api-key': `key-${version}` } }),
    secrets: [new Secret(`key-${version}`)],
  });
  const source = (newer: Credential | null): CredentialSource & { refusals: number[] } => {
    const refusals: number[] = [];
    return {
      refusals,
      current: async () => ({ kind: 'credential', credential: credential(1) }),
      refused: async (version) => {
        refusals.push(version);
        return newer;
      },
    };
  };
  const onlySecond: Reply = (response, request) => {
    response.writeHead(request.headers['x-api-key'] === 'key-2' ? 200 : 401).end();
  };

  it('is replaced by a newer version and the call repeated once, even a POST: a rotation fails nothing', async () => {
    await replying(onlySecond);
    const credentials = source(credential(2));
    const outcome = await call('POST', { credential: credentials, maxAttempts: 1 });
    expect(outcome).toMatchObject({ kind: 'answer', answer: { status: 200, credentialVersion: 2 } });
    expect(credentials.refusals).toEqual([1]);
    expect(server.requests).toHaveLength(2);
  });

  it('is an answer where there is no newer one, and after the second refusal', async () => {
    await replying(status(401));
    expect(await call('GET', { credential: source(null) })).toMatchObject({ answer: { status: 401 } });
    expect(server.requests).toHaveLength(1);
    expect(await call('GET', { credential: source(credential(2)) })).toMatchObject({
      answer: { status: 401, credentialVersion: 2 },
    });
    expect(server.requests).toHaveLength(3);
  });

  it('that is not there makes no call', async () => {
    await replying(status(200));
    const none: CredentialSource = {
      current: async () => ({ kind: 'unavailable', because: 'unreadable' }),
      refused: async () => null,
    };
    expect(await call('GET', { credential: none })).toEqual({ kind: 'no_credential', because: 'unreadable' });
    expect(server.requests).toHaveLength(0);
  });
});

describe('Retry-After', () => {
  const now = new Date('2026-01-01T00:00:00Z');
  it.each([
    ['5', 5],
    ['0', 1],
    ['1.5', 2],
    ['99999999', 3_600],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 1],
    ['Fri, 01 Jan 2077 00:00:00 GMT', 3_600],
    ['Wed, 99 Foo', null],
    ['-1', null],
    ['', null],
    ['soon', null],
  ])('%j is a wait of %s seconds', (value, seconds) => {
    expect(retryAfterSeconds({ 'retry-after': value }, now)).toBe(seconds);
  });

  it('missing, the wait doubles with some chance in it', () => {
    expect([1, 2, 3, 9].map((attempts) => backoffMs(attempts, () => 0))).toEqual([250, 500, 1_000, 4_000]);
    expect([1, 2, 3, 9].map((attempts) => backoffMs(attempts, () => 1))).toEqual([500, 1_000, 2_000, 8_000]);
  });
});
