import { z } from 'zod';
import { Secret } from '../lib/secret.ts';
import type { Keyring } from '../vault/keyring.ts';
import { open } from '../vault/open.ts';
import { sealWith } from '../vault/seal.ts';
import type { SealedRecord, SecretPlace } from '../vault/sealed-record.ts';

/** What is secret in a row of `tokens`. */
export interface TokenSecrets {
  accessToken: Secret<string>;
  refreshToken: Secret<string> | null;
}

/** Which row, and which of the tokens that follow each other in it. */
export interface TokenPlace {
  workspaceId: string;
  id: string;
  generation: number;
}

export type OpenedSecrets =
  | { kind: 'opened'; secrets: TokenSecrets }
  | { kind: 'unreadable'; because: string };

const sealedShape = z.strictObject({ access: z.string(), refresh: z.string().nullable() });

/**
 * What seals the answer of a token endpoint, had before that is asked: when the answer is there, the database with the keys may
 * be away.
 */
export interface Sealer {
  id: string;
  key: Secret<Buffer>;
}

/** Both secrets in one record: they are written in one piece, and neither can be put in the other's place. */
export function sealTokens(
  { id, key }: Sealer,
  place: TokenPlace,
  { accessToken, refreshToken }: TokenSecrets,
): SealedRecord {
  const both = { access: accessToken.reveal(), refresh: refreshToken?.reveal() ?? null };
  return sealWith({ id, key: key.reveal() }, tokenPlaceOf(place), JSON.stringify(both));
}

/** An entry of the journal: sealed once more with all that goes with it, so that nothing of it can be changed on the disk. */
export function sealEntry({ id, key }: Sealer, place: TokenPlace, text: string): SealedRecord {
  return sealWith({ id, key: key.reveal() }, entryPlaceOf(place), text);
}

export async function openEntry(
  deps: { keyring: Keyring },
  place: TokenPlace,
  sealed: SealedRecord,
): Promise<string | null> {
  const result = await open(deps, entryPlaceOf(place), sealed);
  return result.kind === 'opened' ? result.plaintext.reveal() : null;
}

/** The only opener of tokens. A parser's complaint would quote what it could not read, so none leaves here. */
export async function openTokens(
  deps: { keyring: Keyring },
  place: TokenPlace,
  sealed: SealedRecord,
): Promise<OpenedSecrets> {
  const result = await open(deps, tokenPlaceOf(place), sealed);
  if (result.kind === 'unreadable') return result;
  try {
    const { access, refresh } = sealedShape.parse(JSON.parse(result.plaintext.reveal()));
    const refreshToken = refresh === null ? null : new Secret(refresh);
    return { kind: 'opened', secrets: { accessToken: new Secret(access), refreshToken } };
  } catch {
    return { kind: 'unreadable', because: 'not in form' };
  }
}

/** Where a token's secrets belong; authenticated with them. */
export function tokenPlaceOf({ workspaceId, id, generation }: TokenPlace): SecretPlace {
  return { workspaceId, recordId: id, version: generation, purpose: 'token' };
}

function entryPlaceOf(place: TokenPlace): SecretPlace {
  return { ...tokenPlaceOf(place), purpose: 'token journal' };
}
