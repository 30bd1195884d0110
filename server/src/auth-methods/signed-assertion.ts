import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto';
import type { GoogleServiceAccountMethod, JwtBearerMethod } from '../catalog/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { CredentialFields } from './authenticator.ts';
import { storedGoogleKey } from './files/google-key.ts';
import { fill } from './placement.ts';

/** What is said in an assertion (RFC 7523 §3) and with what it is signed. */
export interface Claims {
  issuer: string;
  subject: string | null;
  audience: string;
  scope: string | null;
  keyId: string | null;
  lifetimeSeconds: number;
  algorithm: string | null;
  privateKey: string;
}

/** Google takes an hour at most. */
const GOOGLE_LIFETIME_SECONDS = 3_600;

/** Null: what is stored is not what it was when it was checked. */
export function claimsOfGoogle(
  method: Pick<GoogleServiceAccountMethod, 'scopes' | 'scopeSeparator'>,
  fields: CredentialFields,
  tokenUrl: string,
): Claims | null {
  const { key_file: text = '', subject } = fields.reveal();
  const key = storedGoogleKey(text);
  if (key === null) return null;
  return {
    issuer: key.clientEmail,
    subject: subject || null,
    // The catalog's address, never the file's own.
    audience: tokenUrl,
    scope: scopeOf(method),
    keyId: key.keyId,
    lifetimeSeconds: GOOGLE_LIFETIME_SECONDS,
    algorithm: 'RS256',
    privateKey: key.privateKey,
  };
}

export function claimsOfJwt(method: JwtBearerMethod, fields: CredentialFields, tokenUrl: string): Claims {
  const { assertion } = method;
  const filled = (template: string | undefined) =>
    template === undefined ? null : fill(template, fields) || null;
  const issuer = fill(assertion.issuer, fields);
  return {
    issuer,
    subject: filled(assertion.subject) ?? issuer,
    audience: filled(assertion.audience) ?? tokenUrl,
    scope: assertion.scopeIn === 'claim' ? scopeOf(method) : null,
    keyId: filled(assertion.keyId),
    lifetimeSeconds: assertion.lifetimeSeconds,
    algorithm: assertion.algorithm ?? null,
    privateKey: fields.reveal().private_key ?? '',
  };
}

export function scopeOf({
  scopes,
  scopeSeparator,
}: Pick<JwtBearerMethod, 'scopes' | 'scopeSeparator'>): string | null {
  const names = scopes.filter((scope) => !scope.optional).map((scope) => scope.name);
  return names.length === 0 ? null : names.join(scopeSeparator);
}

/** The assertion itself. Each is another one (`jti`), since servers refuse one they have seen. */
export async function signAssertion(claims: Claims, now: Date): Promise<Secret<string>> {
  const { SignJWT } = await import('jose');
  const key = createPrivateKey(claims.privateKey);
  const issuedAt = Math.floor(now.getTime() / 1_000);
  const algorithm = claims.algorithm ?? algorithmOf(key);
  if (algorithm === null) throw new Error('this kind of key signs no assertion');
  const jwt = new SignJWT(claims.scope === null ? {} : { scope: claims.scope })
    .setProtectedHeader({
      alg: algorithm,
      typ: 'JWT',
      ...(claims.keyId === null ? {} : { kid: claims.keyId }),
    })
    .setIssuer(claims.issuer)
    .setAudience(claims.audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + claims.lifetimeSeconds)
    .setJti(randomUUID());
  if (claims.subject !== null) jwt.setSubject(claims.subject);
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
