import { z } from 'zod';
import type { Keyring } from '../vault/keyring.ts';
import { openEntry, type Sealer, sealEntry } from './token-box.ts';
import type { NewToken } from './token-columns.ts';
import type { Lease } from './token-row.ts';

/** A new token on its way to its row, and the lease it was made under. */
export interface JournalEntry {
  lease: Lease;
  token: NewToken;
}

/** The same as it is kept: what must be known to open it, and the rest sealed. */
export interface SealedEntry {
  /** The row. */
  id: string;
  workspaceId: string;
  generation: number;
  leaseGeneration: number;
  sealed: string;
}

const date = z.iso.datetime().transform((text) => new Date(text));
const insideShape = z.strictObject({
  connection_id: z.string(),
  credential_version: z.int(),
  holder: z.string(),
  lease_generation: z.int(),
  token: z.strictObject({
    sealed: z.string(),
    has_refresh_token: z.boolean(),
    idle_seconds: z.int().nullable(),
    grant_ends_at: date.nullable(),
    grant_warns_at: date.nullable(),
    scopes: z.array(z.string()).nullable(),
    fields: z.record(z.string(), z.string()),
    minted_at: date,
    expires_at: date.nullable(),
    renew_at: date.nullable(),
  }),
});
const outsideShape = z.strictObject({
  v: z.literal(1),
  id: z.string(),
  workspace_id: z.string(),
  generation: z.int().positive(),
  lease_generation: z.int(),
  sealed: z.string(),
});

export function sealJournalEntry(sealer: Sealer, { lease, token }: JournalEntry): SealedEntry {
  const { id, owner, holder, leaseGeneration } = lease;
  const { workspaceId } = owner;
  const { generation } = token;
  const inside: z.input<typeof insideShape> = {
    connection_id: owner.connectionId,
    credential_version: owner.credentialVersion,
    holder,
    lease_generation: leaseGeneration,
    token: {
      sealed: token.sealed,
      has_refresh_token: token.hasRefreshToken,
      idle_seconds: token.idleSeconds,
      grant_ends_at: token.grantEnd?.endsAt.toISOString() ?? null,
      grant_warns_at: token.grantEnd?.warnsAt.toISOString() ?? null,
      scopes: token.scopes === null ? null : [...token.scopes],
      fields: { ...token.fields },
      minted_at: token.mintedAt.toISOString(),
      expires_at: token.expiresAt?.toISOString() ?? null,
      renew_at: token.renewAt?.toISOString() ?? null,
    },
  };
  const place = { workspaceId, id, generation };
  return { ...place, leaseGeneration, sealed: sealEntry(sealer, place, JSON.stringify(inside)) };
}

/** Null: it does not open, or is none. Throws only where the keys cannot be had. */
export async function openJournalEntry(
  deps: { keyring: Keyring },
  { id, workspaceId, generation, leaseGeneration, sealed }: SealedEntry,
): Promise<JournalEntry | null> {
  const text = await openEntry(deps, { workspaceId, id, generation }, sealed);
  const inside = text === null ? null : insideShape.safeParse(parsed(text));
  if (inside === null || !inside.success) return null;
  // What stands outside is for finding it; which lease it is from is not for whoever can write there to say.
  if (inside.data.lease_generation !== leaseGeneration) return null;
  const { connection_id: connectionId, credential_version: credentialVersion, holder, token } = inside.data;
  const { grant_ends_at: endsAt, grant_warns_at: warnsAt } = token;
  return {
    lease: { id, owner: { workspaceId, connectionId, credentialVersion }, holder, leaseGeneration },
    token: {
      generation,
      sealed: token.sealed,
      hasRefreshToken: token.has_refresh_token,
      idleSeconds: token.idle_seconds,
      grantEnd: endsAt === null ? null : { endsAt, warnsAt: warnsAt ?? endsAt },
      scopes: token.scopes,
      fields: token.fields,
      mintedAt: token.minted_at,
      expiresAt: token.expires_at,
      renewAt: token.renew_at,
    },
  };
}

export function entryText(entry: SealedEntry): string {
  const outside: z.input<typeof outsideShape> = {
    v: 1,
    id: entry.id,
    workspace_id: entry.workspaceId,
    generation: entry.generation,
    lease_generation: entry.leaseGeneration,
    sealed: entry.sealed,
  };
  return `${JSON.stringify(outside)}\n`;
}

/** Null: cut short, or no entry of ours. */
export function entryIn(text: string): SealedEntry | null {
  const outside = outsideShape.safeParse(parsed(text));
  if (!outside.success) return null;
  const {
    id,
    workspace_id: workspaceId,
    generation,
    lease_generation: leaseGeneration,
    sealed,
  } = outside.data;
  return { id, workspaceId, generation, leaseGeneration, sealed };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
