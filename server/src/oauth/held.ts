import { z } from 'zod';
import { Secret } from '../lib/secret.ts';
import type { Minted } from '../tokens/mint.ts';
import type { Keyring } from '../vault/keyring.ts';
import { open } from '../vault/open.ts';
import { seal } from '../vault/seal.ts';
import type { SealedRecord, SecretPlace } from '../vault/sealed-record.ts';
import type { Authorization } from './authorization.ts';
import type { TokenAccount } from './token-minted.ts';

/** What a sign-in got, kept while its person chooses an account. */
export interface Held {
  minted: Minted;
  account: TokenAccount | null;
  /** What came with the code, by connection field. */
  told: Readonly<Record<string, string>>;
  /** When it came: from then on its tokens' time runs. */
  at: Date;
}

type Owner = Pick<Authorization, 'workspaceId' | 'id'>;

const heldShape = z.strictObject({
  access: z.string(),
  refresh: z.string().nullable(),
  expiresInSeconds: z.number().nullable(),
  refreshExpiresInSeconds: z.number().nullable(),
  grantEndsInSeconds: z.number().nullable(),
  scopes: z.array(z.string()).nullable(),
  fields: z.record(z.string(), z.string()),
  account: z.strictObject({ id: z.string().nullable(), name: z.string().nullable() }).nullable(),
  told: z.record(z.string(), z.string()),
  at: z.iso.datetime().transform((text) => new Date(text)),
});

export function sealHeld(deps: { keyring: Keyring }, owner: Owner, held: Held): Promise<SealedRecord> {
  const { accessToken, refreshToken, ...minted } = held.minted;
  const all = {
    access: accessToken.reveal(),
    refresh: refreshToken?.reveal() ?? null,
    ...minted,
    account: held.account,
    told: held.told,
    at: held.at.toISOString(),
  };
  return seal(deps, heldPlaceOf(owner), new Secret(JSON.stringify(all)));
}

/** Null: it cannot be opened. A parser's complaint would quote tokens, so none leaves here. */
export async function openHeld(
  deps: { keyring: Keyring },
  owner: Owner,
  sealed: SealedRecord,
): Promise<Held | null> {
  const opened = await open(deps, heldPlaceOf(owner), sealed);
  if (opened.kind === 'unreadable') return null;
  try {
    const { access, refresh, account, told, at, ...minted } = heldShape.parse(
      JSON.parse(opened.plaintext.reveal()),
    );
    const refreshToken = refresh === null ? null : new Secret(refresh);
    return { minted: { ...minted, accessToken: new Secret(access), refreshToken }, account, told, at };
  } catch {
    return null;
  }
}

/** The tokens' remaining life, after the person took their time. */
export function heldFor({ minted, at }: Held, now: Date): Minted {
  const gone = Math.max(0, Math.floor((now.getTime() - at.getTime()) / 1_000));
  const left = (seconds: number | null) => (seconds === null ? null : Math.max(0, seconds - gone));
  return {
    ...minted,
    expiresInSeconds: left(minted.expiresInSeconds),
    refreshExpiresInSeconds: left(minted.refreshExpiresInSeconds),
    grantEndsInSeconds: left(minted.grantEndsInSeconds),
  };
}

/** Authenticated with what is kept. */
export function heldPlaceOf({ workspaceId, id }: { workspaceId: string; id: string }): SecretPlace {
  return { workspaceId, recordId: id, version: 1, purpose: 'authorization' };
}
