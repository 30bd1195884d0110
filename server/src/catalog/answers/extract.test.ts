import { expect, test } from 'vitest';
import { outputSchema } from '../definition/action-definition.ts';
import { holds } from './condition.ts';
import { extractOutputs, readAccount } from './extract.ts';
import { parsePath, readPath } from './path.ts';
import { retryAfterSeconds } from './retry-after.ts';

const ANSWER = {
  data: {
    emails: [{ value: 'a@x' }, { value: 'b@x' }, {}],
    'Profile Url': 'u',
    n: null,
    deep: [[1, 2], [3]],
  },
  0: 'zero',
};

test.each([
  ['data.emails[0].value', 'a@x'],
  ['data.emails[].value', ['a@x', 'b@x']],
  ['data.emails.1.value', 'b@x'],
  ['data["Profile Url"]', 'u'],
  ['data.deep[][0]', [1, 3]],
  ['data.emails[9].value', undefined],
  ['data.n', null],
  ['data.n.x', undefined],
  ['data.emails.length', undefined],
  ['data.constructor', undefined],
  ['__proto__', undefined],
  ['', ANSWER],
])('%s leads to %j', (path, expected) => {
  expect(readPath(ANSWER, path)).toEqual(expected);
});

test('a path can begin with a list', () => {
  expect(readPath([{ id: 1 }, { id: 2 }], '[].id')).toEqual([1, 2]);
  const parts = [{ lines: [{ text: 'a' }, { no: 1 }] }, { no: 1 }, { lines: [{ text: 'b' }] }];
  expect(readPath({ parts }, 'parts[].lines[].text')).toEqual(['a', 'b']);
  expect(readPath({ parts: [{ list: [1, 2] }] }, 'parts[].list')).toEqual([[1, 2]]);
  expect(readPath([{ id: 1 }], '[0].id')).toBe(1);
});

test.each(['a[', 'a]', '.a', 'a["b]', 'a[x]', 'a[""b]'])('"%s" is no path', (path) => {
  expect(parsePath(path)).toBeNull();
});

test.each([
  ['text', ['a', 'b'], 'a, b'],
  ['text', 12, '12'],
  ['text', { a: 1 }, '{"a":1}'],
  ['email', '', null],
  ['integer', '7', 7],
  ['integer', 'seven', null],
  ['number', 0, 0],
  ['boolean', 'false', false],
  ['boolean', 'True', true],
  ['boolean', 1, true],
  ['boolean', 'perhaps', null],
  ['json', [], null],
  ['json', { a: [1] }, { a: [1] }],
])('an output of type %s out of %j is %j', (type, value, expected) => {
  const output = outputSchema.parse({ name: 'o', label: 'O', type, path: 'x' });
  expect(extractOutputs([output], { x: value })).toEqual({ o: expected });
});

test('a header named like a part of JavaScript is read where it was sent, and is not there where it was not', () => {
  const shape = { name: 'o', label: 'O', type: 'text', path: 'x' };
  for (const name of ['constructor', 'valueof']) {
    const output = outputSchema.parse({ ...shape, header: name });
    const wait = [{ header: name, unit: 'seconds' as const }];
    const seen = (headers: Record<string, string>) => {
      const found = { status: 200, headers, text: '', json: {} };
      return [
        extractOutputs([output], {}, headers).o,
        holds({ header: { name } }, found),
        retryAfterSeconds(headers, wait, new Date(0)),
      ];
    };
    expect(seen({})).toEqual([null, false, null]);
    expect(seen(Object.fromEntries([[name, '7']]))).toEqual(['7', true, 7]);
  }
});

test('the account is read as far as the answer says, and what is left is counted from total and used', () => {
  const json = {
    me: { mail: 'a@b\u0007', id: 7 },
    plan: { name: ' Pro ' },
    all: 100,
    used: '30',
    scopes: 'read write',
  };
  const paths = {
    label: 'me.mail',
    id: 'me.id',
    plan: 'plan.name',
    creditsTotal: 'all',
    creditsUsed: 'used',
    scopes: 'scopes',
  };
  expect(readAccount(paths, json)).toEqual({
    label: 'a@b',
    id: '7',
    plan: 'Pro',
    creditsLeft: 70,
    scopes: ['read', 'write'],
  });
  expect(readAccount({}, json)).toEqual({
    label: null,
    id: null,
    plan: null,
    creditsLeft: null,
    scopes: null,
  });
});

test('what stands in a header of the answer is read there, and at its path where the header is not', () => {
  const output = {
    name: 'id',
    label: 'Id',
    type: 'id',
    path: 'id',
    header: 'x-id',
    primary: true,
  } as const;
  expect(extractOutputs([output], null, { 'x-id': 'urn:1' })).toEqual({ id: 'urn:1' });
  expect(extractOutputs([output], { id: 2 }, { 'x-id': 'urn:1' })).toEqual({ id: 'urn:1' });
  expect(extractOutputs([output], { id: 2 })).toEqual({ id: '2' });
});
