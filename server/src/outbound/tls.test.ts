import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate, type TestCertificate } from '../../test/certificate.ts';
import type { Trusted } from './credential-source.ts';
import type { RunningOutbound } from './outbound.ts';
import { listen, testCall, testOutbound } from './under-test.ts';

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
const company = {
  ...makeCertificate({ name: 'Company Root', validTo: inDays(900), isAuthority: true }),
  name: 'Company Root',
};
const other = makeCertificate({ name: 'Other Root', validTo: inDays(900), isAuthority: true });
const of = (name: string, days = 300) => makeCertificate({ name, validTo: inDays(days), issuer: company });

const GOOD = 'gitlab.company.test';
const servers: Record<string, TestCertificate> = {
  good: of(GOOD),
  ended: of(GOOD, -1),
  early: makeCertificate({ name: GOOD, validFrom: inDays(1), validTo: inDays(300), issuer: company }),
  otherName: of('wiki.company.test'),
  selfSigned: makeCertificate({ name: GOOD, validTo: inDays(300), isAuthority: true }),
};
const ports: Record<string, number> = {};
const received: string[] = [];
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  for (const [name, shown] of Object.entries(servers)) {
    const server = createServer(shown, (request, response) => {
      received.push(`${name} ${request.headers['x-api-key']}`);
      response.end('secure');
    });
    const { port, close } = await listen(server, '127.0.0.1', 'https');
    ports[name] = port;
    closing.push(close);
  }
});
afterAll(() => Promise.all(closing.map((close) => close())));

let outbound: RunningOutbound | undefined;
afterEach(async () => {
  await outbound?.close();
  outbound = undefined;
  received.length = 0;
});

async function callTo(server: string, more: { host?: string; trusted?: Trusted; extraCa?: string[] }) {
  outbound ??= testOutbound({
    allow: Object.values(ports).map((port) => `127.0.0.1:${port}`),
    resolve: async () => ['127.0.0.1'],
    extraCa: more.extraCa ?? [],
  });
  const { host = GOOD, trusted } = more;
  return await outbound.call({
    ...testCall(`https://${host}:${ports[server]}/`, { maxAttempts: 3 }),
    trusted,
  });
}

const ofCompany = (...hosts: string[]): Trusted => ({ authorities: company.cert, hosts });
const refusedAs = (detail: string) => ({ kind: 'unreachable', cause: 'tls', mayHaveHappened: false, detail });

describe('a server with a certificate of a company’s own authority', () => {
  it('is believed for its host where the authority was uploaded, and where the operator trusts it', async () => {
    expect(await callTo('good', { trusted: ofCompany(GOOD) })).toMatchObject({ kind: 'answer' });
    await outbound?.close();
    outbound = undefined;
    expect(await callTo('good', { extraCa: [company.cert] })).toMatchObject({ kind: 'answer' });
    expect(received).toEqual(['good fake-key-good-0001', 'good fake-key-good-0001']);
  });

  it('is believed in no other call: not without the authority, with another one, nor for another host', async () => {
    expect(await callTo('good', { trusted: ofCompany(GOOD) })).toMatchObject({ kind: 'answer' });
    const unknown = refusedAs('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await callTo('good', {})).toMatchObject(unknown);
    expect(await callTo('good', { trusted: { authorities: other.cert, hosts: [GOOD] } })).toMatchObject(
      unknown,
    );
    expect(await callTo('otherName', { host: 'wiki.company.test', trusted: ofCompany(GOOD) })).toMatchObject(
      unknown,
    );
    expect(received).toHaveLength(1);
  });

  it.each([
    ['whose certificate has ended', 'ended', 'CERT_HAS_EXPIRED'],
    ['whose certificate is not valid yet', 'early', 'CERT_NOT_YET_VALID'],
    ['whose certificate is for another name', 'otherName', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['that signed its certificate itself', 'selfSigned', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ])('%s is refused all the same, and is sent no credential', async (_, server, detail) => {
    expect(await callTo(server, { trusted: ofCompany(GOOD) })).toMatchObject(refusedAs(detail));
    expect(received).toEqual([]);
  });

  it('that signed its certificate itself is believed where this very certificate was uploaded', async () => {
    const trusted = { authorities: servers.selfSigned?.cert ?? '', hosts: [GOOD] };
    expect(await callTo('selfSigned', { trusted })).toMatchObject({ kind: 'answer' });
    expect(await callTo('good', { trusted })).toMatchObject({ kind: 'unreachable', cause: 'tls' });
  });
});

it('nothing of Keyrail turns the checks of certificates off', () => {
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  const files = ['server/src', 'sdk/src', 'web/src', 'contract/src', 'scripts'].flatMap((folder) =>
    readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
  );
  const product = files.filter((name) => /\.(ts|tsx|mjs)$/.test(name) && !/test\.tsx?$/.test(name));
  expect(product.length).toBeGreaterThan(500);
  const off =
    /rejectUnauthorized\W+(?!true\b)\w|checkServerIdentity|NODE_TLS_REJECT_UNAUTHORIZED|InsecureSkipVerify|SSL_OP_|allowPartialTrustChain|strictSSL/;
  expect(product.filter((name) => off.test(readFileSync(root + name, 'utf8')))).toEqual([]);
  expect(off.test('rejectUnauthorized: false')).toBe(true);
  expect(off.test('rejectUnauthorized: true')).toBe(false);
});
