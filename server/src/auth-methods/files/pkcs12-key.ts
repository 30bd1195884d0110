import { hash } from 'node:crypto';
import { inTurnHere } from './in-turn.ts';

/** What a derived key is for (RFC 7292 appendix B.3). */
export const FOR_KEY = 1;
export const FOR_IV = 2;
export const FOR_MAC = 3;

/** A round takes one or two microseconds; in between others are served. */
const ROUNDS_AT_ONCE = 500;

interface Wanted {
  use: typeof FOR_KEY | typeof FOR_IV | typeof FOR_MAC;
  digest: string;
  salt: Buffer;
  rounds: number;
  length: number;
}

/**
 * A key from a passphrase as PKCS#12 makes it (RFC 7292 appendix B.2), which nothing else does and `node:crypto` has not.
 * `passphrase`: as bytes, see `pkcs12Passphrase`.
 */
export async function pkcs12Key(passphrase: Buffer, wanted: Wanted): Promise<Buffer> {
  const block = /^sha(384|512)$/.test(wanted.digest) ? 128 : 64;
  const input = Buffer.concat([filled(wanted.salt, block), filled(passphrase, block)]);
  const parts: Buffer[] = [];
  let length = 0;
  for (;;) {
    const start = Buffer.concat([Buffer.alloc(block, wanted.use), input]);
    const part = await hashedOver(wanted.digest, start, wanted.rounds);
    parts.push(part);
    length += part.length;
    if (length >= wanted.length) return Buffer.concat(parts).subarray(0, wanted.length);
    addToEach(input, Buffer.concat([part, part, part, part, part, part, part]).subarray(0, block));
  }
}

/** UTF-16 with two bytes of zero at its end. Null: no passphrase at all, which some programs tell from an empty one. */
export function pkcs12Passphrase(passphrase: string | null): Buffer {
  return passphrase === null ? Buffer.alloc(0) : Buffer.from(`${passphrase}\0`, 'utf16le').swap16();
}

/** Repeated up to whole blocks; nothing stays nothing. */
function filled(bytes: Buffer, block: number): Buffer {
  return Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes);
}

/** Hashed over and over, a little at a time. */
export function hashedOver(digest: string, start: Buffer, rounds: number): Promise<Buffer> {
  return rounds <= ROUNDS_AT_ONCE
    ? hashed(digest, start, rounds)
    : inTurnHere(() => hashed(digest, start, rounds));
}

async function hashed(digest: string, start: Buffer, rounds: number): Promise<Buffer> {
  let value: Buffer = start;
  for (let round = 0; round < rounds; round += 1) {
    value = hash(digest, value, 'buffer');
    if (round % ROUNDS_AT_ONCE === ROUNDS_AT_ONCE - 1) await new Promise(setImmediate);
  }
  return value;
}

/** Each block of `input` becomes itself plus `added` plus one, as numbers of that many bytes. */
function addToEach(input: Buffer, added: Buffer): void {
  for (let begin = 0; begin < input.length; begin += added.length) {
    let carry = 1;
    for (let index = added.length - 1; index >= 0; index -= 1) {
      const sum = (input[begin + index] ?? 0) + (added[index] ?? 0) + carry;
      input[begin + index] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}
