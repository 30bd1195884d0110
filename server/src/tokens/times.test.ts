import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DEFAULT_TOKEN_SETTINGS } from './settings.ts';
import { isGood, retryAt, timesOf } from './times.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const settings = DEFAULT_TOKEN_SETTINGS;
const YEAR_MS = 365 * 86_400_000;

function times(expiresInSeconds: number | null, refreshExpiresInSeconds: number | null = null, random = 0) {
  const token = timesOf(settings, { expiresInSeconds, refreshExpiresInSeconds }, true, NOW, random);
  const msFromNow = (date: Date | null) => (date === null ? null : date.getTime() - NOW.getTime());
  return { expiresMs: msFromNow(token.expiresAt), renewMs: msFromNow(token.renewAt) };
}

test('an hour ends in an hour, and is renewed some minutes before', () => {
  expect(times(3600)).toEqual({ expiresMs: 3_600_000, renewMs: 3_600_000 - 450_000 });
  expect(times(3600, null, 0.999).renewMs).toBeCloseTo(3_600_000 - 600_000, -4);
});

test('a token of unknown life has no end, and nobody renews it by the clock', () => {
  expect(times(null)).toEqual({ expiresMs: null, renewMs: null });
  expect(isGood({ mintedAt: NOW, expiresAt: null }, new Date('2100-01-01'), Number.POSITIVE_INFINITY)).toBe(
    true,
  );
});

test('one that ends at once is used for a second, so that it does not buy the next at every call', () => {
  expect(times(0).expiresMs).toBe(1_000);
});

test('a refresh token that ends before the access token has it renewed before', () => {
  const { renewMs } = times(30 * 86_400, 86_400);
  expect(renewMs).toBeLessThan(86_400_000);
  expect(times(null, 86_400).renewMs).toBe(renewMs);
});

test('what cannot be renewed is looked at when it ends, and where no end is known never', () => {
  const at = (expiresInSeconds: number | null) =>
    timesOf(settings, { expiresInSeconds, refreshExpiresInSeconds: 60 }, false, NOW, 0).renewAt;
  expect(at(60)).toEqual(new Date(NOW.getTime() + 60_000));
  expect(at(null)).toBeNull();
});

test('a refresh token is used long before it ends of disuse, also where nothing is known of the access token', () => {
  const days = (ms: number | null) => (ms ?? 0) / 86_400_000;
  for (const access of [null, 365 * 86_400]) {
    expect(days(times(access, 60 * 86_400).renewMs)).toBe(51);
    expect(days(times(access, 60 * 86_400, 0.999).renewMs)).toBeCloseTo(48, 1);
  }
});

test('a token that was made later than now is good for now, and replaced at the first chance', () => {
  // The clock was an hour ahead when it was made; an hour later it says it has run out.
  const ahead = new Date(NOW.getTime() + 3_600_000);
  const token = { mintedAt: ahead, expiresAt: new Date(ahead.getTime() + 3_600_000) };
  expect(isGood(token, NOW, 30_000)).toBe(false);
  expect(isGood(token, NOW, 0)).toBe(true);
  const skewed = { ...token, mintedAt: new Date(NOW.getTime() + 60_000) };
  expect(isGood(skewed, NOW, 30_000)).toBe(true);
});

test('whatever number is said, the dates are dates, in order, and within a year', () => {
  const seconds = fc.option(
    fc.oneof(fc.double(), fc.constantFrom(-1, Number.POSITIVE_INFINITY, Number.NaN, 99_999_999_999)),
  );
  fc.assert(
    fc.property(
      seconds,
      seconds,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (life, refreshLife, random) => {
        const { expiresMs, renewMs } = times(life, refreshLife, random);
        for (const ms of [expiresMs, renewMs]) {
          if (ms === null) continue;
          expect(ms).toBeGreaterThan(0);
          expect(ms).toBeLessThanOrEqual(YEAR_MS);
        }
        if (expiresMs !== null && renewMs !== null) expect(renewMs).toBeLessThan(expiresMs);
      },
    ),
  );
});

test('no more than a tenth of a short life is asked for', () => {
  const token = { mintedAt: NOW, expiresAt: new Date(NOW.getTime() + 10_000) };
  const at = (ms: number) => new Date(NOW.getTime() + ms);
  expect(isGood(token, at(8_900), 30_000)).toBe(true);
  expect(isGood(token, at(9_100), 30_000)).toBe(false);
  expect(isGood(token, at(9_100), 0)).toBe(true);
  expect(isGood(token, at(10_000), 0)).toBe(false);
});

test('pauses grow up to their limit, and are never shorter than was asked for', () => {
  const waitMs = (failures: number, retryAfter: number | null = null, random = 0) =>
    retryAt(settings, failures, retryAfter, NOW, random).getTime() - NOW.getTime();
  expect([1, 2, 3, 4].map((n) => waitMs(n))).toEqual([500, 1_000, 2_000, 4_000]);
  expect(waitMs(1_000, null, 0.999)).toBeLessThanOrEqual(settings.retryAtMostMs * 1.5);
  expect(waitMs(1, 120)).toBe(120_000);
  expect(waitMs(1, 1e12)).toBe(86_400_000);
});
