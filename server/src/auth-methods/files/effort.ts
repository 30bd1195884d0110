import { createDecipheriv } from 'node:crypto';

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
export const fullEffort = (): Effort => ({ rounds: 4_000_000 });
/** A round that is computed here, and not by OpenSSL on another thread, counts for so many. */
export const ON_THIS_THREAD = 3;

export const MOST_SALT = 1_024;
export const SHUT: Unlocked = { kind: 'shut' };
export const UNKNOWN: Unlocked = { kind: 'unknown' };
export const SLOW: Unlocked = { kind: 'slow' };

/** False: more than may be computed. */
export function spend(effort: Effort, rounds: number): boolean {
  effort.rounds -= rounds;
  return effort.rounds >= 0;
}

export function decrypted(cipher: string, key: Buffer, iv: Buffer, data: Buffer): Unlocked {
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return { kind: 'unlocked', bytes: Buffer.concat([decipher.update(data), decipher.final()]) };
  } catch {
    return SHUT;
  }
}
