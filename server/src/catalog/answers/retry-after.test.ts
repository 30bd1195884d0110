import { expect, test } from 'vitest';
import { retryAfterSeconds } from './retry-after.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const further = [{ header: 'RateLimit', unit: 'seconds' as const, member: 'reset' }];

test.each([
  ['limit=100, remaining=0, reset=8', 8],
  ['limit=100;remaining=0; Reset=2.5', 3],
  ['reset=0', 1],
  ['limit=100, remaining=0', null],
  ['limit=100, resets=8, xreset=9', null],
  ['reset=soon', null],
  ['8', null],
  [undefined, null],
])('of a header with several values, "%s", the wait is %s', (value, expected) => {
  const headers: Record<string, string> = value === undefined ? {} : { ratelimit: value };
  expect(retryAfterSeconds(headers, further, NOW)).toBe(expected);
  expect(retryAfterSeconds({ ...headers, 'retry-after': '30' }, further, NOW)).toBe(30);
});
