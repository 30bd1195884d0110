import { expect, test } from 'vitest';
import { firstBytes } from './storable.ts';

test('a text is cut at so many bytes and never inside a character', () => {
  expect(firstBytes('abc', 3)).toBe('abc');
  expect(firstBytes('aä', 2)).toBe('a');
  expect(firstBytes('aä', 3)).toBe('aä');
  expect(firstBytes('€€', 5)).toBe('€');
  for (const limit of [4, 5, 6, 7]) expect(firstBytes('😀😀', limit)).toBe('😀');
  expect(firstBytes('😀😀', 3)).toBe('');
});

test('an answer full of replacement characters is cut as fast as any other, and keeps them', () => {
  const text = `${'\ufffd'.repeat(100_000)}x`;
  const startedAt = performance.now();
  expect(firstBytes(text, 90_000)).toBe('\ufffd'.repeat(30_000));
  expect(performance.now() - startedAt).toBeLessThan(200);
});
