/**
 * RC2 in CBC mode, unlocking only (RFC 2268). PKCS#12 files of older programs have their certificates under it, and OpenSSL as
 * Node has it does not read it any more. Nothing is ever protected with it here.
 */
export function unlockRc2(key: Buffer, effectiveBits: number, iv: Buffer, data: Buffer): Buffer | null {
  if (data.length === 0 || data.length % 8 !== 0) return null;
  const words = expandedKey(key, effectiveBits);
  const plain = Buffer.alloc(data.length);
  let before = iv;
  for (let at = 0; at < data.length; at += 8) {
    const block = data.subarray(at, at + 8);
    const opened = unlockedBlock(words, block);
    for (let index = 0; index < 8; index += 1)
      plain[at + index] = (opened[index] ?? 0) ^ (before[index] ?? 0);
    before = block;
  }
  return withoutPadding(plain);
}

/** PKCS#7: as many bytes as each of them says. */
function withoutPadding(plain: Buffer): Buffer | null {
  const count = plain.at(-1) ?? 0;
  const padding = plain.subarray(-count);
  const isPadding = count >= 1 && count <= 8 && padding.every((byte) => byte === count);
  return isPadding ? plain.subarray(0, -count) : null;
}

/** RFC 2268 §2. */
export function expandedKey(key: Buffer, effectiveBits: number): Uint16Array {
  const bytes = new Uint8Array(128);
  bytes.set(key);
  const at = (index: number) => bytes[index] ?? 0;
  for (let i = key.length; i < 128; i += 1) bytes[i] = PI[(at(i - 1) + at(i - key.length)) & 0xff] ?? 0;
  const effectiveBytes = Math.ceil(effectiveBits / 8);
  const mask = 0xff >> (8 * effectiveBytes - effectiveBits);
  bytes[128 - effectiveBytes] = PI[at(128 - effectiveBytes) & mask] ?? 0;
  for (let i = 127 - effectiveBytes; i >= 0; i -= 1) bytes[i] = PI[at(i + 1) ^ at(i + effectiveBytes)] ?? 0;
  return Uint16Array.from({ length: 64 }, (_, i) => at(2 * i) | (at(2 * i + 1) << 8));
}

const SHIFTS = [1, 2, 3, 5];

/** RFC 2268 §4: five rounds, mash, six, mash, five, all of them backwards. */
export function unlockedBlock(words: Uint16Array, block: Buffer): Buffer {
  const r = [0, 2, 4, 6].map((offset) => block.readUInt16LE(offset));
  const at = (index: number) => r[index & 3] ?? 0;
  let next = 63;
  const mix = () => {
    for (let i = 3; i >= 0; i -= 1) {
      const shift = SHIFTS[i] ?? 0;
      const turned = (at(i) >> shift) | (at(i) << (16 - shift));
      const taken = (words[next] ?? 0) + (at(i + 3) & at(i + 2)) + (~at(i + 3) & at(i + 1));
      r[i] = (turned - taken) & 0xffff;
      next -= 1;
    }
  };
  const mash = () => {
    for (let i = 3; i >= 0; i -= 1) r[i] = (at(i) - (words[at(i + 3) & 63] ?? 0)) & 0xffff;
  };
  for (const rounds of [5, 6, 5]) {
    for (let round = 0; round < rounds; round += 1) mix();
    if (next >= 0) mash();
  }
  const opened = Buffer.alloc(8);
  for (const [index, word] of r.entries()) opened.writeUInt16LE(word, index * 2);
  return opened;
}

/** RFC 2268 §2: each byte once, in an order drawn from pi. */
const PI = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32' +
    'bd8f40eb86b77b0bf09521225c6b4e8254d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed708e8eade8052eef784aa72ac354d6a2a' +
    '961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2e' +
    'c5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);
