import { createDecipheriv, createHash, pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { type Ber, numberOf, objectIdOf, octetsOf, SEQUENCE } from './ber.ts';
import { FOR_IV, FOR_KEY, pkcs12Key, pkcs12Passphrase } from './pkcs12-key.ts';
import { unlockRc2 } from './rc2.ts';

export type Unlocked =
  | { kind: 'unlocked'; bytes: Buffer }
  /** The passphrase is another one, or the bytes are damaged: that cannot be told apart. */
  | { kind: 'shut' }
  /** Opening it would take too long. */
  | { kind: 'slow' }
  | { kind: 'unknown' };

/**
 * How much may still be computed for one file. How often a passphrase is hashed stands in the file, and two thousand million
 * times is as quickly written as two thousand: a few hundred thousand is what is recommended today.
 */
export interface Effort {
  rounds: number;
}
export const fullEffort = (): Effort => ({ rounds: 2_000_000 });

const MOST_SALT = 1_024;
const SHUT: Unlocked = { kind: 'shut' };
const UNKNOWN: Unlocked = { kind: 'unknown' };
const SLOW: Unlocked = { kind: 'slow' };

/**
 * What `algorithm` (an AlgorithmIdentifier of PKCS#5 or PKCS#12) protects, opened with the passphrase; null: with none.
 * Passphrases are hashed on other threads, or a little at a time, so that others are served meanwhile.
 */
export async function unlock(
  algorithm: Ber | undefined,
  data: Buffer,
  passphrase: string | null,
  effort: Effort,
): Promise<Unlocked> {
  const [id, parameters] = algorithm?.parts ?? [];
  const name = objectIdOf(id);
  if (name === PBES2) return unlockPbes2(parameters, data, passphrase, effort);
  const [saltPart, roundsPart] = parameters?.parts ?? [];
  const [salt, rounds] = [octetsOf(saltPart), numberOf(roundsPart)];
  const [ofPkcs12, ofPkcs5] = [PKCS12_KINDS[name ?? ''], PKCS5_KINDS[name ?? '']];
  if ((ofPkcs12 ?? ofPkcs5) === undefined || salt === null || rounds === null) return UNKNOWN;
  // Key and initial vector are made one after the other; PBKDF1 is not interrupted, so that less of it is done.
  const cost = rounds * (ofPkcs5 === undefined ? 2 : 20);
  if (!spend(effort, cost) || salt.length > MOST_SALT) return SLOW;
  if (ofPkcs5 !== undefined)
    return decrypted('des-ede3-cbc', ...pbkdf1(ofPkcs5, passphrase, salt, rounds), data);
  if (ofPkcs12 === undefined) return UNKNOWN;
  const secret = pkcs12Passphrase(passphrase);
  const shared = { digest: 'sha1', salt, rounds };
  const key = await pkcs12Key(secret, { ...shared, use: FOR_KEY, length: ofPkcs12.bytes });
  const iv = await pkcs12Key(secret, { ...shared, use: FOR_IV, length: 8 });
  if (ofPkcs12.cipher === 'rc2') {
    const bytes = unlockRc2(key, ofPkcs12.bytes * 8, iv, data);
    return bytes === null ? SHUT : { kind: 'unlocked', bytes };
  }
  const three = ofPkcs12.bytes === 16 ? Buffer.concat([key, key.subarray(0, 8)]) : key;
  return decrypted('des-ede3-cbc', three, iv, data);
}

/** RFC 7292 appendix C; the two of RC4 are in no file of the last twenty years. */
const PKCS12_KINDS: Record<string, { cipher: '3des' | 'rc2'; bytes: number }> = {
  '1.2.840.113549.1.12.1.3': { cipher: '3des', bytes: 24 },
  '1.2.840.113549.1.12.1.4': { cipher: '3des', bytes: 16 },
  '1.2.840.113549.1.12.1.5': { cipher: 'rc2', bytes: 16 },
  '1.2.840.113549.1.12.1.6': { cipher: 'rc2', bytes: 5 },
};

/** PBES1 with DES (RFC 8018 appendix A.3): what `openssl pkcs8 -topk8` made until 2016. */
const PKCS5_KINDS: Record<string, string> = {
  '1.2.840.113549.1.5.3': 'md5',
  '1.2.840.113549.1.5.10': 'sha1',
};

/** RFC 8018 §5.1. DES is 3DES with one key three times, which OpenSSL still has. */
function pbkdf1(digest: string, passphrase: string | null, salt: Buffer, rounds: number): [Buffer, Buffer] {
  let value = Buffer.concat([Buffer.from(passphrase ?? ''), salt]);
  for (let round = 0; round < rounds; round += 1) value = createHash(digest).update(value).digest();
  const key = value.subarray(0, 8);
  return [Buffer.concat([key, key, key]), value.subarray(8, 16)];
}

const PBES2 = '1.2.840.113549.1.5.13';
const CIPHERS: Record<string, { name: string; bytes: number }> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', bytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', bytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', bytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', bytes: 24 },
};

