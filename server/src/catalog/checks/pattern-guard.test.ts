import { checkSync } from 'recheck';
import { expect, test } from 'vitest';
import { workMs } from '../../../test/growth.ts';
import { patternProblem } from './pattern-guard.ts';

test.each([
  '^[a-f0-9]{32}$',
  '^pat-[a-z0-9]+-[a-z0-9]+$',
  '^(ghp_|github_pat_)[A-Za-z0-9_]+$',
  'invalid (token|key)',
  '\\(\\+\\)\\*',
  '[(*+|)]+',
  '^sk_(test_)?[a-z]{10,50}$',
])('%s is taken, and an exact analysis agrees', (pattern) => {
  expect(patternProblem(pattern)).toBeNull();
  expect(checkSync(pattern, 'iu').status).toBe('safe');
});

test.each([
  '(a+)+',
  '(a*)*',
  '(a|b)+',
  '(?:x|xx)*$',
  '((ab)+c)*',
  '(a{2,})+',
  '(.*){9}',
  '(a)\\1',
  '(?<n>a)\\k<n>',
  '(?=a)b',
  '(?<!a)b',
  'a*b*c*',
  '^a*b*c*d*',
  '(',
  '*',
  'x'.repeat(201),
])('%s is refused', (pattern) => {
  expect(patternProblem(pattern)).toMatch(/^The regular expression/);
});

test.each(['^a*a*a*$', 'a*a*$', 'a+.*b', '^(a?b?)c+a+x$'])(
  '%s is taken, as the work it makes is bounded by the length of the text',
  (pattern) => {
    expect(patternProblem(pattern)).toBeNull();
    expect(checkSync(pattern, 'iu')).not.toMatchObject({ complexity: { type: 'exponential' } });
  },
);

test.each([
  'a{0,99}a{0,99}a{0,99}X',
  `${'a?'.repeat(19)}X`,
  `${'(?:a|a)'.repeat(19)}X`,
  'a{1,400}a{1,400}X',
  '^b|a{0,99}a{0,99}a{0,99}X',
  '^b|a*a*a*X',
  `^${'a?'.repeat(19)}X`,
])('%s, whose parts can share a text in very many ways, is refused', (pattern) => {
  expect(patternProblem(pattern)).toMatch(/^The regular expression has /);
});

test.each([
  `${'a?'.repeat(9)}X`,
  'a{1,30}a{1,30}X',
  `^${'a?'.repeat(16)}X`,
  '^a{0,40}a{0,40}a{0,40}X',
  '^(a|b)a{0,30}a{0,30}a{0,30}X',
])('%s, with as many counted parts as are taken, is through with the longest text in no time', (pattern) => {
  expect(patternProblem(pattern)).toBeNull();
  const expression = new RegExp(pattern, 'iu');
  expect(workMs(() => expect(expression.test('a'.repeat(500))).toBe(false))).toBeLessThan(500);
});
