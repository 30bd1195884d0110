import { type Ber, numberOf, objectIdOf, octetsOf } from './ber.ts';
import {
  decrypted,
  type Effort,
  MOST_SALT,
  ON_THIS_THREAD,
  SHUT,
  SLOW,
  spend,
  UNKNOWN,
  type Unlocked,
} from './effort.ts';
import { unlockPbes2 } from './pbes2.ts';
import { FOR_IV, FOR_KEY, hashedOver, pkcs12Key, pkcs12Passphrase } from './pkcs12-key.ts';
import { unlockRc2 } from './rc2.ts';

const PBES2 = '1.2.840.113549.1.5.13';

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
  // Key and initial vector are made one after the other.
  const cost = rounds * ON_THIS_THREAD * (ofPkcs5 === undefined ? 2 : 1);
  if (!spend(effort, cost) || salt.length > MOST_SALT) return SLOW;
  if (ofPkcs5 !== undefined)
    return decrypted('des-ede3-cbc', ...(await pbkdf1(ofPkcs5, passphrase, salt, rounds)), data);
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
async function pbkdf1(
  digest: string,
  passphrase: string | null,
  salt: Buffer,
  rounds: number,
): Promise<[Buffer, Buffer]> {
  const start = Buffer.concat([Buffer.from(passphrase ?? ''), salt]);
  const value = await hashedOver(digest, start, rounds);
  const key = value.subarray(0, 8);
  return [Buffer.concat([key, key, key]), value.subarray(8, 16)];
}
