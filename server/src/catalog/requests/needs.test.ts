import { expect, test } from 'vitest';
import { setsThatSuffice } from './needs.ts';

test('each of the smallest sets meets every line, and none holds another', () => {
  expect(
    setsThatSuffice([
      ['domain', 'company', 'handle'],
      [['first', 'last'], 'full', 'handle'],
    ]),
  ).toEqual([
    ['domain', 'first', 'last'],
    ['domain', 'full'],
    ['company', 'first', 'last'],
    ['company', 'full'],
    ['handle'],
  ]);
});

test('an action without needs has no sets', () => {
  expect(setsThatSuffice([])).toEqual([]);
});
