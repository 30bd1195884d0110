import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Ber, numberOf, objectIdOf, octetsOf } from './ber.ts';
import { type Effort, ON_THIS_THREAD, spend } from './effort.ts';
import { derivedKey } from './pbes2.ts';
import { FOR_MAC, pkcs12Key, pkcs12Passphrase } from './pkcs12-key.ts';

/** Whether the passphrase is the one the file was sealed with. `shut`: it is not, or the file is damaged. */
export type MacOutcome = 'fits' | 'shut' | 'slow' | 'unknown';

const DIGESTS: Record<string, string> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
/** RFC 9579: the same key derivation as everywhere else. */
const PBMAC1 = '1.2.840.113549.1.5.14';
const HMACS: Record<string, { digest: string; bytes: number }> = {
  '1.2.840.113549.2.9': { digest: 'sha256', bytes: 32 },
  '1.2.840.113549.2.10': { digest: 'sha384', bytes: 48 },
  '1.2.840.113549.2.11': { digest: 'sha512', bytes: 64 },
};

/** `mac`: MacData of RFC 7292 §4; `content`: the octets it is over. */
export async function checkMac(
  mac: Ber,
  content: Buffer,
  passphrase: string | null,
  effort: Effort,
): Promise<MacOutcome> {
  const [info, saltPart, roundsPart] = mac.parts;
  const [algorithm, digestPart] = info?.parts ?? [];
  const [salt, wanted] = [octetsOf(saltPart), octetsOf(digestPart)];
  const rounds = roundsPart === undefined ? 1 : numberOf(roundsPart);
  const name = objectIdOf(algorithm?.parts[0]);
  if (salt === null || wanted === null || rounds === null || name === null) return 'unknown';
  const keyed = await keyFor(algorithm, name, { salt, rounds }, passphrase, effort);
  if (typeof keyed === 'string') return keyed;
  const found = createHmac(keyed.digest, keyed.key).update(content).digest();
  return found.length === wanted.length && timingSafeEqual(found, wanted) ? 'fits' : 'shut';
}

async function keyFor(
  algorithm: Ber | undefined,
  name: string,
  { salt, rounds }: { salt: Buffer; rounds: number },
  passphrase: string | null,
  effort: Effort,
): Promise<{ key: Buffer; digest: string } | 'slow' | 'unknown'> {
  if (name === PBMAC1) {
    const [derivation, scheme] = algorithm?.parts[1]?.parts ?? [];
    const hmac = HMACS[objectIdOf(scheme?.parts[0]) ?? ''];
    if (hmac === undefined) return 'unknown';
    const key = await derivedKey(derivation, passphrase ?? '', hmac.bytes, effort);
    if (!Buffer.isBuffer(key)) return key.kind === 'slow' ? 'slow' : 'unknown';
    return { key, digest: hmac.digest };
  }
  const digest = DIGESTS[name];
  if (digest === undefined) return 'unknown';
  if (!spend(effort, rounds * ON_THIS_THREAD) || salt.length > 1_024) return 'slow';
  const length = createHmac(digest, '').digest().length;
  const key = await pkcs12Key(pkcs12Passphrase(passphrase), { use: FOR_MAC, digest, salt, rounds, length });
  return { key, digest };
}