async function unlockPbes2(
  parameters: Ber | undefined,
  data: Buffer,
  passphrase: string | null,
  effort: Effort,
): Promise<Unlocked> {
  const [derivation, encryption] = parameters?.parts ?? [];
  const [cipherId, ivPart] = encryption?.parts ?? [];
  const cipher = CIPHERS[objectIdOf(cipherId) ?? ''];
  const iv = octetsOf(ivPart);
  if (cipher === undefined || iv === null) return UNKNOWN;
  const key = await derivedKey(derivation, passphrase ?? '', cipher.bytes, effort);
  return Buffer.isBuffer(key) ? decrypted(cipher.name, key, iv, data) : key;
}

const PBKDF2 = '1.2.840.113549.1.5.12';
const SCRYPT = '1.3.6.1.4.1.11591.4.11';
const HASHES: Record<string, string> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};
const pbkdf2Off = promisify(pbkdf2);

/** A key by PBKDF2 (RFC 8018 §5.2) or scrypt (RFC 7914), on another thread. */
export async function derivedKey(
  algorithm: Ber | undefined,
  passphrase: string,
  length: number,
  effort: Effort,
): Promise<Buffer | Unlocked> {
  const [id, parameters] = algorithm?.parts ?? [];
  const [saltPart, ...others] = parameters?.parts ?? [];
  const salt = octetsOf(saltPart);
  if (salt === null) return UNKNOWN;
  const numbers = others.map(numberOf).filter((one) => one !== null);
  if (salt.length > MOST_SALT) return SLOW;
  if (objectIdOf(id) === SCRYPT) return scryptKey(passphrase, salt, length, numbers, effort);
  if (objectIdOf(id) !== PBKDF2) return UNKNOWN;
  const prf = others.find(({ tag }) => tag === SEQUENCE);
  const digest = prf === undefined ? 'sha1' : HASHES[objectIdOf(prf.parts[0]) ?? ''];
  const [rounds] = numbers;
  if (digest === undefined || !rounds) return UNKNOWN;
  return spend(effort, rounds) ? await pbkdf2Off(passphrase, salt, rounds, length, digest) : SLOW;
}

/** What scrypt costs is its numbers multiplied. */
async function scryptKey(
  passphrase: string,
  salt: Buffer,
  length: number,
  [cost = 0, blocks = 0, lanes = 0]: readonly number[],
  effort: Effort,
): Promise<Buffer | Unlocked> {
  if (!spend(effort, cost * blocks * lanes)) return SLOW;
  const options = { N: cost, r: blocks, p: lanes, maxmem: 512 * 1024 * 1024 };
  return new Promise((resolve) => {
    try {
      scrypt(passphrase, salt, length, options, (error, key) => resolve(error === null ? key : UNKNOWN));
    } catch {
      resolve(UNKNOWN);
    }
  });
}

/** False: more than may be computed. */
function spend(effort: Effort, rounds: number): boolean {
  effort.rounds -= rounds;
  return effort.rounds >= 0;
}

function decrypted(cipher: string, key: Buffer, iv: Buffer, data: Buffer): Unlocked {
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return { kind: 'unlocked', bytes: Buffer.concat([decipher.update(data), decipher.final()]) };
  } catch {
    return SHUT;
  }
}
