import { expect, test } from 'vitest';
import { lineOf, parse, safeAddress, textOf } from './cell-value.ts';

test.each([
  'javascript:alert(1)',
  ' java\nscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:x',
  '//evil.example',
  'https//no-colon',
  'http://',
])('%j is not clickable', (address) => {
  expect(safeAddress(address)).toBeUndefined();
});

test('an http or https address is clickable as it stands', () => {
  expect(safeAddress('https://acme.example/a?b=1')).toBe('https://acme.example/a?b=1');
  expect(safeAddress('HTTP://acme.example')).toBe('HTTP://acme.example');
});

test('what does not fit its column is refused in words, and an empty text empties the cell', () => {
  expect(parse('twelve', 'number')).toMatchObject({ kind: 'refused' });
  expect(parse('31.01.2026', 'date')).toMatchObject({ kind: 'refused' });
  expect(parse('{', 'json')).toMatchObject({ kind: 'refused' });
  expect(parse('nobody', 'email')).toMatchObject({ kind: 'refused' });
  expect(parse('  ', 'number')).toEqual({ kind: 'fits', value: null });
});

test('numbers may be written with separators, and text keeps its spaces', () => {
  expect(parse('1,204,500.5', 'number')).toEqual({ kind: 'fits', value: 1204500.5 });
  expect(parse('-3', 'number')).toEqual({ kind: 'fits', value: -3 });
  expect(parse(' a ', 'text')).toEqual({ kind: 'fits', value: ' a ' });
});

test('every value reads as one line of text', () => {
  expect(textOf({ a: [1] })).toBe('{"a":[1]}');
  expect(lineOf('2026-01-31T00:00:00.000Z', 'date')).toBe('2026-01-31');
  expect(lineOf('x'.repeat(500), 'text')).toHaveLength(401);
});
