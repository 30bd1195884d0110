import { createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import type { Grant } from './spec.ts';

const SERVICE_ACCOUNT = {
  email: 'robot@keyrail-sandbox.iam.gserviceaccount.example',
  tokenUri: 'https://oauth2.googleapis.com/token',
};

let made: { pem: string; keyId: string } | undefined;

function key(): { pem: string; keyId: string } {
  if (made === undefined) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    made = { pem: String(pem), keyId: '0000000000000000000000000000000000005a4d' };
  }
  return made;
}

/** The JSON key a person downloads from the Google Cloud console; the sandbox's own is made when it is first asked for. */
export function serviceAccountKey(): Record<string, string> {
  const { pem, keyId } = key();
  return {
    type: 'service_account',
    project_id: 'keyrail-sandbox',
    private_key_id: keyId,
    private_key: pem,
    client_email: SERVICE_ACCOUNT.email,
    client_id: '100000000000000000001',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: SERVICE_ACCOUNT.tokenUri,
    universe_domain: 'googleapis.com',
  };
}

/** Who a signed assertion stands for (RFC 7523 §3); null where signature, issuer, audience or time do not fit. */
export function grantOfAssertion(assertion: string, nowMs: number): Grant | null {
  const [head = '', payload = '', signature = ''] = assertion.split('.');
  const signed = createVerify('RSA-SHA256').update(`${head}.${payload}`);
  const claims = claimsIn(payload);
  if (claims === null || !signed.verify(createPublicKey(key().pem), signature, 'base64url')) return null;
  const { iss, aud, exp, iat, scope, sub } = claims;
  const isInTime =
    Number(exp) * 1000 > nowMs && Number(exp) - Number(iat) <= 3600 && Number(iat) * 1000 < nowMs + 60_000;
  if (iss !== SERVICE_ACCOUNT.email || aud !== SERVICE_ACCOUNT.tokenUri || !isInTime) return null;
  const scopes = typeof scope === 'string' ? scope.split(' ') : [];
  const account = typeof sub === 'string' ? sub : SERVICE_ACCOUNT.email;
  return { account, scopes, asked: new URLSearchParams(), isWithdrawn: false };
}

function claimsIn(payload: string): Record<string, unknown> | null {
  try {
    return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Record<string, unknown>;
  } catch {
    return null;
  }
}
