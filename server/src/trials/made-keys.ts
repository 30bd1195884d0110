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
  // Each elliptic curve is one algorithm's; an RSA key serves all of its algorithms.
  const name = kind.startsWith('ES') ? kind : kind.slice(0, 2);
  const known = made.get(name);
  if (known !== undefined) return known;
  const { privateKey } = kind.startsWith('ES')
    ? generateKeyPairSync('ec', { namedCurve: CURVES[kind] ?? 'prime256v1' })
    : kind === 'EdDSA'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: createPublicKey(privateKey),
  };
  made.set(name, key);
  return key;
}

const CURVES: Record<string, string> = { ES256: 'prime256v1', ES384: 'secp384r1', ES512: 'secp521r1' };
