import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import forge from 'node-forge';
import { describe, expect, it } from 'vitest';
import { openWith } from './open.ts';
import {
  associatedData,
  decodeRecord,
  encodeRecord,
  IV_BYTES,
  pad,
  TAG_BYTES,
  unpad,
} from './record-format.ts';
import { sealWith } from './seal.ts';
import type { SecretPlace } from './sealed-record.ts';

const key = { id: 'dk_0123', key: randomBytes(32) };
const place: SecretPlace = {
  workspaceId: 'wsp_a',
  recordId: 'con_a',
  version: 1,
  purpose: 'credential',
};

/** As `open` does it: the format first, then the cipher. */
function opened(record: string, at: SecretPlace = place): string | null {
  const parts = decodeRecord(record);
  return parts === null ? null : openWith({ id: parts.keyId, key: key.key }, at, parts.sealed);
}

describe('a sealed record', () => {
  it('opens to exactly what was sealed, for every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const written = Buffer.from(text, 'utf8').toString('utf8');
        return opened(sealWith(key, place, text)) === written;
      }),
      { numRuns: 1_000 },
    );
    for (const text of ['', '\0', 'é😀\0\0', 'x'.repeat(1024 * 1024)]) {
      expect(opened(sealWith(key, place, text))).toBe(text);
    }
  });

  it('does not open with any single bit flipped, in text or bytes', () => {
    let flips = 0;
    let openings = 0;
    // Most of the time would go into where each of the cipher's refusals came from.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    for (let count = 0; count < 200; count += 1) {
      const record = sealWith(key, place, randomBytes(20).toString('hex'));
      const bytes = Buffer.from(record, 'latin1');
      // Of each record every other bit, of the next one those between: of two hundred all are tried again and again.
      for (let bit = count % 2; bit < bytes.length * 8; bit += 2) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        if (opened(flipped.toString('latin1')) !== null) openings += 1;
        flips += 1;
      }
    }
    Error.stackTraceLimit = stackTraceLimit;
    expect(flips).toBeGreaterThan(100_000);
    expect(openings).toBe(0);
  });

  it('does not open in another workspace, record, version or purpose, nor under another key id', () => {
    const record = sealWith(key, place, 'fake-key-good-0001');
    expect(opened(record)).toBe('fake-key-good-0001');
    expect(opened(record, { ...place, workspaceId: 'wsp_b' })).toBeNull();
    expect(opened(record, { ...place, recordId: 'con_b' })).toBeNull();
    expect(opened(record, { ...place, version: 2 })).toBeNull();
    expect(opened(record, { ...place, purpose: 'oauth_app' })).toBeNull();
    expect(opened(record.replace('dk_0123', 'dk_0124'))).toBeNull();
    // Parts that run into each other would make these two one place.
    const shifted = { ...place, workspaceId: 'wsp_acon', recordId: '_a' };
    expect(opened(sealWith(key, place, 'x'), shifted)).toBeNull();
  });

  it('does not open with a shorter tag, which the cipher would take', () => {
    const parts = decodeRecord(sealWith(key, place, 'fake-key-good-0001'));
    if (!parts) throw new Error('no record');
    for (const length of [0, 4, 8, 12, 15]) {
      const cut = parts.sealed.subarray(0, parts.sealed.length - TAG_BYTES + length);
      expect(opened(encodeRecord(key.id, cut))).toBeNull();
    }
    expect(openWith(key, place, Buffer.alloc(10))).toBeNull();
  });

  it('is never taken for plain text or for another algorithm', () => {
    const record = sealWith(key, place, 'fake-key-good-0001');
    const cases = [
      '',
      'fake-key-good-0001',
      '{"api_key":"fake-key-good-0001"}',
      record.replace('v1.', 'none.'),
      record.replace('v1.', 'aes-256-cbc.'),
      record.replace('v1.', 'v0.'),
      record.slice(3),
      `${record}=`,
      `${record} `,
      record.replace(/\.[^.]+$/, '.'),
    ];
    for (const text of cases) expect(opened(text), text).toBeNull();
  });

  it('of the same text is another one each time: no IV comes twice', () => {
    const ivs = new Set<string>();
    for (let count = 0; count < 20_000; count += 1) {
      const sealed = decodeRecord(sealWith(key, place, 'same'))?.sealed;
      ivs.add(sealed?.subarray(0, IV_BYTES).toString('hex') ?? '');
    }
    expect(ivs.size).toBe(20_000);
  });

  it('has a length in steps of 32 bytes, so that it does not tell kinds of keys apart', () => {
    const sizes = new Map<number, number>();
    for (let length = 1; length <= 64; length += 1) {
      const size = decodeRecord(sealWith(key, place, 'k'.repeat(length)))?.sealed.length ?? 0;
      expect((size - IV_BYTES - TAG_BYTES) % 32).toBe(0);
      sizes.set(size, (sizes.get(size) ?? 0) + 1);
    }
    expect([...sizes.values()]).toEqual([28, 32, 4]);
  });
});

