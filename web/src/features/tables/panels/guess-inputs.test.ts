import type { ActionInput } from '@keyrail/contract/integrations';
import type { Column } from '@keyrail/contract/tables';
import { expect, test } from 'vitest';
import { guessInputs } from './guess-inputs.ts';

const input = (name: string, semantic: string | null = name, label = name) =>
  ({ name, label, semantic }) as unknown as ActionInput;
const columns = (...names: string[]) =>
  names.map((name) => ({ id: `col_${name}`, name, type: 'text' }) as unknown as Column);

function guessed(inputs: ActionInput[], ...names: string[]): Record<string, string> {
  const found = guessInputs(inputs, columns(...names));
  return Object.fromEntries(
    Object.entries(found).map(([name, mapping]) => [
      name,
      mapping.kind === 'column' ? mapping.column_id.slice(4) : 'constant',
    ]),
  );
}

test('inputs find columns by meaning, however the columns are called', () => {
  const inputs = [input('first_name'), input('last_name'), input('domain'), input('company', 'company_name')];
  expect(guessed(inputs, 'Given name', 'SURNAME', 'Company website', 'Organisation')).toEqual({
    first_name: 'Given name',
    last_name: 'SURNAME',
    domain: 'Company website',
    company: 'Organisation',
  });
});

test("a company's domain is not taken for its name, nor a first name for a full one", () => {
  expect(guessed([input('company', 'company_name')], 'Company domain')).toEqual({});
  expect(guessed([input('full_name')], 'First name', 'Last name')).toEqual({});
});

test('a column of the same name wins over one of like meaning', () => {
  expect(guessed([input('email', 'email', 'Email')], 'Work e-mail', 'Email')).toEqual({ email: 'Email' });
});

test('what fits nothing stays open, and action columns give no input', () => {
  const action = { id: 'col_x', name: 'Domain', type: 'action' } as unknown as Column;
  expect(guessInputs([input('domain')], [action])).toEqual({});
});

test('an address that an action finds is offered to the next one, where no other column fits', () => {
  const action = { id: 'col_found', name: 'Find email', type: 'action' } as unknown as Column;
  const taken = (inputs: ActionInput[], ...more: Column[]) =>
    guessInputs(inputs, [...more, action], new Set(['col_found']));
  expect(taken([input('to', 'email')])).toEqual({ to: { kind: 'column', column_id: 'col_found' } });
  expect(taken([input('email')], ...columns('Email'))).toEqual({
    email: { kind: 'column', column_id: 'col_Email' },
  });
  expect(taken([input('domain')])).toEqual({});
});
