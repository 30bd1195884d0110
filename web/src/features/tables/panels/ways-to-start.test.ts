import type { Action } from '@keyrail/contract/integrations';
import { expect, test } from 'vitest';
import { waysToStart } from './ways-to-start.ts';

const labels: Record<string, string> = {
  first: 'First name',
  last: 'Last name',
  full: 'Full name',
  domain: 'Company domain',
  company: 'Company name',
  profile: 'LinkedIn profile',
  email: 'Email',
};
const inputs = Object.entries(labels).map(([name, label]) => ({ name, label })) as Action['inputs'];
const ways = (one_of: string[][], ...filled: string[]) => waysToStart({ one_of, inputs }, new Set(filled));
const next = (one_of: string[][], ...filled: string[]) => ways(one_of, ...filled).next;

/** A person and where they work, or a profile. */
const finder = [
  ['domain', 'first', 'last'],
  ['domain', 'full'],
  ['company', 'first', 'last'],
  ['company', 'full'],
  ['profile'],
];

test('nothing is asked for where one set is filled whole, or nothing is needed', () => {
  for (const filled of [['profile'], ['full', 'company'], ['first', 'last', 'domain', 'email']])
    expect(ways(finder, ...filled)).toMatchObject({ isEnough: true, next: null });
  expect(ways([])).toEqual({ isEnough: true, next: null, all: [] });
});

test('what is asked for builds on what is filled', () => {
  expect(next(finder, 'first', 'last')).toBe('Add Company domain, or Company name.');
  expect(next(finder, 'domain')).toBe('Add Full name.');
  expect(next(finder, 'email')).toBe('Add LinkedIn profile.');
  expect(next([['domain', 'first', 'last']], 'domain')).toBe('Add First name and Last name.');
});

test('what two sets lack alike is said once', () => {
  expect(next(finder, 'first', 'last', 'full')).toBe('Add Company domain, or Company name.');
  expect(
    next(
      [
        ['domain', 'full'],
        ['domain', 'email'],
        ['company', 'full'],
      ],
      'full',
      'email',
    ),
  ).toBe('Add Company domain, or Company name.');
});

test('what comes first in the form is said first', () => {
  expect(next([['email'], ['domain'], ['profile'], ['company']])).toBe(
    'Add Company domain, or Company name, or LinkedIn profile.',
  );
});

test('no more than three are said, and all ways stand whole behind them', () => {
  const any = [['domain'], ['company'], ['profile'], ['email']];
  expect(next(any)).toBe('Add Company domain, or Company name, or LinkedIn profile.');
  expect(ways(any).all).toEqual(['Company domain', 'Company name', 'LinkedIn profile', 'Email']);
  expect(ways(finder, 'profile').all).toContain('Company domain, First name and Last name');
});

test('where the sentence says all there is, nothing stands behind it', () => {
  expect(ways([['domain'], ['company']])).toEqual({
    isEnough: false,
    next: 'Add Company domain, or Company name.',
    all: [],
  });
  expect(ways([['first', 'last', 'domain']], 'first').all).toEqual([]);
});
