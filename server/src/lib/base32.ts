/** Digits and lower-case letters without i, l, o and u: nothing is mistaken for something else, and text sorts as the bytes do. */
export const BASE32_ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** Five bits a character. `leadingBits` zeros come first, where the bytes alone do not come out even. */
export function base32(bytes: Uint8Array, leadingBits = 0): string {
  let text = '';
  let bits = leadingBits;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += BASE32_ALPHABET[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return text;
}
