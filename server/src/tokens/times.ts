import type { Minted } from './mint.ts';
import type { TokenSettings } from './settings.ts';

const YEAR_SECONDS = 365 * 24 * 3600;
/** What says it ends at once is used at least this long: it was given to be used. */
const SHORTEST_MS = 1_000;
/** Clocks of several machines differ by less. What was written later than that from now was written by a clock gone wrong. */
const SKEW_MS = 5 * 60_000;

export interface TokenTimes {
  mintedAt: Date;
  expiresAt: Date | null;
  /** When it is renewed in the background; null: never by itself. */
  renewAt: Date | null;
}

/**
 * The dates of a token made now. `random` in [0, 1): tokens made together are not renewed together. A refresh token is used
 * when four fifths of its time are over, so that a server that is away for a day loses none.
 */
export function timesOf(
  settings: Pick<TokenSettings, 'renewAheadMs'>,
  minted: Pick<Minted, 'expiresInSeconds' | 'refreshExpiresInSeconds'>,
  isRenewable: boolean,
  now: Date,
  random: number,
): TokenTimes {
  const lifeMs = lengthMs(minted.expiresInSeconds);
  const refreshLifeMs = lengthMs(minted.refreshExpiresInSeconds);
  const aheadMs = [
    [lifeMs, settings.renewAheadMs],
    [refreshLifeMs, YEAR_SECONDS * 1000],
  ] as const;
  const waits = aheadMs.flatMap(([ms, ahead]) =>
    ms === null ? [] : [ms - Math.min(ahead, ms / 5) * (0.75 + 0.25 * random)],
  );
  return {
    mintedAt: now,
    expiresAt: lifeMs === null ? null : after(now, lifeMs),
    renewAt: isRenewable ? (waits.length > 0 ? after(now, Math.min(...waits)) : null) : endOf(now, lifeMs),
  };
}

/** What nothing renews is looked at when it ends, so that its end is said though nobody uses it. */
function endOf(now: Date, lifeMs: number | null): Date | null {
  return lifeMs === null ? null : after(now, lifeMs);
}

function lengthMs(seconds: number | null): number | null {
  if (seconds === null || !Number.isFinite(seconds) || seconds < 0) return null;
  return Math.max(Math.min(seconds, YEAR_SECONDS) * 1000, SHORTEST_MS);
}

/** Whether it is good for `marginMs` more; of a short-lived one no more than this part of its whole life is asked. */
export function isGood(
  token: { mintedAt: Date | null; expiresAt: Date | null },
  now: Date,
  marginMs: number,
  partOfLife = 0.1,
): boolean {
  if (token.expiresAt === null) return true;
  // Of a token from the future nobody knows when it ends: good for now, and replaced at the first chance.
  if (marginMs > 0 && isFromFuture(token.mintedAt, now)) return false;
  const lifeMs = token.expiresAt.getTime() - (token.mintedAt ?? now).getTime();
  return token.expiresAt.getTime() - now.getTime() > Math.min(marginMs, lifeMs * partOfLife);
}

export function isFromFuture(written: Date | null, now: Date): boolean {
  return written !== null && written.getTime() - now.getTime() > SKEW_MS;
}

/** When to try again after the `failures`th renewal in a row that did not come about. `random` in [0, 1). */
export function retryAt(
  settings: Pick<TokenSettings, 'retryAfterMs' | 'retryAtMostMs'>,
  failures: number,
  retryAfterSeconds: number | null,
  now: Date,
  random: number,
): Date {
  const doubled = settings.retryAfterMs * 2 ** Math.min(failures - 1, 20);
  const waitMs = Math.min(doubled, settings.retryAtMostMs) * (0.5 + random);
  if (retryAfterSeconds === null) return after(now, waitMs);
  // Everybody is told the same number of seconds: those who come back then come spread.
  const askedMs = Math.min(retryAfterSeconds * 1000, 24 * 3_600_000);
  return after(now, Math.max(waitMs, askedMs + random * Math.max(askedMs / 4, settings.retryAfterMs)));
}

function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
