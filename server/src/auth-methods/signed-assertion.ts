import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto';
import { Secret } from '../lib/secret.ts';
import type { Claims } from './assertion-claims.ts';

/** The JWT itself. Throws where the key cannot sign it. */
export async function signAssertion(claims: Claims, now: Date): Promise<Secret<string>> {
  const { SignJWT } = await import('jose');
  const key = createPrivateKey(claims.privateKey);
  const issuedAt = Math.floor(now.getTime() / 1_000) - claims.backSeconds;
  const algorithm = claims.algorithm ?? algorithmOf(key);
  if (algorithm === null) throw new Error('this kind of key signs no assertion');
  const jwt = new SignJWT({ ...claims.payload })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...claims.header })
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + claims.lifetimeSeconds);
  if (claims.hasNotBefore) jwt.setNotBefore(issuedAt);
  // Each is another one: servers refuse one they have seen.
  if (claims.hasId) jwt.setJti(randomUUID());
  return new Secret(await jwt.sign(key));
}

const CURVES: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' };

/** The usual algorithm of a key; null: it can sign no assertion. */
export function algorithmOf(key: KeyObject): string | null {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  const curve = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : undefined;
  return curve !== undefined && Object.hasOwn(CURVES, curve) ? (CURVES[curve] ?? null) : null;
}
