import { constants, type KeyObject, verify } from 'node:crypto';

/** A JWT as it came in; nothing of it is believed yet. Times are seconds. */
export interface Jwt {
  header: Readonly<Record<string, unknown>>;
  claims: Readonly<Record<string, unknown>>;
  signed: string;
  signature: Buffer;
}

export function readJwt(text: string): Jwt | null {
  const [head = '', payload = '', signature = '', ...more] = text.split('.');
  if (signature === '' || more.length > 0) return null;
  try {
    return {
      header: objectIn(head),
      claims: objectIn(payload),
      signed: `${head}.${payload}`,
      signature: Buffer.from(signature, 'base64url'),
    };
  } catch {
    return null;
  }
}

function objectIn(part: string): Record<string, unknown> {
  const parsed = JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as unknown;
  if (parsed === null || typeof parsed !== 'object') throw new Error('no object');
  return parsed as Record<string, unknown>;
}

type Algorithm = 'RS256' | 'PS256' | 'ES256';

/** Verified by node:crypto alone (RFC 7518 §3), without any library that signs. */
export function isSignedBy(jwt: Jwt, key: KeyObject, algorithm: Algorithm): boolean {
  if (jwt.header.alg !== algorithm) return false;
  const data = Buffer.from(jwt.signed, 'utf8');
  switch (algorithm) {
    case 'RS256':
      return verify('sha256', data, key, jwt.signature);
    case 'PS256':
      return verify(
        'sha256',
        data,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        jwt.signature,
      );
    case 'ES256':
      return verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, jwt.signature);
  }
}

/** Whether `iat` and `exp` are there, and now lies between them; `leewaySeconds`: how far another clock may be off. */
export function isInTime(
  { claims }: Jwt,
  { nowMs, longestSeconds, leewaySeconds }: { nowMs: number; longestSeconds: number; leewaySeconds: number },
): boolean {
  const [iat, exp] = [Number(claims.iat), Number(claims.exp)];
  const now = nowMs / 1000;
  return iat <= now + leewaySeconds && exp > now - leewaySeconds && exp > iat && exp - iat <= longestSeconds;
}

export function textClaim({ claims }: Jwt, name: string): string {
  const value = claims[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
