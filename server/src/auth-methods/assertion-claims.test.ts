// Signatures are verified with jsonwebtoken 9.0.3, which knows no Ed25519: that one with node:crypto.
import { createHash, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import jsonwebtoken from 'jsonwebtoken';
import { describe, expect, it } from 'vitest';
import { makeCertificate } from '../../test/certificate.ts';
import type { SigningMethod } from '../catalog/definition/auth-definition.ts';
import { authMethodSchema } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import { claimsOf, claimsOfGoogle } from './assertion-claims.ts';
import { signAssertion } from './signed-assertion.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const SECONDS = NOW.getTime() / 1_000;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: typeof rsa.privateKey) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const RSA_PEM = pem(rsa.privateKey);
const FIELDS = ['client_id', 'username', 'account', 'key_id', 'certificate', 'private_key'].map((name) => ({
  name,
  label: name,
  required: false,
  secret: name === 'private_key',
}));

function method(kind: string, assertion: object, more: object = {}): SigningMethod {
  const parsed = authMethodSchema.parse({
    type: 'service_account',
    kind,
    fields: FIELDS,
    assertion,
    ...more,
  });
  return parsed as SigningMethod;
}

async function signed(of: SigningMethod, values: Record<string, string>, tokenUrl: string | null = null) {
  const given = new Secret({ private_key: RSA_PEM, ...values });
  const token = (await signAssertion(claimsOf(of, given, tokenUrl), NOW)).reveal();
  const { header, payload } = jsonwebtoken.decode(token, { complete: true }) ?? {};
  return { token, header, payload };
}

describe('what stands in a JWT', () => {
  it('is issuer, subject and audience of the file, whatever else it names, and nothing that stays empty', async () => {
    const app = method('self_signed', {
      issuer: '{client_id}',
      subject: '{username}',
      key_id: '{key_id}',
      claims: { scope: 'read {client_id}', team: '{account}', version: 2, is_robot: true },
      issued_back_seconds: 60,
      lifetime_seconds: 540,
    });
    const { header, payload } = await signed(app, { client_id: 'app-1' });
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(payload).toEqual({
      iss: 'app-1',
      scope: 'read app-1',
      version: 2,
      is_robot: true,
      iat: SECONDS - 60,
      exp: SECONDS - 60 + 540,
    });
  });

  it('has no issuer where the file names none: an individual key', async () => {
    const { payload } = await signed(method('self_signed', { subject: 'user', audience: 'store-v1' }), {});
    expect(payload).toEqual({ sub: 'user', aud: 'store-v1', iat: SECONDS, exp: SECONDS + 600 });
  });

  it('of an assertion has the issuer as subject, the token address as audience, and an id of its own', async () => {
    const bearer = method('jwt_bearer', { issuer: '{client_id}' }, { token_url: 'https://x.example/token' });
    const [one, other] = await Promise.all(
      [1, 2].map(() => signed(bearer, { client_id: 'c' }, 'https://x.example/token')),
    );
    expect(one?.payload).toMatchObject({ iss: 'c', sub: 'c', aud: 'https://x.example/token' });
    const ids = [one, other].map((each) => JSON.parse(JSON.stringify(each?.payload ?? {})).jti);
    expect(new Set(ids).size).toBe(2);
    expect(ids).toEqual(Array(2).fill(expect.stringMatching(/^[0-9a-f-]{36}$/)));
  });

  it.each([
    ['acme-robots', 'ACME-ROBOTS'],
    ['acme-robots.privatelink', 'ACME-ROBOTS'],
    ['xy12345.eu-central-1', 'XY12345'],
    ['xy12345.us-east-2.aws', 'XY12345'],
    ['acme-xyz.global', 'ACME'],
  ])('may be written otherwise than it was entered: %s is %s', async (account, written) => {
    const of = method('self_signed', {
      derived: {
        account_name: {
          from: '{account}',
          replace: [
            { pattern: '-[^.-]*\\.global$', with: '' },
            { pattern: '\\..*', with: '' },
          ],
          case: 'upper',
        },
        user: { from: '{username}', case: 'upper' },
      },
      issuer: '{account_name}.{user}.SHA256:{public_key_sha256}',
      subject: '{account_name}.{user}',
    });
    const { payload } = await signed(of, { account, username: 'robot' });
    const der = createPublicKey(RSA_PEM).export({ type: 'spki', format: 'der' });
    const fingerprint = createHash('sha256').update(der).digest('base64');
    expect(payload).toMatchObject({ iss: `${written}.ROBOT.SHA256:${fingerprint}`, sub: `${written}.ROBOT` });
  });

  it('is short however much each step puts in the place of each character', async () => {
    const step = { pattern: '.', with: '$&'.repeat(50) };
    const of = method('self_signed', {
      derived: { account_name: { from: '{account}', replace: Array.from({ length: 5 }, () => step) } },
      issuer: '{account_name}',
      subject: '{account}',
    });
    const { payload } = await signed(of, { account: 'x'.repeat(400) });
    expect(payload).toMatchObject({ iss: 'x'.repeat(500) });
  });

  it('never takes what was entered for a template, nor a member that every object has for a field', async () => {
    const of = method('self_signed', { issuer: '{client_id}', subject: '{constructor}' });
    const { payload } = await signed(of, { client_id: '{private_key}' });
    expect(payload).toMatchObject({ iss: '{private_key}' });
    expect(payload).not.toHaveProperty('sub');
  });

  it('names its certificate by the digest that the file wants', async () => {
    const { cert } = makeCertificate({
      name: 'a',
      validTo: new Date('2030-01-01'),
      privateKey: rsa.privateKey,
    });
    const { fingerprint, fingerprint256 } = new X509Certificate(cert);
    const expected = { sha1: { x5t: fingerprint }, sha256: { 'x5t#S256': fingerprint256 } };
    for (const thumbprint of ['sha1', 'sha256'] as const) {
      const of = method('client_assertion', { thumbprint, algorithm: 'PS256', not_before: true }, TOKEN);
      const { header, payload, token } = await signed(
        of,
        { client_id: 'c', certificate: cert },
        TOKEN.token_url,
      );
      const [[name, hex] = ['', '']] = Object.entries(expected[thumbprint]);
      const digest = Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url');
      expect(header).toEqual({ alg: 'PS256', typ: 'JWT', [name]: digest });
      expect(payload).toMatchObject({ iss: 'c', sub: 'c', aud: TOKEN.token_url, nbf: SECONDS });
      jsonwebtoken.verify(token, rsa.publicKey, { algorithms: ['PS256'], clockTimestamp: SECONDS });
    }
  });
});

const TOKEN = { token_url: 'https://x.example/token' };

describe('a JWT is signed', () => {
  it.each(['prime256v1', 'secp384r1'] as const)('by the algorithm of its curve: %s', async (namedCurve) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    const { token, header } = await signed(method('self_signed', { issuer: 'i' }), {
      private_key: pem(privateKey),
    });
    const algorithm = namedCurve === 'prime256v1' ? 'ES256' : 'ES384';
    expect(header?.alg).toBe(algorithm);
    jsonwebtoken.verify(token, publicKey, { algorithms: [algorithm], clockTimestamp: SECONDS });
  });

  it('with Ed25519 as EdDSA', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { token } = await signed(method('self_signed', { issuer: 'i' }), { private_key: pem(privateKey) });
    const [head = '', payload = '', signature = ''] = token.split('.');
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual({ alg: 'EdDSA', typ: 'JWT' });
    expect(
      verify(null, Buffer.from(`${head}.${payload}`), publicKey, Buffer.from(signature, 'base64url')),
    ).toBe(true);
  });
});

describe('for an ID token', () => {
  it('a Google key says whom it is for in place of what it may do', () => {
    const key = { type: 'service_account', client_email: 'r@x.example', private_key: RSA_PEM };
    const of = { scopes: [], scopeSeparator: ' ', targetAudience: '{service_url}' };
    const values = new Secret({ key_file: JSON.stringify(key), service_url: 'https://run.example' });
    const claims = claimsOfGoogle(of, values, TOKEN.token_url);
    expect(claims?.payload).toEqual({
      iss: 'r@x.example',
      aud: TOKEN.token_url,
      target_audience: 'https://run.example',
    });
  });
});
