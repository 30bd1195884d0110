import type { Minted } from './mint.ts';
import type { TokenSettings } from './settings.ts';

const YEAR_SECONDS = 365 * 24 * 3600;
/** What says it ends at once is used at least this long: it was given to be used. */
const SHORTEST_MS = 1_000;

export interface TokenTimes {
  mintedAt: Date;
  expiresAt: Date | null;
  /** When it is renewed in the background; null: never by itself. */
  renewAt: Date | null;
}

/** The dates of a token made now. `random` in [0, 1): tokens made together are not renewed together. */
export function timesOf(
  settings: Pick<TokenSettings, 'renewAheadMs'>,
  minted: Pick<Minted, 'expiresInSeconds' | 'refreshExpiresInSeconds'>,
  isRenewable: boolean,
  now: Date,
  random: number,
): TokenTimes {
  const lifeMs = lengthMs(minted.expiresInSeconds);
  const refreshLifeMs = lengthMs(minted.refreshExpiresInSeconds);
  const waits = [lifeMs, refreshLifeMs].flatMap((ms) =>
    ms === null ? [] : [ms - Math.min(settings.renewAheadMs, ms / 5) * (0.75 + 0.25 * random)],
  );
  return {
    mintedAt: now,
    expiresAt: lifeMs === null ? null : after(now, lifeMs),
    renewAt: isRenewable && waits.length > 0 ? after(now, Math.min(...waits)) : null,
  };
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
  const lifeMs = token.expiresAt.getTime() - (token.mintedAt ?? now).getTime();
  return token.expiresAt.getTime() - now.getTime() > Math.min(marginMs, lifeMs * partOfLife);
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
  const waitMs = Math.min(doubled, settings.retryAtMostMs) * (0.75 + 0.5 * random);
  return after(now, Math.max(waitMs, Math.min((retryAfterSeconds ?? 0) * 1000, 24 * 3_600_000)));
}

function after(now: Date, ms: number): Date {
  return new Date(now.getTime() + ms);
}
