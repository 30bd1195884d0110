import { createServer } from 'node:https';
import { afterEach, expect, test } from 'vitest';
import { testCertificate } from '../../test/certificate.ts';
import { createSkewWatch } from './clock-skew.ts';
import { askOwnAddress } from './own-address.ts';
import { httpServer, listen, testCall, testOutbound } from './under-test.ts';

let server: Awaited<ReturnType<typeof listen>> | undefined;
afterEach(async () => {
  await server?.close();
});

const NEXT_YEAR = new Date(Date.now() + 365 * 86_400_000);

async function asked(presented: ReturnType<typeof testCertificate>, extraCa: string[]) {
  server = await listen(
    createServer(presented, (_, response) => response.end('{}')),
    '127.0.0.1',
    'https',
  );
  return askOwnAddress(new URL(`https://localhost:${server.port}/`), { extraCa });
}

test('a certificate that browsers would not take is told for what it is', async () => {
  const good = testCertificate('localhost', NEXT_YEAR);
  const fine = await asked(good, [good.cert]);
  expect(fine).toMatchObject({ kind: 'answer', status: 200 });
  expect(fine.kind === 'answer' && fine.validUntil?.getFullYear()).toBe(NEXT_YEAR.getFullYear());
  await server?.close();
  expect(await asked(good, [])).toMatchObject({ kind: 'bad_certificate', because: 'self_signed' });
  await server?.close();
  const old = testCertificate('localhost', new Date('2024-01-01'));
  expect(await asked(old, [old.cert])).toMatchObject({ kind: 'bad_certificate', because: 'expired' });
  await server?.close();
  const other = testCertificate('other.test', NEXT_YEAR);
  expect(await asked(other, [other.cert])).toMatchObject({ kind: 'bad_certificate', because: 'wrong_name' });
});

test('an answer without end is not read to its end, a redirect is not followed, and silence has a limit', async () => {
  const endless = await httpServer((_, response) => {
    const more = () => {
      if (response.destroyed) return;
      response.write('x'.repeat(64_000), more);
    };
    more();
  });
  server = endless;
  const got = await askOwnAddress(new URL(endless.origin));
  expect(got.kind === 'answer' && got.body.length).toBeLessThan(200_000);
  await endless.close();

  const elsewhere = await httpServer((_, response) =>
    response.writeHead(302, { location: 'http://elsewhere.test/sign-in' }).end(),
  );
  server = elsewhere;
  const redirected = await askOwnAddress(new URL(elsewhere.origin));
  expect(redirected).toMatchObject({
    kind: 'answer',
    status: 302,
    location: 'http://elsewhere.test/sign-in',
  });
  await elsewhere.close();

  const silent = await httpServer(() => {});
  server = silent;
  const nothing = await askOwnAddress(new URL(silent.origin), { longestMs: 100 });
  expect(nothing).toMatchObject({ kind: 'unreachable', detail: 'no answer in time' });
  await silent.close();
  expect(await askOwnAddress(new URL(silent.origin))).toMatchObject({ detail: 'ECONNREFUSED' });
});

test('how far our clock is off is heard from the dates of the answers to calls, and from no cache', async () => {
  const ahead = new Date(Date.now() + 300_000).toUTCString();
  const tool = await httpServer((_, response) => response.writeHead(200, { date: ahead }).end('{}'));
  server = tool;
  const outbound = testOutbound({ allow: [`127.0.0.1:${tool.port}`] });
  expect(outbound.skew()).toBeNull();
  await outbound.call(testCall(`${tool.origin}/`));
  const heard = outbound.skew();
  await outbound.close();
  expect(heard?.hosts).toBe(1);
  expect(Math.abs((heard?.medianMs ?? 0) - 300_000)).toBeLessThan(3_000);

  let now = 1_000_000_000_000;
  const watch = createSkewWatch({ now: () => new Date(now) });
  const says = (host: string, skewMs: number, more = {}) => {
    now += 1_000;
    const date = new Date(now + skewMs).toUTCString();
    watch.see(`https://${host}/a`, { date, ...more }, new Date(now));
  };
  says('cached.test', -900_000, { age: '900' });
  expect(watch.skew()).toBeNull();
  says('one.test', 0);
  says('wrong.test', 7_200_000);
  says('two.test', 0);
  // One wrong clock among several is not ours.
  expect(Math.abs(watch.skew()?.medianMs ?? 9e9)).toBeLessThanOrEqual(1_000);
});
