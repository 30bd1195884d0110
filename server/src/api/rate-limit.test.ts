import { expect, test } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

test('a clock that is set back by an hour keeps nobody waiting for that hour', () => {
  let now = 10 * 3_600_000;
  const clock = { now: () => new Date(now), sleep: async () => {} };
  const limit = createRateLimit({ clock, perSecond: 2, burst: 3 });
  expect([1, 2, 3, 4].map(() => limit.take('caller'))).toEqual([0, 0, 0, 0.5]);
  now -= 3_600_000;
  expect(limit.take('caller')).toBeLessThanOrEqual(0.5);
  now += 1_000;
  expect(limit.take('caller')).toBe(0);
});
