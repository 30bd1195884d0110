import { createCipheriv, randomFillSync } from 'node:crypto';
import type { Secret } from '../lib/secret.ts';
import type { Keyring } from './keyring.ts';
import { ALGORITHM, associatedData, encodeRecord, IV_BYTES, pad, TAG_BYTES } from './record-format.ts';
import type { SealedRecord, SecretPlace } from './sealed-record.ts';

/**
 * Encrypts a secret for one place, under the workspace's current data key, with a fresh random IV. The result is
 * text for a column of the caller's own table; store it in the row that `place` names.
 */
export async function seal(
  deps: { keyring: Keyring },
  place: SecretPlace,
  plaintext: Secret<string>,
): Promise<SealedRecord> {
  const { id, key } = await deps.keyring.keyForSealing(place.workspaceId);
  return sealWith({ id, key: key.reveal() }, place, plaintext.reveal());
}

/** The cipher itself, without a keyring. */
export function sealWith(
  key: { id: string; key: Buffer },
  place: SecretPlace,
  plaintext: string,
): SealedRecord {
  const iv = randomFillSync(Buffer.allocUnsafe(IV_BYTES));
  const cipher = createCipheriv(ALGORITHM, key.key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(place, key.id));
  const padded = pad(plaintext);
  const ciphertext = cipher.update(padded);
  // Of a stream cipher nothing is left for the end but the tag.
  cipher.final();
  padded.fill(0);
  return encodeRecord(key.id, Buffer.concat([iv, ciphertext, cipher.getAuthTag()]));
}
