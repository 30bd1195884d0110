import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { literalCredential } from './credential-source.ts';
import { answerHeaders, callerHeaders, headerNameProblem, headerValueProblem } from './headers.ts';
import type { RunningOutbound } from './outbound.ts';
import type { OutboundRequest } from './request.ts';
import { httpServer, type TestServer, testCall, testOutbound } from './under-test.ts';

let server: TestServer;
let outbound: RunningOutbound;
beforeAll(async () => {
  server = await httpServer((_, response) => {
    response.writeHead(200, {
      connection: 'x-inner, keep-alive',
      'x-inner': '1',
      'set-cookie': ['a=1', 'b=2'],
      'x-outer': ['1', '2'],
    });
    response.end();
  });
  outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`] });
});
afterAll(async () => {
  await outbound.close();
  await server.close();
});

describe('a header', () => {
  it.each([
    'X A',
    '',
    'X:',
    'x\r\ny',
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'Proxy-Authorization',
    'Te',
    'Trailer',
    'Expect',
    'x'.repeat(201),
  ])('named %j cannot be set', (name) => {
    expect(headerNameProblem(name)).not.toBeNull();
  });

  it('of up to 16 KB is sent, a longer one is refused', () => {
    expect(headerValueProblem(`Bearer ${'a'.repeat(16_384)}`)).toBeNull();
    expect(headerValueProblem('a'.repeat(16_641))).not.toBeNull();
  });

  it('arrives exactly as it was given, or the call is refused; never is there another header', async () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('a\r\nX-Admin: 1', 'a\nb', 'a\0', 'a\u2028b', ' a', 'a '),
    );
    const plain = Object.keys(await headersOf('plain'));
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const before = server.requests.length;
        const outcome = await outbound.call(
          testCall(`${server.origin}/`, {
            request: { method: 'GET', url: `${server.origin}/`, headers: { 'x-value': value } },
          }),
        );
        if (outcome.kind === 'invalid_request') return server.requests.length === before;
        const arrived = server.headers.at(-1) ?? {};
        return arrived['x-value'] === value && Object.keys(arrived).join() === plain.join();
      }),
      { numRuns: 300 },
    );
  });

  it('with a stored value that cannot be sent refuses the call, and does not say the value', async () => {
    const apply = (request: OutboundRequest) => ({
      ...request,
      headers: { ...request.headers, 'x-key': 'fake\r\nkey' },
    });
    const credential = literalCredential({ version: 1, apply, secrets: [] });
    const before = server.requests.length;
    const outcome = await outbound.call(testCall(`${server.origin}/`, { credential }));
    expect(outcome).toMatchObject({ kind: 'invalid_request', problem: expect.stringContaining('x-key') });
    expect(JSON.stringify(outcome)).not.toContain('fake');
    expect(server.requests.length).toBe(before);
  });

  it.each(['GET\r\nX: 1', 'TRACE', 'CONNECT', 'foo', 'get', ''])(
    'does not come with the method %j',
    async (method) => {
      const request = { method, url: `${server.origin}/`, headers: {} };
      expect((await outbound.call(testCall(request.url, { request }))).kind).toBe('invalid_request');
    },
  );
});

describe('what a caller sends along', () => {
  it('loses who it says to be, the hop, the framing, and what Connection names', () => {
    const kept = callerHeaders({
      Authorization: 'Bearer attacker',
      Cookie: 'a=b',
      'X-Forwarded-For': '1.2.3.4',
      'x-forwarded-host': 'evil.test',
      Forwarded: 'for=1',
      Via: '1.1 x',
      Connection: 'X-Mine, close',
      'X-Mine': '1',
      Host: 'evil.test',
      'Content-Length': '3',
      'Transfer-Encoding': 'gzip, chunked',
      TE: 'trailers',
      Accept: 'text/plain',
      'X-Kept': '1',
    });
    expect(kept).toEqual({ accept: 'text/plain', 'x-kept': '1' });
  });
});

describe('what a third party answers', () => {
  it('comes without the hop, what Connection names, and cookies', async () => {
    const outcome = await outbound.call(testCall(`${server.origin}/`));
    if (outcome.kind !== 'answer') throw new Error(outcome.kind);
    expect(Object.keys(outcome.answer.headers).sort()).toEqual(['date', 'x-outer']);
    expect(outcome.answer.headers['x-outer']).toBe('1, 2');
    expect(answerHeaders({ 'transfer-encoding': 'chunked', 'keep-alive': 'x' })).toEqual({});
  });
});

async function headersOf(value: string) {
  const request = { method: 'GET', url: `${server.origin}/`, headers: { 'x-value': value } };
  await outbound.call(testCall(request.url, { request }));
  return server.headers.at(-1) ?? {};
}
