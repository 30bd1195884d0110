import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** A private key made for this process, and what verifies its signatures. Never stored. */
export interface MadeKey {
  pem: string;
  publicKey: KeyObject;
}

const made = new Map<string, MadeKey>();

/** One for each algorithm (RFC 7518 §3.1), made when it is first needed: an RSA key takes a tenth of a second. */
export function madeKey(algorithm: string | undefined): MadeKey {
  const kind = algorithm ?? 'RS256';
  const known = made.get(kind.slice(0, 2) === 'ES' ? kind : kind.slice(0, 2));
  if (known !== undefined) return known;
  const { privateKey } = /^ES/.test(kind)
    ? generateKeyPairSync('ec', { namedCurve: CURVES[kind] ?? 'prime256v1' })
    : kind === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: createPublicKey(privateKey),
  };
  made.set(kind.slice(0, 2) === 'ES' ? kind : kind.slice(0, 2), key);
  return key;
}

const CURVES: Record<string, string> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };
