import { expect, test } from 'vitest';
import { statusByEnd } from './status.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);

test('a good credential that ends within 30 days says when; one that ends later, or never, says nothing', () => {
  for (const days of [30, 7, 1, 0.01])
    expect(statusByEnd('connected', inDays(days), NOW)).toMatchObject({
      status: 'expiring_soon',
      reason: expect.stringContaining(inDays(days).toISOString().slice(0, 10)),
    });
  expect(statusByEnd('connected', inDays(30.01), NOW)).toBeNull();
  expect(statusByEnd('connected', null, NOW)).toBeNull();
});

test('a credential that is over and refused, or could not be checked, is expired rather than invalid', () => {
  expect(statusByEnd('invalid', inDays(-1), NOW)?.status).toBe('expired');
  expect(statusByEnd(null, inDays(-1), NOW)?.status).toBe('expired');
  expect(statusByEnd('invalid', inDays(1), NOW)).toBeNull();
});

test('what is wrong besides is not covered up by an end that is near', () => {
  for (const status of ['limited', 'out_of_credits', 'invalid', 'revoked'] as const)
    expect(statusByEnd(status, inDays(1), NOW)).toBeNull();
});
