import type { SealedRecord, SecretPlace } from './sealed-record.ts';

export const ALGORITHM = 'aes-256-gcm';
export const IV_BYTES = 12;
/** Exactly 16: without saying so Node accepts tags of four bytes. */
export const TAG_BYTES = 16;

const FORMAT = 'v1';
const PREFIX = `${FORMAT}.`;
const KEY_ID = /^[a-z]{2}_[0-9a-z]+$/;
const PAD_STEP_BYTES = 32;
const LENGTH_BYTES = 4;

/** What the tag covers beside the ciphertext. JSON keeps the parts apart: no two places give the same bytes. */
export function associatedData(place: SecretPlace, keyId: string): Buffer {
  const parts = [FORMAT, place.workspaceId, place.recordId, place.version, place.purpose, keyId];
  return Buffer.from(JSON.stringify(parts), 'utf8');
}

export function encodeRecord(keyId: string, sealed: Buffer): SealedRecord {
  return `${FORMAT}.${keyId}.${sealed.toString('base64url')}`;
}

/** Null for anything but the one format there is: no other algorithm, no plain text, no second spelling. */
export function decodeRecord(record: SealedRecord): { keyId: string; sealed: Buffer } | null {
  const dot = record.indexOf('.', PREFIX.length);
  const keyId = record.slice(PREFIX.length, dot);
  if (dot === -1 || !record.startsWith(PREFIX) || !KEY_ID.test(keyId)) return null;
  const encoded = record.slice(dot + 1);
  const sealed = Buffer.from(encoded, 'base64url');
  // What is no such character is passed over, and the last one may hold bits that decode to nothing: only the spelling we
  // write is taken.
  if (sealed.toString('base64url') !== encoded) return null;
  if (sealed.length < IV_BYTES + PAD_STEP_BYTES + TAG_BYTES) return null;
  return { keyId, sealed };
}

/** The length, the text, zeros up to a multiple of 32 bytes: the ciphertext's length does not tell kinds of keys apart. */
export function pad(plaintext: string): Buffer {
  const length = Buffer.byteLength(plaintext, 'utf8');
  const padded = Buffer.alloc(Math.ceil((LENGTH_BYTES + length) / PAD_STEP_BYTES) * PAD_STEP_BYTES);
  padded.writeUInt32BE(length, 0);
  padded.write(plaintext, LENGTH_BYTES, 'utf8');
  return padded;
}

export function unpad(padded: Buffer): Buffer | null {
  if (padded.length < PAD_STEP_BYTES || padded.length % PAD_STEP_BYTES !== 0) return null;
  const length = padded.readUInt32BE(0);
  if (length > padded.length - LENGTH_BYTES) return null;
  return padded.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
}
