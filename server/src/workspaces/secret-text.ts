import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { BASE32_ALPHABET, base32 } from '../lib/base32.ts';

const TOKEN = /^kr_([0-9a-hjkmnp-tv-z]{32})([0-9a-hjkmnp-tv-z]{7})$/;

/** A new API token: `kr_`, 160 random bits, and a checksum by which a mistyped one is told without looking it up. */
export function newApiToken(): string {
  const random = base32(randomBytes(20));
  return `kr_${random}${checksum(random)}`;
}

export function isWellFormedToken(token: string): boolean {
  const [, random = '', sum = ''] = TOKEN.exec(token) ?? [];
  return random !== '' && checksum(random) === sum;
}

/** A code for a cookie or a one-time link: 256 random bits. */
export function newCode(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a token or code. They are random, so a plain hash cannot be guessed back; it is also what is looked up. */
export function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}

function checksum(random: string): string {
  let value = crc32(random);
  let text = '';
  for (let i = 0; i < 7; i += 1) {
    text = (BASE32_ALPHABET[value % 32] ?? '') + text;
    value = Math.floor(value / 32);
  }
  return text;
}
