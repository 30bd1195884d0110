import type { RowId } from '@keyrail/contract/ids';
import { newId } from '../../lib/id.ts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const PAIRS = Array.from({ length: 1024 }, (_, at) => (ALPHABET[at >> 5] ?? '') + (ALPHABET[at & 31] ?? ''));
const COUNTER_CHARS = 6;

/**
 * Ids for the rows of one file: one UUIDv7 whose last 30 bits count up (RFC 9562, 6.2, method 2). They sort as the rows
 * stand, so that an index grows at its end, and making a million takes no time. 44 random bits and the millisecond keep
 * two files apart.
 */
export function createRowIds(): (row: number) => RowId {
  const first = newId<RowId>('row');
  const stem = first.slice(0, -COUNTER_CHARS);
  return (row) => {
    if (row >= 1 << 30) throw new RangeError('more rows than one file can number');
    return `${stem}${PAIRS[row >> 20] ?? ''}${PAIRS[(row >> 10) & 1023] ?? ''}${PAIRS[row & 1023] ?? ''}` as RowId;
  };
}
