import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate, type TestCertificate } from '../../test/certificate.ts';
import { ownPort } from '../../test/own-port.ts';
import { Secret } from '../lib/secret.ts';
import { clientCertificate } from './client-sockets.ts';
import { literalCredential, type OwnTls } from './credential-source.ts';
import type { RunningOutbound } from './outbound.ts';
import { listen, testOutbound } from './under-test.ts';

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);
const authority = (name: string) => ({
  ...makeCertificate({ name, validTo: inDays(900), isAuthority: true }),
  name,
});
const ca = authority('Client Root');
const otherCa = authority('Other Root');
const issued = (name: string, days = 300, issuer = ca) =>
  makeCertificate({ name, validTo: inDays(days), issuer });
const serverCertificate = makeCertificate({
  name: 'api.mutual.test',
  validTo: inDays(300),
  isAuthority: true,
});
const overCertificate = makeCertificate({ name: 'api.mutual.test', validTo: inDays(-1), isAuthority: true });

/** Says whose certificate it saw; who has none, or one of another authority, is told so or cut off. */
interface Mutual {
  port: number;
  /** Whom every request came from, and on which socket. */
  seen: { subject: string; socket: number }[];
  sockets(): number;
  close(): Promise<void>;
}

async function mutual(cutsOff: boolean, shown: TestCertificate = serverCertificate): Promise<Mutual> {
  const seen: Mutual['seen'] = [];
  const numbers = new Map<object, number>();
  const server: Server = createServer(
    { key: shown.key, cert: shown.cert, ca: ca.cert, requestCert: true, rejectUnauthorized: cutsOff },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const subject = String(socket.getPeerCertificate()?.subject?.CN ?? '');
      numbers.set(socket, numbers.get(socket) ?? numbers.size + 1);
      seen.push({ subject, socket: numbers.get(socket) ?? 0 });
      if (socket.authorized) return void response.end(`hello ${subject}`);
      response.writeHead(400).end(`No required SSL certificate was sent (${socket.authorizationError})`);
    },
  );
  const { port, connections, close } = await listen(server, '127.0.0.1', 'https');
  return { port, seen, sockets: connections, close };
}

const hasOpenSsl = spawnSync('openssl', ['version']).status === 0;

/** OpenSSL's own server: it ends the handshake with an alert that says what is wrong. Nothing else here does. */
async function alerting(version: string): Promise<Mutual> {
  const folder = mkdtempSync(join(tmpdir(), 'keyrail-mutual-'));
  const at = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const port = await ownPort();
  const child = spawn('openssl', [
    ...['s_server', '-accept', `127.0.0.1:${port}`, '-www', version === '1.2' ? '-tls1_2' : '-tls1_3'],
    ...['-cert', at('cert', serverCertificate.cert), '-key', at('key', serverCertificate.key)],
    ...['-CAfile', at('ca', ca.cert), '-Verify', '1', '-verify_return_error'],
  ]);
  for await (const chunk of child.stdout) if (String(chunk).includes('ACCEPT')) break;
  const close = async () => {
    child.kill();
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(folder, { recursive: true });
  };
  return { port, seen: [], sockets: () => 0, close };
}

const asClient = (made: TestCertificate, trusted: string | null = serverCertificate.cert): OwnTls =>
  clientCertificate(made.cert, new Secret(made.key), trusted);

let polite: Mutual;
let strict: Mutual;
let over: Mutual;
beforeAll(async () => {
  [polite, strict, over] = await Promise.all([mutual(false), mutual(true), mutual(false, overCertificate)]);
});
afterAll(() => Promise.all([polite.close(), strict.close(), over.close()]));

let outbound: RunningOutbound | undefined;
afterEach(async () => {
  await outbound?.close();
  outbound = undefined;
});

async function callWith(at: Mutual, tls: OwnTls | undefined, more: { method?: string; url?: string } = {}) {
  outbound ??= testOutbound({
    allow: [polite.port, strict.port, over.port, at.port].map((port) => `127.0.0.1:${port}`),
    resolve: async () => ['127.0.0.1'],
  });
  const url = more.url ?? `https://api.mutual.test:${at.port}/`;
  return await outbound.call({
    request: { method: more.method ?? 'GET', url, headers: {} },
    allowedOrigins: [new URL(url).origin],
    credential: literalCredential({ version: 1, apply: (request) => request, secrets: [], tls }),
    workspaceId: 'wsp_1',
    connectionId: 'con_1',
    consumer: 'test',
    maxAttempts: 1,
  });
}

async function textOf(outcome: Awaited<ReturnType<typeof callWith>>): Promise<unknown> {
  return outcome.kind === 'answer' ? [outcome.answer.status, outcome.answer.body.toString()] : outcome;
}

