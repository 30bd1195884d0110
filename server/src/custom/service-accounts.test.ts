import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AWS_EXTERNAL_ID, AWS_KEYS, roleArn } from '../../../sandbox/aws/keys.ts';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../../../sandbox/start.ts';
import { startApp, type TestApp } from '../../test/app.ts';
import { makeCertificate } from '../../test/certificate.ts';
import { movableClock } from '../../test/clock.ts';
import { GIVEN, startVerifier, TEMPORARY, type Verifier } from '../../test/jwt-verifier.ts';
import { type KeyProvider, startKeyProvider } from '../../test/key-provider.ts';

/* Custom integrations with every kind of service account: tried, saved and connected at a server that verifies with `jose`. */

const ISSUER = 'acme-client';

let app: TestApp;
let sandbox: Sandbox;
let provider: KeyProvider;
let server: Verifier;
const clock = movableClock();

beforeAll(async () => {
  [sandbox, provider, server] = await Promise.all([
    startSandbox({ nowMs: () => clock.now().getTime() }),
    startKeyProvider(),
    startVerifier(clock),
  ]);
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  const own = [server.port, provider.mutualPort].map((port) => `127.0.0.1:${port}`);
  app = await startApp({
    clock,
    settings: {
      KEYRAIL_UPSTREAMS: upstreams,
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: [allowedPrivateHosts, ...own].join(','),
    },
  });
});
afterAll(async () => {
  await app?.close();
  await Promise.all([sandbox?.close(), provider?.close(), server?.close()]);
});

/** Trying is limited by the minute. */
beforeEach(() => clock.forward(60_000));

const pem = (key: KeyObject) => String(key.export({ type: 'pkcs8', format: 'pem' }));
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const curve = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const authority = {
  ...makeCertificate({ name: 'Acme', validTo: new Date('2040-01-01'), isAuthority: true }),
  name: 'Acme',
};
const certified = makeCertificate({
  name: ISSUER,
  validTo: new Date('2040-01-01'),
  issuer: authority,
  privateKey: rsa,
});
const thumbprint = (kind: 'fingerprint' | 'fingerprint256') =>
  Buffer.from(new X509Certificate(certified.cert)[kind].replaceAll(':', ''), 'hex').toString('base64url');

let made = 0;
const described = (auth: object, more: object = {}) => {
  made += 1;
  return {
    name: `Acme ${made}`,
    base_url: server.origin,
    auth: { type: 'service_account', ...auth },
    check: { path: '/me', account_path: 'name' },
    ...more,
  };
};
const tried = (definition: object, credentials: object) =>
  app.owner.post('/v1/custom-integrations/test', { definition, credentials });

/** What one kind is described as, what is entered, and what the server then sees. */
interface Row {
  auth: () => object;
  credentials: object;
  key: KeyObject;
  algorithm: string;
  claims?: object;
  header?: object;
}

const bearer = (key: KeyObject, algorithm: string, auth: object = {}): Row => ({
  auth: () => ({ kind: 'jwt_bearer', token_url: server.tokenUrl, ...auth }),
  credentials: { client_id: ISSUER, private_key: pem(key) },
  key,
  algorithm,
  claims: { iss: ISSUER, sub: ISSUER },
});

