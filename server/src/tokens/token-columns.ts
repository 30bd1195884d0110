import { z } from 'zod';
import type { SealedRecord } from '../vault/sealed-record.ts';
import type { GrantEnd } from './grant.ts';
import type { TokenOwner } from './mint.ts';
import type { TokenTimes } from './times.ts';
import type { TokenRow } from './token-row.ts';

/** A token as it is written. */
export interface NewToken extends TokenTimes {
  generation: number;
  sealed: SealedRecord;
  hasRefreshToken: boolean;
  idleSeconds: number | null;
  grantEnd: GrantEnd | null;
  scopes: readonly string[] | null;
  fields: Readonly<Record<string, string>>;
}

/** Nobody has the right to renew it. */
export const released = { lease_owner: null, lease_until: null, lease_is_waiting: false };
/** The last renewal came about. */
export const well = {
  failures: 0,
  failure: null,
  failure_words: null,
  failed_at: null,
  retry_at: null,
  interrupted_at: null,
};
export const notEnded = { ended_because: null, ended_words: null };

export function tokenColumns(token: NewToken) {
  return {
    generation: token.generation,
    sealed: token.sealed,
    has_refresh_token: token.hasRefreshToken,
    idle_seconds: token.idleSeconds,
    grant_ends_at: token.grantEnd?.endsAt ?? null,
    grant_warns_at: token.grantEnd?.warnsAt ?? null,
    scopes: token.scopes === null ? null : JSON.stringify(token.scopes),
    fields: JSON.stringify(token.fields),
    minted_at: token.mintedAt,
    expires_at: token.expiresAt,
    renew_at: token.renewAt,
  };
}

export const scopesShape = z.array(z.string()).nullable();
export const fieldsShape = z.record(z.string(), z.string());
const failureShape = z.enum(['not_now', 'setup_rejected']);
const endedShape = z.enum(['expired', 'revoked', 'rejected', 'interrupted']);
const madeFromShape = z.enum(['refresh_token', 'credential']);

interface Stored {
  id: string;
  made_from: string;
  generation: number;
  sealed: string | null;
  has_refresh_token: boolean;
  idle_seconds: number | null;
  grant_ends_at: Date | null;
  grant_warns_at: Date | null;
  scopes: unknown;
  fields: unknown;
  minted_at: Date | null;
  expires_at: Date | null;
  lease_owner: string | null;
  leased_for_ms: number | string | null;
  interrupted_at: Date | null;
  forced_at: Date | null;
  failures: number;
  failed_at: Date | null;
  failure: string | null;
  failure_words: string | null;
  retry_at: Date | null;
  ended_because: string | null;
  ended_words: string | null;
}

export function rowOf(owner: TokenOwner, row: Stored): TokenRow {
  const leasedForMs = row.leased_for_ms === null ? null : Number(row.leased_for_ms);
  return {
    id: row.id,
    owner,
    madeFrom: madeFromShape.parse(row.made_from),
    generation: row.generation,
    sealed: row.sealed,
    hasRefreshToken: row.has_refresh_token,
    idleSeconds: row.idle_seconds,
    grantEnd: grantEndIn(row),
    scopes: scopesShape.parse(row.scopes),
    fields: fieldsShape.parse(row.fields),
    mintedAt: row.minted_at,
    expiresAt: row.expires_at,
    leasedForMs: leasedForMs !== null && leasedForMs > 0 ? leasedForMs : null,
    isCutOff: row.lease_owner !== null && leasedForMs !== null && leasedForMs <= 0,
    interruptedAt: row.interrupted_at,
    forcedAt: row.forced_at,
    failures: row.failures,
    failedAt: row.failed_at,
    failure: failureIn(row),
    retryAt: row.retry_at,
    ended: endedIn(row),
  };
}

export function grantEndIn(row: Pick<Stored, 'grant_ends_at' | 'grant_warns_at'>): GrantEnd | null {
  if (row.grant_ends_at === null) return null;
  return { endsAt: row.grant_ends_at, warnsAt: row.grant_warns_at ?? row.grant_ends_at };
}

export function failureIn(row: Pick<Stored, 'failure' | 'failure_words'>): TokenRow['failure'] {
  return row.failure === null ? null : { kind: failureShape.parse(row.failure), words: row.failure_words };
}

export function endedIn(row: Pick<Stored, 'ended_because' | 'ended_words'>): TokenRow['ended'] {
  if (row.ended_because === null) return null;
  return { because: endedShape.parse(row.ended_because), words: row.ended_words };
}
