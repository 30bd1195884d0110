import { expect, test } from 'vitest';
import { inputSchema } from '../definition/action-definition.ts';
import { prepareInputs } from './inputs.ts';

function prepared(input: Record<string, unknown>, value: unknown) {
  return prepareInputs(
    { inputs: [inputSchema.parse({ name: 'v', label: 'Value', ...input })], needs: [] },
    { v: value },
  );
}

test.each([
  ['domain', 'https://www.Acme.com/about?x=1', 'acme.com'],
  ['domain', 'jane@acme.com', 'acme.com'],
  ['domain', 'acme.com.', 'acme.com'],
  ['domain', 'http://acme.com:8080', 'acme.com'],
  ['linkedin_handle', 'https://www.linkedin.com/in/jane-doe/?x', 'jane-doe'],
  ['linkedin_handle', '@jane-doe', 'jane-doe'],
  ['email', ' mailto:jane@acme.com ', 'jane@acme.com'],
  ['text', '  spaced out ', 'spaced out'],
  ['text', 42, '42'],
  ['integer', '12', 12],
  ['number', '1.5', 1.5],
  ['boolean', 'Yes', true],
  ['boolean', '0', false],
  ['json', '{"a":1}', { a: 1 }],
])('a %s of %j is sent as %j', (type, value, expected) => {
  expect(prepared({ type }, value)).toEqual({ kind: 'ready', inputs: { v: expected } });
});

test.each([
  ['integer', 'twelve', 'Value must be a number.'],
  ['integer', '1.5', 'Value must be a whole number.'],
  ['integer', '0x10', 'Value must be a number.'],
  ['number', 'Infinity', 'Value must be a number.'],
  ['boolean', 'maybe', 'Value must be true or false.'],
  ['json', '{a:1}', 'Value must be JSON.'],
  ['text', { a: 1 }, 'Value must be a text.'],
])('a %s cannot be %j', (type, value, message) => {
  expect(prepared({ type }, value)).toEqual({ kind: 'invalid', problems: [{ name: 'v', message }] });
});

test('a list in one cell is split at commas, semicolons and lines', () => {
  expect(prepared({ type: 'domain', multiple: true }, 'a.com, https://b.com/x;\nc.com,')).toEqual({
    kind: 'ready',
    inputs: { v: ['a.com', 'b.com', 'c.com'] },
  });
});

test('a choice is taken by value or by label', () => {
  const choices = [{ value: 'START', label: 'Start' }];
  expect(prepared({ type: 'choice', choices }, 'start')).toEqual({ kind: 'ready', inputs: { v: 'START' } });
  expect(prepared({ type: 'choice', choices }, 'go').kind).toBe('invalid');
});

test('empty inputs are left out, and defaults fill them', () => {
  expect(prepared({ type: 'text' }, '  ')).toEqual({ kind: 'ready', inputs: {} });
  expect(prepared({ type: 'integer', default: 100 }, null)).toEqual({ kind: 'ready', inputs: { v: 100 } });
});

test('values nobody declared are left out', () => {
  expect(prepareInputs({ inputs: [], needs: [] }, { api_key: 'fake-key-0001' })).toEqual({
    kind: 'ready',
    inputs: {},
  });
});

const FIND = {
  inputs: ['domain', 'company', 'first_name', 'last_name', 'full_name'].map((name) =>
    inputSchema.parse({ name, label: name, type: 'text' }),
  ),
  needs: [
    ['domain', 'company'],
    [['first_name', 'last_name'], 'full_name'],
  ],
};

test.each([[{ domain: 'a.com', full_name: 'J D' }], [{ company: 'A', first_name: 'J', last_name: 'D' }]])(
  '%j is enough',
  (given) => {
    expect(prepareInputs(FIND, given).kind).toBe('ready');
  },
);

test.each([
  [{ domain: 'a.com', first_name: 'J' }, 'Missing: first_name and last_name, or full_name.'],
  [{ full_name: 'J D' }, 'Missing: domain, or company.'],
  [{}, 'Missing: domain, or company; first_name and last_name, or full_name.'],
])('%j is not enough: %s', (given, message) => {
  expect(prepareInputs(FIND, given)).toMatchObject({ kind: 'missing', message });
});
