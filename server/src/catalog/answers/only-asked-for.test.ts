import { describe, expect, test } from 'vitest';
import { GOOD } from '../file-under-test.ts';
import { readDefinition } from '../files/read-definition.ts';
import { judge } from './judge.ts';
import { onlyAskedFor } from './only-asked-for.ts';

const ada = { id: 2, email: 'Ada@Acme.example', others: [{ address: 'ada@old.example' }] };
const nada = { id: 1, email: 'nada@acme.example', others: [] };
const unknown = { id: 3 };
const only = { in: 'data.users', where: 'email', is: 'email' };
const found = (asked: unknown, change = {}) =>
  onlyAskedFor({ data: { users: [nada, ada, unknown], count: 3 } }, { ...only, ...change }, { email: asked });

describe('of a list with others in it', () => {
  test.each([
    ['as it was asked for', 'ada@acme.example'],
    ['in other letters, with space around', ' ADA@acme.example '],
    ['one of several that were asked for', ['ben@acme.example', 'ada@acme.example']],
  ])('the one that carries it stays: %s', (_, asked) => {
    expect(found(asked)).toEqual({ data: { users: [ada], count: 3 } });
  });

  test('any of several places will do, and any of several values there', () => {
    const change = { where: ['email', 'others[].address'] };
    expect(found('ada@old.example', change)).toEqual({ data: { users: [ada], count: 3 } });
  });

  test('none stays where all are others, not even one without the member', () => {
    expect(found('undefined')).toEqual({ data: { users: [], count: 3 } });
  });

  test('all stay where nothing was asked for', () => {
    expect(found('')).toMatchObject({ data: { users: [nada, ada, unknown] } });
    expect(onlyAskedFor([nada], { ...only, in: '' }, {})).toEqual([nada]);
  });

  test('the list may be the whole answer, or stand in a list; what is no list stays as it is', () => {
    const inputs = { email: 'ada@acme.example' };
    expect(onlyAskedFor([nada, ada], { ...only, in: '' }, inputs)).toEqual([ada]);
    expect(onlyAskedFor([{ users: [nada, ada] }], { ...only, in: '[0].users' }, inputs)).toEqual([
      { users: [ada] },
    ]);
    expect(onlyAskedFor({ error: 'no' }, only, inputs)).toEqual({ error: 'no' });
  });
});

const SEARCH = GOOD.replace('/find/{email}"', '/find", query: { q: "{email}" }').replace(
  'path: id }',
  'path: "[0].id" }\n    only: { where: email, is: email }\n    no_result: [{ status: 200, body: { empty: true } }]',
);

test('somebody else who is merely alike is never the result of a search', () => {
  const { definition, problems } = readDefinition('acme.yaml', SEARCH);
  const action = definition?.actions[0];
  if (definition === null || action === undefined) throw new Error(JSON.stringify(problems));
  const judged = (email: string, users: unknown[]) => {
    const answer = { status: 200, headers: {}, text: JSON.stringify(users) };
    return judge(definition, { kind: 'action', action, inputs: { email } }, answer, new Date());
  };
  expect(judged('ada@acme.example', [nada, ada])).toMatchObject({ kind: 'success', json: [ada] });
  expect(judged('ada@acme.example', [nada])).toMatchObject({ kind: 'no_result', json: [] });
});

test('a file that compares what is not there to compare is refused', () => {
  const problemsOf = (text: string) => readDefinition('acme.yaml', text).problems.map((one) => one.message);
  expect(problemsOf(SEARCH)).toEqual([]);
  expect(problemsOf(SEARCH.replace('is: email', 'is: login'))).toEqual(['There is no input "login".']);
  expect(problemsOf(SEARCH.replace('where: email', 'in: "users[].of", where: "a..["'))).toHaveLength(2);
});
