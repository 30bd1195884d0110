/** A few hundred thousand is what is recommended today; this many already take a second, in which nobody else is served. */
const MOST_ROUNDS = 2_000_000;

/** Of scrypt, 1.3.6.1.4.1.11591.4.11 with tag and length: what it costs is its numbers multiplied. */
const SCRYPT = Buffer.from('06092b06010401da47040b', 'hex');

/** Real ones have four. */
const MAX_DEPTH = 8;

/**
 * Whether opening an encrypted key (DER of EncryptedPrivateKeyInfo, RFC 5958 §3) would hold up the process: how often a
 * passphrase is hashed stands in the file, and two thousand million times is as quickly written as two thousand. What is not
 * plain DER counts as too slow, since its number cannot be seen.
 */
export function isSlowToOpen(der: Buffer): boolean {
  const [whole] = partsOf(der) ?? [];
  const [algorithm] = (whole && partsOf(whole.content)) ?? [];
  const numbers = algorithm === undefined ? null : numbersIn(algorithm.content, 0);
  if (numbers === null || algorithm === undefined) return true;
  const rounds = algorithm.content.includes(SCRYPT)
    ? numbers.reduce((product, number) => product * number, 1)
    : Math.max(0, ...numbers);
  return rounds > MOST_ROUNDS;
}

interface Part {
  tag: number;
  content: Buffer;
}

const INTEGER = 0x02;
const CONSTRUCTED = 0x20;

/** All integers within; null: it is no DER. */
function numbersIn(der: Buffer, depth: number): number[] | null {
  const parts = depth > MAX_DEPTH ? null : partsOf(der);
  if (parts === null) return null;
  const numbers: number[] = [];
  for (const { tag, content } of parts) {
    if (tag === INTEGER) numbers.push(numberOf(content));
    const inner = (tag & CONSTRUCTED) === 0 ? [] : numbersIn(content, depth + 1);
    if (inner === null) return null;
    numbers.push(...inner);
  }
  return numbers;
}

function numberOf(content: Buffer): number {
  const digits = content.toString('hex').replace(/^(00)+/, '');
  return digits.length > 12 ? Number.POSITIVE_INFINITY : Number.parseInt(digits || '0', 16);
}

/** One after the other, each with a definite length; null: it is no DER. */
function partsOf(der: Buffer): Part[] | null {
  const parts: Part[] = [];
  let at = 0;
  while (at < der.length) {
    const tag = der[at] ?? 0;
    const first = der[at + 1] ?? 0x80;
    const lengthBytes = first < 0x80 ? 0 : first - 0x80;
    if (first === 0x80 || lengthBytes > 4 || at + 2 + lengthBytes > der.length) return null;
    const start = at + 2 + lengthBytes;
    const length = lengthBytes === 0 ? first : der.readUIntBE(at + 2, lengthBytes);
    if (start + length > der.length) return null;
    parts.push({ tag, content: der.subarray(start, start + length) });
    at = start + length;
  }
  return parts;
}
