import { expect, test } from 'vitest';
import { durationWords, perWords, plainNumber } from './durations.ts';
import { limitWords } from './limits.ts';

test('a length of time is said in the largest unit that has no fraction of it', () => {
  expect([1, 90, 1_800, 3_600, 86_400, 7_776_000].map(durationWords)).toEqual([
    '1 second',
    '90 seconds',
    '30 minutes',
    '1 hour',
    '1 day',
    '90 days',
  ]);
  expect([1, 10, 60, 3_600, 86_400].map(perWords)).toEqual([
    'a second',
    'in 10 seconds',
    'a minute',
    'an hour',
    'a day',
  ]);
  expect([1_000, 999, 1_234_567, 0.5].map(plainNumber)).toEqual(['1,000', '999', '1,234,567', '0.5']);
});

test('limits are said for everything first, then by the actions they are for, and whoever shares them', () => {
  const windows = [
    { group: 'search', calls: 4, perSeconds: 1 },
    { group: undefined, calls: 100, perSeconds: 10 },
    { group: undefined, calls: 10_000, perSeconds: 86_400 },
  ];
  const actions = [{ label: 'Find contact', rateGroup: 'search' }] as never;
  const limited = {
    name: 'Acme',
    actions,
    rateLimits: { windows, sharedBy: 'account' as const, note: 'More on request.' },
  };
  expect(limitWords(limited)).toEqual([
    'Up to 100 calls in 10 seconds and 10,000 a day.',
    'Find contact: up to 4 calls a second.',
    'Counted over all that uses the same account at Acme, here or elsewhere.',
    'More on request.',
  ]);
  expect(limitWords({ ...limited, rateLimits: undefined })).toEqual([]);
});
