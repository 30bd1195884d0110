import { type createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type JWTPayload, jwtVerify } from 'jose';
import { makeCertificate, type TestCertificate } from './certificate.ts';

export const ROBOT = 'robot@trial.iam.gserviceaccount.example';

/**
 * A provider that knows service accounts by their public keys: its token endpoint verifies assertions with `jose`, its API
 * wants the tokens it gave. A second server wants client certificates of its authority.
 */
export interface KeyProvider {
  port: number;
  mutualPort: number;
  tokenUrl: string;
  /** The certificate of the second server, which is its own authority. */
  mutualAuthority: string;
  /** A key file as Google's, registered here; more members replace those of the file. */
  newKeyFile(more?: object): { text: string; keyId: string };
  /** A private key of this issuer, registered here. */
  newKey(keyId: string): string;
  /** The key is deleted at the provider: no more tokens for it. */
  deleteKey(keyId: string): void;
  newClient(name: string, days?: number): TestCertificate;
  /** Only clients of these names are served from now on. */
  allowClients(names: readonly string[]): void;
  /** Every token request, with what the assertion said where it was verified. */
  tokenRequests: { claims: JWTPayload | null; keyId: string | undefined }[];
  /** Whose calls came, by client name or key id. */
  calls: string[];
  tokenSeconds: number;
  close(): Promise<void>;
}

const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);

export async function startKeyProvider(): Promise<KeyProvider> {
  const publicKeys = new Map<string, ReturnType<typeof createPublicKey>>();
  const tokens = new Map<string, { keyId: string; endsAt: number }>();
  const authority = {
    ...makeCertificate({ name: 'Clients', validTo: inDays(900), isAuthority: true }),
    name: 'Clients',
  };
  const shown = makeCertificate({ name: '127.0.0.1', validTo: inDays(300), isAuthority: true });
  let allowed: ReadonlySet<string> | null = null;
  const provider = { tokenRequests: [], calls: [], tokenSeconds: 3_600 } as unknown as KeyProvider;

  const plain = createHttp((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const secure = createHttps(
    { ...shown, ca: authority.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const name = String(socket.getPeerCertificate()?.subject?.CN ?? '');
      if (!socket.authorized)
        return json(response, 401, { error: `no certificate of ours (${socket.authorizationError})` });
      if (allowed !== null && !allowed.has(name))
        return json(response, 401, { error: 'this certificate was withdrawn' });
      provider.calls.push(name);
      json(response, 200, { name, id: 'mutual-account' });
    },
  );
  await Promise.all([listening(plain), listening(secure)]);
  const port = (plain.address() as AddressInfo).port;
  const tokenUrl = `http://127.0.0.1:${port}/token`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    if (request.url === '/token')
      return give(response, new URLSearchParams(Buffer.concat(chunks).toString()));
    const token = tokens.get(/^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '');
    if (token === undefined || token.endsAt <= Date.now())
      return json(response, 401, { error: 'no such token' });
    provider.calls.push(token.keyId);
    json(response, 200, { name: ROBOT, id: 'robot' });
  }

  async function give(response: ServerResponse, body: URLSearchParams): Promise<void> {
    let keyId: string | undefined;
    try {
      const { payload } = await jwtVerify(
        body.get('assertion') ?? '',
        ({ kid = '' }) => {
          keyId = kid;
          const key = publicKeys.get(kid);
          if (key === undefined) throw new Error('no such key');
          return key;
        },
        {
          issuer: ROBOT,
          audience: tokenUrl,
          algorithms: ['RS256', 'ES256'],
          requiredClaims: ['iat', 'exp', 'jti'],
          maxTokenAge: 60,
        },
      );
      provider.tokenRequests.push({ claims: payload, keyId });
      const token = randomBytes(24).toString('base64url');
      tokens.set(token, { keyId: keyId ?? '', endsAt: Date.now() + provider.tokenSeconds * 1_000 });
      json(response, 200, { access_token: token, token_type: 'Bearer', expires_in: provider.tokenSeconds });
    } catch {
      provider.tokenRequests.push({ claims: null, keyId });
      json(response, 400, { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' });
    }
  }

  function newKey(keyId: string, kind: 'rsa' | 'ec'): string {
    const pair =
      kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    publicKeys.set(keyId, pair.publicKey);
    return pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  return Object.assign(provider, {
    port,
    mutualPort: (secure.address() as AddressInfo).port,
    tokenUrl,
    mutualAuthority: shown.cert,
    newKeyFile: (more: object = {}) => {
      const keyId = randomBytes(20).toString('hex');
      const file = {
        type: 'service_account',
        project_id: 'trial-project',
        private_key_id: keyId,
        private_key: newKey(keyId, 'rsa'),
        client_email: ROBOT,
        token_uri: tokenUrl,
        ...more,
      };
      return { text: JSON.stringify(file, null, 2), keyId };
    },
    newKey: (keyId: string) => newKey(keyId, 'ec'),
    deleteKey: (keyId: string) => void publicKeys.delete(keyId),
    newClient: (name: string, days = 300) =>
      makeCertificate({ name, validTo: inDays(days), issuer: authority }),
    allowClients: (names: readonly string[]) => {
      allowed = new Set(names);
    },
    close: async () => {
      for (const server of [plain, secure]) server.closeAllConnections();
      await Promise.all([plain, secure].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function listening(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

/** Catalog files for the provider's API: by key file, by a key of one's own, and by client certificate. */
export function keyProviderFiles({ tokenUrl, port, mutualPort }: KeyProvider): Record<string, string> {
  const head = (slug: string, name: string) => `slug: ${slug}
name: ${name}
category: Test
description: A tool for tests.
homepage: https://trial.example
docs_url: https://trial.example/docs
icon: { text: T, color: "#123456" }
sources: [{ at: a test, for: [auth] }]
checked: 2026-11-21
probe: { request: { method: GET, path: /me }, account: { label: name, id: id } }
`;
  return {
    'robot.yaml': `${head('robot', 'Robot')}base_url: http://127.0.0.1:${port}/v1
auth:
  - type: service_account
    kind: google_service_account
    token_url: ${tokenUrl}
    scopes: [one, two]
    fields:
      - { name: key_file, label: Key file, kind: file }
      - { name: subject, label: Act for, required: false, secret: false }
  - type: service_account
    id: jwt
    kind: jwt_bearer
    token_url: ${tokenUrl}
    assertion: { issuer: "{client_id}", key_id: "{key_id}" }
    fields:
      - { name: client_id, label: Client ID, secret: false }
      - { name: key_id, label: Key ID, secret: false }
      - { name: private_key, label: Private key, kind: file }
      - { name: passphrase, label: Passphrase, required: false }
`,
    'mutual.yaml': `${head('mutual', 'Mutual')}base_url: https://127.0.0.1:${mutualPort}
auth:
  - type: certificate
    fields:
      - { name: certificate, label: Certificate, kind: file }
      - { name: private_key, label: Private key, kind: file }
      - { name: passphrase, label: Passphrase, required: false }
      - { name: authority, label: Server's authority, kind: file, required: false }
`,
  };
}
