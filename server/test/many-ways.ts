import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { jwtVerify } from 'jose';
import { makeCertificate } from './certificate.ts';
import { listenOn } from './door.ts';
import { find } from './finder.ts';

export const WAYS = [
  'api_key',
  'basic',
  'client_credentials',
  'google_key',
  'jwt_bearer',
  'aws_key',
  'certificate',
] as const;
export type WayName = (typeof WAYS)[number];

/** One way of credentials to a provider that stops to take an old one at once: the key, and every token made of it. */
export interface Way {
  name: WayName;
  /** The slug of its integration; the way is its first method. */
  slug: string;
  /** New credentials, taken from now on. */
  make(): Record<string, string>;
  revoke(credentials: Readonly<Record<string, string>>): void;
}

/** A provider that can be called in every way an integration authenticates; `GET /find` and `GET /me` answer. */
export interface ManyWays {
  ways: readonly Way[];
  /** Catalog files by name. */
  files: Readonly<Record<string, string>>;
  /** As KEYRAIL_ALLOWED_PRIVATE_HOSTS wants them. */
  hosts: string;
  /** Requests that came with what was not taken. */
  refused(): number;
  close(): Promise<void>;
}

interface Options {
  answerMs?: number;
  tokenSeconds?: number;
}

const ROBOT = 'robot@ways.example';
/** By what a credential is known: a key, a user name, a client id with its secret, a key id, a common name. */
type Known = Set<string>;

export async function startManyWays({ answerMs = 0, tokenSeconds = 3_600 }: Options = {}): Promise<ManyWays> {
  const known: Known = new Set();
  const tokens = new Map<string, { of: string; endsAt: number }>();
  const publicKeys = new Map<string, KeyObject>();
  let refused = 0;
  const authority = {
    ...makeCertificate({ name: 'Clients', validTo: later(900), isAuthority: true }),
    name: 'Clients',
  };
  const server = makeCertificate({ name: '127.0.0.1', validTo: later(300), isAuthority: true });

  const answer = (request: IncomingMessage, response: ServerResponse, who: string | null) => {
    request.resume();
    request.once('end', () =>
      setTimeout(() => {
        const isTaken = who !== null && known.has(who);
        if (!isTaken) refused += 1;
        const body = isTaken
          ? { id: 'ways', name: 'Ways', data: { email: 'jane@example.com' } }
          : { error: 'no' };
        response
          .writeHead(isTaken ? 200 : 401, { 'content-type': 'application/json' })
          .end(JSON.stringify(body));
      }, answerMs),
    );
  };
  const plain = createHttp((request, response) => {
    if (request.url === '/token') void give(request, response).catch(() => response.destroy());
    else answer(request, response, whoIn(request));
  });
  const mutual = createHttps(
    { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const name = String(socket.getPeerCertificate()?.subject?.CN ?? '');
      answer(request, response, socket.authorized ? `name ${name}` : null);
    },
  );
  for (const one of [plain, mutual]) one.keepAliveTimeout = 60_000;
  const [open, secure] = await Promise.all([listenOn(plain), listenOn(mutual)]);
  const origin = `http://127.0.0.1:${open.port}`;

  function whoIn({ headers }: IncomingMessage): string | null {
    const { authorization = '' } = headers;
    if (headers['x-api-key'] !== undefined) return `key ${headers['x-api-key']}`;
    const basic = /^Basic (.+)$/.exec(authorization)?.[1];
    if (basic !== undefined) return `basic ${Buffer.from(basic, 'base64')}`;
    const signer = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization)?.[1];
    if (signer !== undefined) return `aws ${signer}`;
    const token = tokens.get(authorization.replace(/^Bearer /, ''));
    return token === undefined || token.endsAt <= Date.now() ? null : token.of;
  }

  async function give(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = new URLSearchParams(text);
    const of = body.has('assertion') ? await signerOf(body.get('assertion') ?? '') : clientOf(request);
    const isTaken = of !== null && known.has(of);
    if (!isTaken) refused += 1;
    const token = randomBytes(24).toString('base64url');
    if (isTaken) tokens.set(token, { of, endsAt: Date.now() + tokenSeconds * 1_000 });
    const given = { access_token: token, token_type: 'Bearer', expires_in: tokenSeconds };
    const error = { error: body.has('assertion') ? 'invalid_grant' : 'invalid_client' };
    response.writeHead(isTaken ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isTaken ? given : error));
  }

  async function signerOf(assertion: string): Promise<string | null> {
    let of: string | null = null;
    await jwtVerify(
      assertion,
      ({ kid = '' }) => {
        of = `signer ${kid}`;
        const key = publicKeys.get(kid);
        if (key === undefined) throw new Error('no such key');
        return key;
      },
      { issuer: ROBOT, audience: `${origin}/token` },
    ).catch(() => {
      of = null;
    });
    return of;
  }

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  let made = 0;
  const next = (prefix: string) => {
    made += 1;
    return `${prefix}-${String(made).padStart(6, '0')}`;
  };
  const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const taken = (who: string, credentials: Record<string, string>) => {
    known.add(who);
    return credentials;
  };
  const of = (
    name: WayName,
    make: () => Record<string, string>,
    who: (credentials: Readonly<Record<string, string>>) => string,
  ): Way => ({
    name,
    slug: slugOf(name),
    make: () => {
      const credentials = make();
      return taken(who(credentials), credentials);
    },
    revoke: (credentials) => void known.delete(who(credentials)),
  });
  const ways = [
    of(
      'api_key',
      () => ({ api_key: next('fake-key-good') }),
      ({ api_key }) => `key ${api_key}`,
    ),
    of(
      'basic',
      () => ({ user: 'jane', password: next('fake-password-good') }),
      ({ user, password }) => `basic ${user}:${password}`,
    ),
    of(
      'client_credentials',
      () => ({ client_id: 'fake-client', client_secret: next('fake-client-secret') }),
      ({ client_id, client_secret }) => `client ${client_id}:${client_secret}`,
    ),
    of(
      'google_key',
      () => {
        const keyId = next('key');
        publicKeys.set(keyId, rsa.publicKey);
        const file = {
          type: 'service_account',
          project_id: 'ways',
          private_key_id: keyId,
          private_key: pem(rsa.privateKey),
          client_email: ROBOT,
          token_uri: `${origin}/token`,
        };
        return { key_file: JSON.stringify(file) };
      },
      ({ key_file = '{}' }) =>
        `signer ${(JSON.parse(key_file) as { private_key_id: string }).private_key_id}`,
    ),
    of(
      'jwt_bearer',
      () => {
        const keyId = next('key');
        const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
        publicKeys.set(keyId, pair.publicKey);
        return { client_id: ROBOT, key_id: keyId, private_key: pem(pair.privateKey) };
      },
      ({ key_id }) => `signer ${key_id}`,
    ),
    of(
      'aws_key',
      () => {
        made += 1;
        return {
          access_key_id: `AKIAFAKE${String(made).padStart(12, '0')}`,
          secret_access_key: randomBytes(30).toString('base64'),
        };
      },
      ({ access_key_id }) => `aws ${access_key_id}`,
    ),
    of(
      'certificate',
      () => {
        const client = makeCertificate({ name: next('client'), validTo: later(300), issuer: authority });
        return { certificate: client.cert, private_key: client.key, authority: server.cert };
      },
      ({ certificate = '' }) => `name ${commonNameIn(certificate)}`,
    ),
  ];
  return {
    ways,
    files: Object.fromEntries(
      WAYS.map((name) => [
        `${slugOf(name)}.yaml`,
        fileOf(name, name === 'certificate' ? `https://127.0.0.1:${secure.port}` : origin),
      ]),
    ),
    hosts: `127.0.0.1:${open.port},127.0.0.1:${secure.port}`,
    refused: () => refused,
    close: async () => {
      await Promise.all([open.close(), secure.close()]);
    },
  };
}

