import { randomFillSync } from 'node:crypto';
import { base32 } from './base32.ts';

/** 26 characters hold 130 bits; these two more than a UUID has come first, so that the text sorts as the number. */
const SPARE_BITS = 2;

const pool = Buffer.alloc(10 * 1024);
let poolOffset = pool.length;

/** A new id: `prefix_` and a UUIDv7 (RFC 9562) in 26 characters; ids made later sort later, to the millisecond. */
export function newId<Id extends string>(prefix: string, now: number = Date.now()): Id {
  if (poolOffset + 10 > pool.length) {
    randomFillSync(pool);
    poolOffset = 0;
  }
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeUIntBE(now, 0, 6);
  pool.copy(bytes, 6, poolOffset, poolOffset + 10);
  poolOffset += 10;
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return `${prefix}_${base32(bytes, SPARE_BITS)}` as Id;
}
