import { expect, test } from 'vitest';
import { readDefinition } from './read-definition.ts';

const withKeyInBody = (method: string, more = '') => `slug: acme
name: Acme
category: Data
description: Knows everything about anvils.
homepage: https://acme.example
docs_url: https://acme.example/docs
icon: { text: A, color: "#112233" }
base_url: https://api.acme.example/v1
auth:
  - type: api_key
    fields:
      - { name: api_key, label: API key }
    send:
      - { in: body, name: key, value: "{api_key}" }
probe:
  request: { method: ${method}, path: /me }${more}
sources: [{ at: https://acme.example/docs, for: [auth] }]
checked: 2026-11-21
`;

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
