import { pbkdf2, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { type Ber, numberOf, objectIdOf, octetsOf, SEQUENCE } from './ber.ts';
import { decrypted, type Effort, MOST_SALT, SLOW, spend, UNKNOWN, type Unlocked } from './effort.ts';
import { inTurn } from './in-turn.ts';

const CIPHERS: Record<string, { name: string; bytes: number }> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', bytes: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', bytes: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', bytes: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', bytes: 24 },
};

/** What PBES2 protects (RFC 8018 §6.2): every tool does it so today. */
export async function unlockPbes2(
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
  if (!spend(effort, rounds)) return SLOW;
  return inTurn(rounds, () => pbkdf2Off(passphrase, salt, rounds, length, digest));
}

/** What scrypt costs is its numbers multiplied. */
async function scryptKey(
  passphrase: string,
  salt: Buffer,
  length: number,
  [cost = 0, blocks = 0, lanes = 0]: readonly number[],
  effort: Effort,
): Promise<Buffer | Unlocked> {
  const work = cost * blocks * lanes;
  if (!spend(effort, work) || cost * blocks * 128 > MOST_MEMORY) return SLOW;
  const options = { N: cost, r: blocks, p: lanes, maxmem: 2 * MOST_MEMORY };
  // Numbers that scrypt cannot work with are refused at once.
  const computed = () => scryptOff(passphrase, salt, length, options).catch(() => UNKNOWN);
  return inTurn<Buffer | Unlocked>(work, computed);
}

const MOST_MEMORY = 64 * 1024 * 1024;
const scryptOff = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt);