const ROWS: Record<string, Row> = {
  'JWT bearer, RS256 by the key': bearer(rsa, 'RS256'),
  'JWT bearer, RS512': bearer(rsa, 'RS512', { algorithm: 'RS512' }),
  'JWT bearer, PS256': bearer(rsa, 'PS256', { algorithm: 'PS256' }),
  'JWT bearer, PS384': bearer(rsa, 'PS384', { algorithm: 'PS384' }),
  'JWT bearer, ES256 by the key': bearer(curve('prime256v1'), 'ES256'),
  'JWT bearer, ES384 by the key': bearer(curve('secp384r1'), 'ES384'),
  'JWT bearer, ES512 by the key': bearer(curve('secp521r1'), 'ES512'),
  'JWT bearer, EdDSA by the key': bearer(generateKeyPairSync('ed25519').privateKey, 'EdDSA'),
  'JWT bearer with claims of one’s own, scopes inside, a key id and a subject': {
    ...bearer(rsa, 'RS256', {
      claims: { tier: 'gold', is_robot: true },
      scopes: ['a', 'b'],
      scope_in: 'claim',
    }),
    credentials: { client_id: ISSUER, private_key: pem(rsa), key_id: 'key-7', subject: 'ada@acme.example' },
    claims: { sub: 'ada@acme.example', tier: 'gold', is_robot: true, scope: 'a b' },
    header: { kid: 'key-7' },
  },
  'client assertion with the thumbprint of a certificate': {
    auth: () => ({
      kind: 'client_assertion',
      token_url: server.tokenUrl,
      algorithm: 'PS256',
      thumbprint: 'sha256',
      scopes: ['all'],
    }),
    credentials: { client_id: ISSUER, certificate: certified.cert, private_key: pem(rsa) },
    key: rsa,
    algorithm: 'PS256',
    claims: { iss: ISSUER, sub: ISSUER },
    header: { 'x5t#S256': thumbprint('fingerprint256') },
  },
  'client assertion with the older thumbprint': {
    auth: () => ({ kind: 'client_assertion', token_url: server.tokenUrl, thumbprint: 'sha1' }),
    credentials: { client_id: ISSUER, certificate: certified.cert, private_key: pem(rsa) },
    key: rsa,
    algorithm: 'RS256',
    header: { x5t: thumbprint('fingerprint') },
  },
  'client assertion with a key id': {
    auth: () => ({
      kind: 'client_assertion',
      token_url: server.tokenUrl,
      audience: 'https://acme.example/as',
    }),
    credentials: { client_id: ISSUER, private_key: pem(rsa), key_id: 'key-8' },
    key: rsa,
    algorithm: 'RS256',
    claims: { aud: 'https://acme.example/as' },
    header: { kid: 'key-8' },
  },
  'a JWT that is the token itself': {
    auth: () => ({
      kind: 'self_signed',
      audience: 'acme-api',
      lifetime_seconds: 600,
      issued_back_seconds: 30,
      claims: { client: '{client_id}' },
    }),
    credentials: { client_id: ISSUER, private_key: pem(rsa), key_id: 'key-9' },
    key: rsa,
    algorithm: 'RS256',
    claims: { iss: ISSUER, aud: 'acme-api', client: ISSUER },
    header: { kid: 'key-9' },
  },
  'a JWT that is exchanged for a token': {
    auth: () => ({
      kind: 'jwt_exchange',
      token_url: server.tokenUrl.replace('/token', '/exchange'),
      token_path: 'data.token',
    }),
    credentials: { client_id: ISSUER, private_key: pem(rsa) },
    key: rsa,
    algorithm: 'RS256',
    claims: { iss: ISSUER },
  },
};

describe.each(Object.entries(ROWS))('%s', (_, row) => {
  it('is tried, saved and connected; a wrong key is refused in the server’s words, and nothing secret is shown', async () => {
    server.expected = { key: createPublicKey(row.key), algorithm: row.algorithm };
    const definition = described(row.auth());
    const answer = await tried(definition, row.credentials);
    expect(answer.json, answer.text).toMatchObject({ is_ok: true, verdict: { kind: 'ok' } });
    expect(server.seen?.payload).toMatchObject(row.claims ?? {});
    expect(server.seen?.header).toMatchObject({ alg: row.algorithm, ...row.header });
    const saved = await app.owner.post('/v1/custom-integrations', definition);
    expect(saved.status, saved.text).toBe(201);
    const connected = await app.owner.post('/v1/connections', {
      integration: saved.json.slug,
      credentials: row.credentials,
    });
    expect(connected.json, connected.text).toMatchObject({ status: 'connected', account: { name: 'Acme' } });

    server.expected = { key: createPublicKey(generateKeyPairSync('ed25519').privateKey), algorithm: 'EdDSA' };
    const refused = await tried(definition, row.credentials);
    expect(refused.json, refused.text).toMatchObject({ is_ok: false, verdict: { kind: 'rejected' } });
    expect(refused.text).toContain('this signature is not known');
    const shown = [answer, connected, refused].map(({ text }) => text).join('\n');
    for (const secret of [GIVEN, pem(row.key).split('\n')[1] ?? '', server.seen?.jwt ?? ''])
      expect(shown).not.toContain(secret);
  });
});