describe('a client certificate', () => {
  it('of the right authority is shown, and the server knows who it is', async () => {
    const good = asClient(issued('anna.example'));
    expect(await textOf(await callWith(polite, good))).toEqual([200, 'hello anna.example']);
    expect(await textOf(await callWith(strict, good))).toEqual([200, 'hello anna.example']);
  });

  it.each<[string, () => OwnTls, RegExp]>([
    ['that is over', () => asClient(issued('old.example', -1)), /CERT_HAS_EXPIRED/],
    ['of another authority', () => asClient(issued('else.example', 300, otherCa)), /UNABLE_TO_VERIFY/],
  ])(
    '%s is refused: said by a server that says so, a broken connection where it cuts off',
    async (_, made, words) => {
      expect(await textOf(await callWith(polite, made()))).toEqual([400, expect.stringMatching(words)]);
      expect(await callWith(strict, made())).toMatchObject({
        kind: 'unreachable',
        cause: expect.stringMatching(/reset|client_certificate/),
      });
    },
  );

  it('that is missing is refused', async () => {
    outbound = testOutbound({
      allow: [`127.0.0.1:${polite.port}`],
      resolve: async () => ['127.0.0.1'],
      extraCa: [serverCertificate.cert],
    });
    expect(await textOf(await callWith(polite, undefined))).toEqual([
      400,
      expect.stringMatching(/No required SSL certificate/),
    ]);
  });

  it.skipIf(!hasOpenSsl).each([['1.3'], ['1.2']])(
    'that is refused by an alert of TLS %s is told apart from a broken connection, and the call did not happen',
    async (version) => {
      const refused = { kind: 'unreachable', cause: 'client_certificate', mayHaveHappened: false };
      const server = await alerting(version);
      try {
        const by = (tls: OwnTls) => callWith(server, tls, { method: 'POST' });
        expect(await by(asClient(issued('old.example', -1)))).toMatchObject(refused);
        expect(await by(asClient(issued('else.example', 300, otherCa)))).toMatchObject(refused);
        const good = await callWith(server, asClient(issued('anna.example')));
        expect(good).toMatchObject({ kind: 'answer', answer: { status: 200 } });
      } finally {
        await server.close();
      }
    },
  );

  it('does not make the server believed: signed by itself, over or for another name it is refused as ever', async () => {
    const refused = { kind: 'unreachable', cause: 'tls', mayHaveHappened: false };
    const made = issued('anna.example');
    const before = [polite.seen.length, over.seen.length];
    expect(await callWith(polite, asClient(made, null))).toMatchObject(refused);
    expect(await callWith(polite, asClient(made, otherCa.cert))).toMatchObject(refused);
    expect(await callWith(over, asClient(made, overCertificate.cert))).toMatchObject({
      ...refused,
      detail: 'CERT_HAS_EXPIRED',
    });
    const url = `https://api.other.test:${polite.port}/`;
    expect(await callWith(polite, asClient(made), { url })).toMatchObject(refused);
    expect([polite.seen.length, over.seen.length]).toEqual(before);
  });

  it('trusts the authority it came with for its own sockets alone', async () => {
    await callWith(polite, asClient(issued('anna.example')));
    expect(await callWith(polite, undefined)).toMatchObject({ kind: 'unreachable', cause: 'tls' });
  });

  it('is never sent over plain HTTP', async () => {
    const url = `http://127.0.0.1:${polite.port}/`;
    expect(await callWith(polite, asClient(issued('anna.example')), { url })).toEqual({
      kind: 'egress_denied',
      reason: 'scheme',
    });
  });

  it('has its sockets for itself: they are used again for it, and never for another', async () => {
    const [anna, ben] = [asClient(issued('anna.example')), asClient(issued('ben.example'))];
    const start = polite.seen.length;
    for (const one of [anna, ben, anna, ben, anna]) await callWith(polite, one);
    const seen = polite.seen.slice(start);
    expect(seen.map((one) => one.subject)).toEqual([
      'anna.example',
      'ben.example',
      'anna.example',
      'ben.example',
      'anna.example',
    ]);
    const socketsOf = (subject: string) =>
      new Set(seen.flatMap((one) => (one.subject === subject ? [one.socket] : [])));
    expect(socketsOf('anna.example').size).toBe(1);
    expect(socketsOf('ben.example').size).toBe(1);
    expect([...socketsOf('anna.example')]).not.toEqual([...socketsOf('ben.example')]);
  });

  it('and key that cannot be used at all end the call before anything is sent', async () => {
    const key = new Secret(issued('ben.example').key);
    const broken = clientCertificate(issued('anna.example').cert, key, serverCertificate.cert);
    expect(await callWith(polite, broken)).toMatchObject({
      kind: 'unreachable',
      cause: 'client_certificate',
      mayHaveHappened: false,
    });
  });
});
