import { expect, test } from 'vitest';
import { growthByTen, LINEAR } from '../../test/growth.ts';
import { firstBytes } from './storable.ts';

test('a text is cut at so many bytes and never inside a character', () => {
  expect(firstBytes('abc', 3)).toBe('abc');
  expect(firstBytes('aä', 2)).toBe('a');
  expect(firstBytes('aä', 3)).toBe('aä');
  expect(firstBytes('€€', 5)).toBe('€');
  for (const limit of [4, 5, 6, 7]) expect(firstBytes('😀😀', limit)).toBe('😀');
  expect(firstBytes('😀😀', 3)).toBe('');
});

test('an answer full of replacement characters is cut in time in step with its length, and keeps them', () => {
  const cut = (length: number) =>
    expect(firstBytes(`${'\ufffd'.repeat(length)}x`, length * 3)).toBe('\ufffd'.repeat(length));
  expect(growthByTen(cut, 10_000)).toBeLessThan(LINEAR);
});
