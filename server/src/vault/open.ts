import { createDecipheriv } from 'node:crypto';
import { Secret } from '../lib/secret.ts';
import type { Keyring } from './keyring.ts';
import { ALGORITHM, associatedData, decodeRecord, IV_BYTES, TAG_BYTES, unpad } from './record-format.ts';
import type { OpenOutcome, SealedRecord, SecretPlace } from './sealed-record.ts';

/**
 * Decrypts what `seal` made, if it was made for this very place. Anything else about the record (damage, another
 * row's ciphertext, a key that is gone, plain text where a record belongs) is `unreadable`.
 */
export async function open(
  deps: { keyring: Keyring },
  place: SecretPlace,
  record: SealedRecord,
): Promise<OpenOutcome<Secret<string>>> {
  const parts = decodeRecord(record);
  if (parts === null) return { kind: 'unreadable', because: 'not a sealed record' };
  const key = await deps.keyring.keyForOpening(place.workspaceId, parts.keyId);
  if (key === null) return { kind: 'unreadable', because: `its key ${parts.keyId} is not there` };
  const plaintext = openWith({ id: parts.keyId, key: key.reveal() }, place, parts.sealed);
  if (plaintext === null) return { kind: 'unreadable', because: 'it does not authenticate' };
  return { kind: 'opened', plaintext: new Secret(plaintext) };
}

/** The cipher itself; null where anything does not fit. */
export function openWith(
  key: { id: string; key: Buffer },
  place: SecretPlace,
  sealed: Buffer,
): string | null {
  try {
    const iv = sealed.subarray(0, IV_BYTES);
    const ciphertext = sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES);
    const tag = sealed.subarray(sealed.length - TAG_BYTES);
    const decipher = createDecipheriv(ALGORITHM, key.key, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(associatedData(place, key.id));
    decipher.setAuthTag(tag);
    const padded = decipher.update(ciphertext);
    // Throws unless all of it is authentic.
    decipher.final();
    const plaintext = unpad(padded)?.toString('utf8') ?? null;
    padded.fill(0);
    return plaintext;
  } catch {
    // Node's one signal that the tag does not match or is none; what was decrypted before it is dropped unseen.
    return null;
  }
}