function clientOf({ headers }: IncomingMessage): string | null {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1];
  // RFC 6749 §2.3.1: both are form-encoded first.
  return basic === undefined ? null : `client ${decodeURIComponent(`${Buffer.from(basic, 'base64')}`)}`;
}

function slugOf(name: WayName): string {
  return `way-${name.replaceAll('_', '-')}`;
}

function later(days: number): Date {
  return new Date(Date.now() + days * 86_400_000);
}

function commonNameIn(certificate: string): string {
  const der = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64').toString('latin1');
  return /client-\d{6}/.exec(der)?.[0] ?? '';
}

const secret = (name: string, label: string, more: object = {}) => ({ name, label, ...more });
const open = (name: string, label: string) => ({ name, label, secret: false });

/** The method of each way, as a catalog file says it. */
const METHODS: Record<WayName, (origin: string) => object> = {
  api_key: () => ({
    type: 'api_key',
    fields: [secret('api_key', 'API key')],
    send: [{ in: 'header', name: 'x-api-key', value: '{api_key}' }],
  }),
  basic: () => ({
    type: 'basic',
    fields: [open('user', 'User'), secret('password', 'Password')],
    username: '{user}',
    password: '{password}',
  }),
  client_credentials: (origin) => ({
    type: 'oauth2_client_credentials',
    token_url: `${origin}/token`,
    fields: [open('client_id', 'Client ID'), secret('client_secret', 'Client secret')],
  }),
  google_key: (origin) => ({
    type: 'service_account',
    kind: 'google_service_account',
    token_url: `${origin}/token`,
    scopes: ['one'],
    fields: [secret('key_file', 'Key file', { kind: 'file' })],
  }),
  jwt_bearer: (origin) => ({
    type: 'service_account',
    kind: 'jwt_bearer',
    token_url: `${origin}/token`,
    assertion: { issuer: '{client_id}', key_id: '{key_id}' },
    fields: [
      open('client_id', 'Client ID'),
      open('key_id', 'Key ID'),
      secret('private_key', 'Private key', { kind: 'file' }),
    ],
  }),
  aws_key: () => ({
    type: 'service_account',
    kind: 'aws_access_key',
    signing: { service: 's3', region: 'eu-central-1' },
    fields: [open('access_key_id', 'Access key ID'), secret('secret_access_key', 'Secret access key')],
  }),
  certificate: () => ({
    type: 'certificate',
    fields: [
      secret('certificate', 'Certificate', { kind: 'file' }),
      secret('private_key', 'Private key', { kind: 'file' }),
      secret('authority', "Server's authority", { kind: 'file', required: false }),
    ],
  }),
};

function fileOf(name: WayName, origin: string): string {
  return JSON.stringify({
    slug: slugOf(name),
    name: `Way of ${name.replaceAll('_', ' ')}`,
    category: 'Test',
    description: 'A tool for tests.',
    homepage: 'https://ways.example',
    docs_url: 'https://ways.example/docs',
    icon: { text: 'W', color: '#123456' },
    base_url: origin,
    auth: [METHODS[name](origin)],
    probe: { request: { method: 'GET', path: '/me' }, account: { label: 'name', id: 'id' } },
    actions: [find],
    sources: [{ at: 'a test', for: ['auth'] }],
    checked: '2026-11-21',
  });
}