describe('another implementation of AES-256-GCM', () => {
  const text = (bytes: Buffer) => forge.util.createBuffer(bytes.toString('latin1'));
  const options = (at: SecretPlace, iv: Buffer) => ({
    iv: text(iv),
    additionalData: associatedData(at, key.id).toString('latin1'),
    tagLength: TAG_BYTES * 8,
  });

  it('opens what ours seals, and ours opens what it seals', () => {
    for (const plain of ['', 'fake-key-good-0001', 'é😀\0\0', 'x'.repeat(5_000)]) {
      const { sealed } = decodeRecord(sealWith(key, place, plain)) ?? { sealed: Buffer.alloc(0) };
      const [iv, end] = [sealed.subarray(0, IV_BYTES), sealed.length - TAG_BYTES];
      const decipher = forge.cipher.createDecipher('AES-GCM', text(key.key));
      decipher.start({ ...options(place, iv), tag: text(sealed.subarray(end)) });
      decipher.update(text(sealed.subarray(IV_BYTES, end)));
      expect(decipher.finish()).toBe(true);
      expect(unpad(Buffer.from(decipher.output.getBytes(), 'latin1'))?.toString('utf8')).toBe(plain);

      const cipher = forge.cipher.createCipher('AES-GCM', text(key.key));
      cipher.start(options(place, iv));
      cipher.update(text(pad(plain)));
      cipher.finish();
      const made = [cipher.output.getBytes(), cipher.mode.tag.getBytes()];
      const record = Buffer.concat([iv, ...made.map((part) => Buffer.from(part, 'latin1'))]);
      expect(opened(encodeRecord(key.id, record))).toBe(plain);
    }
  });
});

describe('the cipher', () => {
  // McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 13 to 16 (256-bit keys, 96-bit IVs).
  const vectors = [
    {
      key: '0'.repeat(64),
      iv: '0'.repeat(24),
      plaintext: '',
      aad: '',
      ciphertext: '',
      tag: '530f8afbc74536b9a963b4f1c4cb738b',
    },
    {
      key: '0'.repeat(64),
      iv: '0'.repeat(24),
      plaintext: '0'.repeat(32),
      aad: '',
      ciphertext: 'cea7403d4d606b6e074ec5d3baf39d18',
      tag: 'd0d1c8a799996bf0265b98b5d48ab919',
    },
    {
      key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308',
      iv: 'cafebabefacedbaddecaf888',
      plaintext:
        'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
      aad: 'feedfacedeadbeeffeedfacedeadbeefabaddad2',
      ciphertext:
        '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
      tag: '76fc6ece0f4e1768cddf8853bb2d551b',
    },
  ];

  it('gives the published results, and refuses each with its tag changed', () => {
    for (const vector of vectors) {
      const bytes = (name: keyof typeof vector) => Buffer.from(vector[name], 'hex');
      const options = { authTagLength: TAG_BYTES };
      const cipher = createCipheriv('aes-256-gcm', bytes('key'), bytes('iv'), options);
      cipher.setAAD(bytes('aad'));
      const ciphertext = Buffer.concat([cipher.update(bytes('plaintext')), cipher.final()]);
      expect(ciphertext.toString('hex')).toBe(vector.ciphertext);
      expect(cipher.getAuthTag().toString('hex')).toBe(vector.tag);
      const tag = bytes('tag');
      tag[0] = (tag[0] ?? 0) ^ 1;
      const decipher = createDecipheriv('aes-256-gcm', bytes('key'), bytes('iv'), options);
      decipher.setAAD(bytes('aad'));
      decipher.setAuthTag(tag);
      decipher.update(ciphertext);
      expect(() => decipher.final()).toThrow();
    }
  });
});