describe('a Google key with a token address of one’s own', () => {
  const key = (token_uri: string) =>
    JSON.stringify({
      type: 'service_account',
      project_id: 'acme',
      private_key_id: 'google-1',
      private_key: pem(rsa),
      client_email: ISSUER,
      token_uri,
    });

  it.each([
    ['an access token', '', { scope: 'one two', sub: 'ada@acme.example' }],
    [
      'an ID token for an address',
      'https://run.acme.example',
      { target_audience: 'https://run.acme.example' },
    ],
  ])('buys %s', async (_, audience, claims) => {
    server.expected = { key: createPublicKey(rsa), algorithm: 'RS256' };
    const definition = described({
      kind: 'google_service_account',
      token_url: server.tokenUrl,
      audience,
      scopes: ['one', 'two'],
    });
    const answer = await tried(definition, { key_file: key(server.tokenUrl), subject: 'ada@acme.example' });
    expect(answer.json, answer.text).toMatchObject({ is_ok: true });
    expect(server.seen?.payload).toMatchObject({ iss: ISSUER, aud: server.tokenUrl, ...claims });
  });
});

describe('an AWS key', () => {
  const ID = 'AKIASANDBOXGOOD00001';
  const credentials = { access_key_id: ID, secret_access_key: AWS_KEYS[ID].secret };
  const s3 = (more: object = {}) =>
    described(
      {
        kind: 'aws_access_key',
        service: 's3',
        region: 'eu-central-1',
        is_body_signed: false,
        is_path_escaped_twice: false,
        ...more,
      },
      {
        base_url: 'https://s3.eu-central-1.amazonaws.com',
        check: { path: '/sandbox-invoices', account_path: 'ListBucketResult.Name' },
      },
    );

  it('signs requests as storage wants them, and with has_role takes on a role first', async () => {
    const plain = await tried(s3(), credentials);
    // What is XML is read like JSON.
    expect(plain.json, plain.text).toMatchObject({
      is_ok: true,
      verdict: { account: { name: 'sandbox-invoices' } },
    });
    const before = sandbox.log.counts({ path: '/AssumeRole' }).length;
    const role = { role_arn: roleArn('partner'), external_id: AWS_EXTERNAL_ID };
    const good = await tried(s3({ has_role: true }), { ...credentials, ...role });
    expect(good.json, good.text).toMatchObject({ is_ok: true });
    expect(sandbox.log.counts({ path: '/AssumeRole' }).length).toBe(before + 1);
    const refused = await tried(s3({ has_role: true }), { ...credentials, role_arn: role.role_arn });
    expect(refused.json, refused.text).toMatchObject({ is_ok: false, verdict: { kind: 'rejected' } });
    expect(refused.text).toMatch(/not authorized to perform: sts:AssumeRole/);
    expect(refused.json.next_step).toMatch(/trust policy/);
    for (const { text } of [good, refused]) expect(text).not.toContain(credentials.secret_access_key);
  });

  it('shows nothing of temporary keys, not even of some that cannot be used', async () => {
    const definition = s3({ has_role: true, sts_url: `${server.origin}/sts` });
    const answer = await tried(definition, { ...credentials, role_arn: roleArn('keyrail') });
    expect(answer.json, answer.text).toMatchObject({
      is_ok: false,
      exchange: { request: { url: `${server.origin}/sts/` }, response: { status: 200, body: '••••••••' } },
    });
    expect(answer.text).not.toContain(TEMPORARY);
  });

  it('whose kind has no role takes none', async () => {
    const answer = await tried(s3(), { ...credentials, role_arn: roleArn('partner') });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('role_arn');
  });
});

