import { expect, test } from 'vitest';
import { GOOD } from '../file-under-test.ts';
import { readDefinition } from '../files/read-definition.ts';

const withKeyInBody = (method: string, more = '') =>
  GOOD.replace('in: header, name: X-Key', 'in: body, name: key').replace(
    /probe:[\s\S]*?(?=sources:)/,
    `probe:\n  request: { method: ${method}, path: /me }${more}\n`,
  );

const problemsIn = (text: string) =>
  readDefinition('acme.yaml', text).problems.map((one) => `${one.line}:${one.column} ${one.message}`);

test('a key that is sent in the body is refused where a request has none', () => {
  expect(problemsIn(withKeyInBody('POST'))).toEqual([]);
  const message = 'The key is sent in the body, and a GET has none.';
  expect(problemsIn(withKeyInBody('GET'))).toEqual([`16:22 ${message}`]);
  const action = `
actions:
  - { name: find, label: Find, description: Finds., primary: true, repeatable: true, request: { method: GET, path: /x },
      outputs: [{ name: id, label: Id, type: id, path: id, primary: true }] }`;
  expect(problemsIn(withKeyInBody('POST', action))).toEqual([`18:105 ${message}`]);
});

const searching = (filter: string, quotes = '') => `${withKeyInBody('POST')}actions:
  - name: find
    label: Find
    description: Finds.
    primary: true
    request: { method: POST, path: /find, body: { filter: "${filter}" }${quotes} }
    inputs: [{ name: email, label: Email, type: email, required: true }]
    outputs: [{ name: id, label: Id, type: id, path: id, primary: true }]
    repeatable: true
`;

test('a value between quotation marks is refused where the file does not say how they are written inside', () => {
  expect(problemsIn(searching("email = '{email}'"))).toEqual([
    expect.stringMatching(/^24:59 \{email\} stands between quotation marks, .* Say under "quotes"/),
  ]);
  expect(problemsIn(searching("email = '{email}'", ', quotes: doubled'))).toEqual([]);
  expect(problemsIn(searching("it's {email}, as 'x' said"))).toEqual([]);
  const inPath = searching('x').replace('path: /find,', 'path: "/users(\'{email}\')",');
  expect(problemsIn(inPath)).toEqual([expect.stringContaining('stands between quotation marks')]);
});
