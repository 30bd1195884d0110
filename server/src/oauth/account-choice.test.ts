import { expect, test } from 'vitest';
import { choicesIn } from './account-choice.ts';

const CHOICE = {
  label: 'Account',
  field: 'region',
  url: 'https://x.example/me',
  items: undefined,
  value: 'region',
  name: 'account',
  where: {},
};

test.each([
  [
    'a list of accounts',
    [{ region: 'us6', account: 'Acme' }, { region: 'us7' }],
    [
      { value: 'us6', label: 'Acme' },
      { value: 'us7', label: 'us7' },
    ],
  ],
  ['the one account itself', { region: 'us6', account: 'Acme' }, [{ value: 'us6', label: 'Acme' }]],
  ['an error, with 200', { error: 'invalid_token' }, null],
  ['nothing', null, null],
  ['an empty list', [], []],
])('%s is read as what can be chosen', (_, json, choices) => {
  expect(choicesIn(CHOICE, [], json)?.map(({ value, label }) => ({ value, label })) ?? null).toEqual(choices);
});
