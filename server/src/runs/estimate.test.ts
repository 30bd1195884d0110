import { expect, test } from 'vitest';
import { secondsAtLeast } from './estimate.ts';

const windows = [
  { calls: 15, perSeconds: 1 },
  { calls: 500, perSeconds: 60 },
];

test.each([
  [0, null],
  [15, null],
  [16, 1],
  [500, 33],
  [501, 60],
])(
  '%i calls take at least so many seconds, of which less than one is not worth a word: %s',
  (calls, seconds) => {
    expect(secondsAtLeast(windows, calls)).toBe(seconds);
  },
);

test('where no limit is documented no time is said', () => {
  expect(secondsAtLeast([], 1_000)).toBeNull();
});
