/**
 * One value of ASN.1 as it is written in files (X.690, BER): `tag` is the first byte, `content` what follows the length, and
 * `parts` what is in there of a constructed one. `whole`: from the tag to the end.
 */
export interface Ber {
  tag: number;
  content: Buffer;
  whole: Buffer;
  parts: readonly Ber[];
}

export const INTEGER = 0x02;
export const OCTETS = 0x04;
export const OBJECT_ID = 0x06;
export const SEQUENCE = 0x30;
const CONSTRUCTED = 0x20;

/** Real files have a dozen levels and a few hundred values. A nest of a thousand is there to hold up who reads it. */
const MAX_DEPTH = 32;
const MAX_VALUES = 20_000;

/**
 * The one value that the bytes are; null: they are none, or more. Also with lengths that are not said ahead, since several
 * programs write PKCS#12 so.
 */
export function readBer(bytes: Buffer): Ber | null {
  const left = { values: MAX_VALUES };
  const read = readOne(bytes, 0, 0, left);
  return read !== null && read.end === bytes.length ? read.value : null;
}

interface Read {
  value: Ber;
  end: number;
}

function readOne(bytes: Buffer, at: number, depth: number, left: { values: number }): Read | null {
  left.values -= 1;
  const [tag, first] = [bytes[at], bytes[at + 1]];
  // Tags of more than one byte are in none of the files that are read here.
  if (depth > MAX_DEPTH || left.values < 0 || tag === undefined || first === undefined) return null;
  if ((tag & 0x1f) === 0x1f) return null;
  const isConstructed = (tag & CONSTRUCTED) !== 0;
  if (first === 0x80) return isConstructed ? readUntilEnd(bytes, at, depth, left) : null;
  const lengthBytes = first < 0x80 ? 0 : first - 0x80;
  const start = at + 2 + lengthBytes;
  if (lengthBytes > 4 || start > bytes.length) return null;
  const end = start + (lengthBytes === 0 ? first : bytes.readUIntBE(at + 2, lengthBytes));
  if (end > bytes.length) return null;
  const content = bytes.subarray(start, end);
  const parts = isConstructed ? readAll(content, depth, left) : [];
  const whole = bytes.subarray(at, end);
  return parts === null ? null : { value: { tag, content, whole, parts }, end };
}

function readAll(content: Buffer, depth: number, left: { values: number }): Ber[] | null {
  const parts: Ber[] = [];
  for (let at = 0; at < content.length; ) {
    const read = readOne(content, at, depth + 1, left);
    if (read === null) return null;
    parts.push(read.value);
    at = read.end;
  }
  return parts;
}

/** Of a length that is not said: up to two bytes of zero (X.690 §8.1.3.6). */
function readUntilEnd(bytes: Buffer, begin: number, depth: number, left: { values: number }): Read | null {
  const parts: Ber[] = [];
  let at = begin + 2;
  for (;;) {
    if (bytes[at] === 0 && bytes[at + 1] === 0) break;
    const read = readOne(bytes, at, depth + 1, left);
    if (read === null) return null;
    parts.push(read.value);
    at = read.end;
  }
  const [content, whole] = [bytes.subarray(begin + 2, at), bytes.subarray(begin, at + 2)];
  return { value: { tag: bytes[begin] ?? 0, content, whole, parts }, end: at + 2 };
}

/** The bytes of an OCTET STRING, which may be written in pieces; null: it is none. `tag`: where another one stands for it. */
export function octetsOf(value: Ber | undefined, tag = OCTETS): Buffer | null {
  if (value === undefined || (value.tag & ~CONSTRUCTED) !== (tag & ~CONSTRUCTED)) return null;
  if ((value.tag & CONSTRUCTED) === 0) return value.content;
  const pieces = value.parts.map((part) => octetsOf(part));
  return pieces.some((piece) => piece === null) ? null : Buffer.concat(pieces.filter((one) => one !== null));
}

/** "1.2.840.113549.1.7.1"; null: it is no object identifier. */
export function objectIdOf(value: Ber | undefined): string | null {
  if (value?.tag !== OBJECT_ID || value.content.length === 0 || value.content.length > 64) return null;
  const numbers: number[] = [];
  let number = 0;
  for (const byte of value.content) {
    number = number * 128 + (byte & 0x7f);
    if (number > Number.MAX_SAFE_INTEGER / 128) return null;
    if ((byte & 0x80) !== 0) continue;
    numbers.push(number);
    number = 0;
  }
  const [first = 0, ...others] = numbers;
  const top = Math.min(2, Math.floor(first / 40));
  return [top, first - top * 40, ...others].join('.');
}

/** A whole number that is not negative; infinite where it has more than six bytes; null: it is none. */
export function numberOf(value: Ber | undefined): number | null {
  if (value?.tag !== INTEGER || value.content.length === 0 || (value.content[0] ?? 0) >= 0x80) return null;
  const digits = value.content.toString('hex').replace(/^(00)+/, '');
  return digits.length > 12 ? Number.POSITIVE_INFINITY : Number.parseInt(digits || '0', 16);
}
