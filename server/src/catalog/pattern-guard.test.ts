import { checkSync } from 'recheck';
import { expect, test } from 'vitest';
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
