import { createServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { testCertificate } from '../../test/certificate.ts';
import type { RunningOutbound } from './outbound.ts';
import { listen, testCall, testOutbound } from './under-test.ts';

let outbound: RunningOutbound | undefined;
let server: Awaited<ReturnType<typeof listen>> | undefined;
const received: string[] = [];
afterEach(async () => {
  await outbound?.close();
  await server?.close();
  received.length = 0;
});

const NEXT_YEAR = new Date(Date.now() + 365 * 86_400_000);

async function callTo(host: string, presented: ReturnType<typeof testCertificate>, extraCa: string[]) {
  const https = createServer(presented, (request, response) => {
    received.push(String(request.headers['x-api-key']));
    response.end('secure');
  });
  server = await listen(https, '127.0.0.1', 'https');
  outbound = testOutbound({
    allow: [`127.0.0.1:${server.port}`],
    resolve: async () => ['127.0.0.1'],
    extraCa,
  });
  return await outbound.call(testCall(`https://${host}:${server.port}/`, { maxAttempts: 3 }));
}

describe('a certificate', () => {
  it('of an authority the operator trusts, for this very name, is accepted', async () => {
    const good = testCertificate('api.good.test', NEXT_YEAR);
    expect(await callTo('api.good.test', good, [good.cert])).toMatchObject({ kind: 'answer' });
    expect(received).toEqual(['fake-key-good-0001']);
  });

  it('that is signed by itself, for another name, or over, is refused before the credential is sent', async () => {
    const refused = { kind: 'unreachable', cause: 'tls', mayHaveHappened: false };
    const good = testCertificate('api.good.test', NEXT_YEAR);
    expect(await callTo('api.good.test', good, [])).toMatchObject({
      ...refused,
      detail: expect.stringMatching(/SELF_SIGNED/),
    });
    await outbound?.close();
    await server?.close();
    expect(await callTo('api.other.test', good, [good.cert])).toMatchObject({
      ...refused,
      detail: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await outbound?.close();
    await server?.close();
    const over = testCertificate('api.over.test', new Date('2020-01-02T00:00:00Z'));
    expect(await callTo('api.over.test', over, [over.cert])).toMatchObject({
      ...refused,
      detail: 'CERT_HAS_EXPIRED',
    });
    expect(received).toEqual([]);
  });
});
