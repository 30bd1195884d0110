import type { SealedRecord } from '../vault/sealed-record.ts';
import type { GrantEnd } from './grant.ts';
import type { TokenOwner } from './mint.ts';
import { isFromFuture } from './times.ts';
import type { EndedBecause, MadeFrom } from './token.ts';

/**
 * The tokens of one credential.
 *
 *   nothing made yet → good → about to end → [renewed] good, next generation → …
 *                                          → [not now] used until its end, tried again with growing pauses
 *                                          → [ended] for good
 */
export interface TokenRow {
  id: string;
  owner: TokenOwner;
  madeFrom: MadeFrom;
  /** 0: none was made yet. */
  generation: number;
  sealed: SealedRecord | null;
  hasRefreshToken: boolean;
  scopes: readonly string[] | null;
  fields: Readonly<Record<string, string>>;
  mintedAt: Date | null;
  expiresAt: Date | null;
  /** Somebody renews it now; milliseconds until that lease runs out. */
  leasedForMs: number | null;
  /** Whoever renewed it let its lease run out: that renewal came to no end. */
  isCutOff: boolean;
  interruptedAt: Date | null;
  forcedAt: Date | null;
  failures: number;
  failedAt: Date | null;
  /** How long the refresh token lives unused. */
  idleSeconds: number | null;
  grantEnd: GrantEnd | null;
  failure: { kind: 'not_now' | 'setup_rejected'; words: string | null } | null;
  retryAt: Date | null;
  ended: { because: EndedBecause; words: string | null } | null;
}

/** What a new one would be made from is there. */
export function isRenewable({
  madeFrom,
  hasRefreshToken,
}: Pick<TokenRow, 'madeFrom' | 'hasRefreshToken'>): boolean {
  return madeFrom === 'credential' || hasRefreshToken;
}

/** The other side refused the very token that is there, before its end. */
export function isRefused({ forcedAt, mintedAt }: Pick<TokenRow, 'forcedAt' | 'mintedAt'>): boolean {
  return forcedAt !== null && (mintedAt === null || forcedAt > mintedAt);
}

/** Whether the pause after a failure is over. One that was written by a clock gone wrong counts for nothing. */
export function mayRetry(
  { retryAt: at, failedAt }: Pick<TokenRow, 'retryAt' | 'failedAt'>,
  now: Date,
): boolean {
  return at === null || at <= now || isFromFuture(failedAt, now);
}

/** Waiting for its end rather than for the next try: a renewal was cut off, and asking again might end the grant. */
export function isHeld({ retryAt, failure }: Pick<TokenRow, 'retryAt' | 'failure'>): boolean {
  return retryAt !== null && failure === null;
}

/** The right to renew one row. Every write names it; one that is not the newest any more is refused. */
export interface Lease {
  id: string;
  owner: TokenOwner;
  /** The process. */
  holder: string;
  leaseGeneration: number;
}
