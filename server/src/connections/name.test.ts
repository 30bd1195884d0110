import { expect, test } from 'vitest';
import { freeName, nameKey, tidyName } from './name.ts';

test('a name is kept in one form, on one line, and in the direction it was written in', () => {
  expect(tidyName('  Sales\u0000\n  team ')).toBe('Sales team');
  expect(tidyName('Ze\u0301')).toBe('Z\u00e9');
  expect(tidyName('Sales \u202egnitekram\u2069')).toBe('Sales gnitekram');
  expect(tidyName('\u05e2\u05d1\u05e8\u05d9\u05ea \u{1f469}\u200d\u{1f680}')).toBe(
    '\u05e2\u05d1\u05e8\u05d9\u05ea \u{1f469}\u200d\u{1f680}',
  );
});

test.each(['', '  ', '\u202e', '\u200b', '\n\t'])('a name that shows nothing is refused: %j', (name) => {
  expect(() => tidyName(name)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
});

test('a name that is read as one that is taken gets a number', () => {
  expect(freeName('Hunter.io', new Set([nameKey('HUNTER.IO'), nameKey('hunter.io 2')]))).toBe('Hunter.io 3');
  expect(freeName('\u202dHunter.io', new Set([nameKey('Hunter.io')]))).toBe('Hunter.io 2');
});