describe('a client certificate', () => {
  const mutual = () => ({
    name: 'Mutual',
    base_url: `https://127.0.0.1:${provider.mutualPort}`,
    auth: { type: 'certificate' },
    check: { path: '/me', account_path: 'name' },
  });

  it('is shown to a server of a private authority, and without that authority nothing is sent', async () => {
    const { cert, key } = provider.newClient('anna.example');
    const pair = { certificate: cert, private_key: key };
    const good = await tried(mutual(), { ...pair, authority: provider.mutualAuthority });
    expect(good.json, good.text).toMatchObject({
      is_ok: true,
      verdict: { account: { name: 'anna.example' } },
    });
    const calls = provider.calls.length;
    const unknown = await tried(mutual(), pair);
    expect(unknown.json, unknown.text).toMatchObject({ is_ok: false, verdict: { kind: 'unreachable' } });
    expect(unknown.text).toMatch(/certificate/);
    expect(provider.calls).toHaveLength(calls);
  });
});

describe('what is described wrongly is said at its place', () => {
  it.each<[string, object, string, RegExp]>([
    ['no token address', { kind: 'client_assertion' }, 'auth.token_url', /token address is missing/],
    [
      'a claim that is set here',
      { kind: 'self_signed', claims: { exp: 1 } },
      'auth.claims.exp',
      /set by Keyrail itself/,
    ],
    [
      'a claim of something that is not entered',
      { kind: 'self_signed', claims: { tenant: '{tenant}' } },
      'auth.claims',
      /\{tenant\} is no field/,
    ],
    [
      'a claim of the key',
      { kind: 'self_signed', claims: { tenant: '{private_key}' } },
      'auth.claims',
      /is a secret/,
    ],
    [
      'a parameter that would send the key itself',
      {
        kind: 'jwt_bearer',
        token_url: 'https://acme.example/token',
        token_params: { resource: 'x{private_key}' },
      },
      'auth.token_params',
      /is a secret, which is never sent/,
    ],
    [
      'a region that would be another host',
      { kind: 'aws_access_key', service: 's3', region: 'x.evil.example/' },
      'auth.region',
      /letters, digits/,
    ],
    [
      'an STS address inside this network',
      {
        kind: 'aws_access_key',
        service: 's3',
        region: 'x',
        has_role: true,
        sts_url: 'http://169.254.169.254',
      },
      'auth.sts_url',
      /does not call that address/,
    ],
    [
      'a parameter that the protocol has',
      { kind: 'jwt_bearer', token_url: 'https://acme.example/token', token_params: { assertion: 'x' } },
      'auth.token_params.assertion',
      /set by Keyrail itself/,
    ],
  ])('%s', async (_, auth, path, words) => {
    const answer = await tried(described(auth), {});
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.json.fields, answer.text).toContainEqual({ path, message: expect.stringMatching(words) });
  });

  it('a key that cannot sign in that way is refused before anything is sent', async () => {
    server.seen = null;
    const auth = { kind: 'jwt_bearer', token_url: server.tokenUrl, algorithm: 'ES256' };
    const answer = await tried(described(auth), { client_id: ISSUER, private_key: pem(rsa) });
    expect(answer.json.fields, answer.text).toEqual([
      { path: 'credentials.private_key', message: expect.stringMatching(/ES256/) },
    ]);
    expect(server.seen).toBeNull();
  });
});

describe('a change of whom a signed JWT is for', () => {
  it('destroys the stored key, after it was confirmed', async () => {
    server.expected = { key: createPublicKey(rsa), algorithm: 'RS256' };
    const definition = described({ kind: 'self_signed', audience: 'acme-api' });
    const { slug } = (await app.owner.post('/v1/custom-integrations', definition)).json;
    const credentials = { client_id: ISSUER, private_key: pem(rsa) };
    const { id } = (await app.owner.post('/v1/connections', { integration: slug, credentials })).json;
    const auth = { type: 'service_account', kind: 'self_signed', audience: 'somebody-else' };
    const asked = await app.owner.patch(`/v1/custom-integrations/${slug}`, { auth });
    expect(asked.status, asked.text).toBe(409);
    const done = await app.owner.patch(`/v1/custom-integrations/${slug}`, { auth, confirm: true });
    expect(done.json, done.text).toMatchObject({ credentials_kept: false });
    expect((await app.owner.get(`/v1/proxy/${id}/me`)).status).not.toBe(200);
  });
});
