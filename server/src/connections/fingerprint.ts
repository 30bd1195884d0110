import type { Secret } from '../lib/secret.ts';

/** HMAC under a key only this server has, so that a copied database does not let anybody try guesses. */
export type KeyedHash = (text: string) => string;

const SHOWN_CHARACTERS = 16;

/**
 * Tells one set of secrets from another, within one workspace: the same key elsewhere has another fingerprint, so
 * that nobody learns who shares a key with whom.
 */
export function fingerprintOf(
  hash: KeyedHash,
  workspaceId: string,
  secrets: readonly Secret<string>[],
): string {
  const text = JSON.stringify(['credential', workspaceId, ...secrets.map((secret) => secret.reveal())]);
  return hash(text).slice(0, SHOWN_CHARACTERS);
}
