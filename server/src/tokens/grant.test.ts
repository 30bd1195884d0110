import { expect, test } from 'vitest';
import { type GrantEnd, grantEndOf } from './grant.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const DAY_S = 86_400;
const inDays = (days: number) => new Date(NOW.getTime() + days * DAY_S * 1000);

function endOf(grantEndsInSeconds: number | null, before: GrantEnd | null = null, at = NOW) {
  return grantEndOf({ grantEndsInSeconds }, { mintedAt: at, expiresAt: null }, true, before);
}

test('a long grant is said 30 days ahead, a week not from its first day on, an hour in its last quarter', () => {
  const leadDays = (days: number) => {
    const end = endOf(days * DAY_S);
    return ((end?.endsAt.getTime() ?? 0) - (end?.warnsAt.getTime() ?? 0)) / (DAY_S * 1000);
  };
  expect([365, 120, 90, 7, 1 / 24].map(leadDays)).toEqual([30, 30, 22.5, 1.75, 1 / 96]);
});

test('an end once known stays through renewals that say nothing, or nearly the same', () => {
  const week = endOf(7 * DAY_S);
  expect(week).toEqual({ endsAt: inDays(7), warnsAt: inDays(5.25) });
  expect(endOf(null, week)).toBe(week);
  expect(endOf(6 * DAY_S + 90, week, inDays(1))).toBe(week);
  expect(endOf(30 * DAY_S, week, inDays(1))?.endsAt).toEqual(inDays(31));
  expect(endOf(null)).toBeNull();
});

test('what nothing renews ends with its token', () => {
  const times = { mintedAt: NOW, expiresAt: inDays(60) };
  expect(grantEndOf({ grantEndsInSeconds: null }, times, false, null)).toEqual({
    endsAt: inDays(60),
    warnsAt: inDays(45),
  });
  expect(grantEndOf({ grantEndsInSeconds: 90 * DAY_S }, times, false, null)?.endsAt).toEqual(inDays(60));
  const endless = { mintedAt: NOW, expiresAt: null };
  expect(grantEndOf({ grantEndsInSeconds: null }, endless, false, endOf(DAY_S))).toBeNull();
});

test('numbers without measure make no date that is none', () => {
  for (const seconds of [1e300, Number.MAX_SAFE_INTEGER, 0]) {
    const end = endOf(seconds);
    expect(Number.isFinite(end?.endsAt.getTime())).toBe(true);
    expect(end?.warnsAt.getTime()).toBeLessThanOrEqual(end?.endsAt.getTime() ?? 0);
  }
});
