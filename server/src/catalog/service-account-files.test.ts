import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalogFolder } from './built-in.ts';
import { readDefinition } from './files/read-definition.ts';

const BIGQUERY = readFileSync(join(catalogFolder, 'google-bigquery.yaml'), 'utf8');
const problemsIn = (text: string) =>
  readDefinition('google-bigquery.yaml', text).problems.map((one) => one.message);

test.each([
  [
    'without the field its kind works with',
    'name: key_file',
    'name: json_key',
    ['The kind google_service_account needs a field called "key_file".'],
  ],
  [
    'with a key that is no secret',
    'kind: file\n',
    'kind: file\n        secret: false\n',
    ['The field "key_file" must be secret.'],
  ],
  [
    'of an unknown kind',
    'kind: google_service_account',
    'kind: google_jwt',
    [
      '"kind" must be one of: google_service_account, aws_access_key, jwt_bearer, client_assertion, self_signed, jwt_exchange.',
    ],
  ],
  [
    'without an address for tokens',
    '    token_url: https://oauth2.googleapis.com/token\n    scopes:\n      - { name: https',
    '    scopes:\n      - { name: https',
    ['"token_url" is missing.'],
  ],
])('a service account %s is a problem of the file', (_, from, to, messages) => {
  expect(BIGQUERY).toContain(from);
  expect(problemsIn(BIGQUERY.replace(from, to))).toEqual(messages);
});

/** A file with one method of each kind that signs; `assertion` and `more` stand in it as they are given. */
const signing = (kind: string, assertion: string, more = '') => `
slug: signing
name: Signing
category: Trial
description: Signs.
homepage: https://signing.example
docs_url: https://signing.example/docs
icon: { text: S, color: "#123456" }
base_url: https://{account}.signing.example
connection_fields:
  - { name: account, label: Account }
  - { name: depot, label: Depot${more} }
auth:
  - type: service_account
    kind: ${kind}
    ${kind === 'self_signed' ? '' : 'token_url: https://signing.example/token'}
    assertion: ${assertion}
    fields:
      - { name: client_id, label: Client, secret: false }
      - { name: passphrase, label: Passphrase, required: false }
      - { name: private_key, label: Key, kind: file }
sources: [{ at: https://signing.example/docs, for: [auth] }]
checked: 2026-11-21
`;

test.each([
  ['with all it needs', 'self_signed', '{ issuer: "{client_id}.{account}" }', '', []],
  [
    'with a claim of something that nobody enters',
    'self_signed',
    '{ issuer: "{client}" }',
    '',
    ['{client} is no field of this method. Declare it, or correct the name.'],
  ],
  [
    'with a secret in a claim',
    'jwt_exchange',
    '{ claims: { hint: "{passphrase}" } }',
    '',
    ['{passphrase} is a secret; a JWT can be read by whoever has it.'],
  ],
  [
    'with a secret in a value that a claim is made of',
    'jwt_exchange',
    '{ issuer: "{name}", derived: { name: { from: "{private_key}" } } }',
    '',
    ['{private_key} is a secret; a JWT can be read by whoever has it.'],
  ],
  [
    'with the thumbprint of a certificate that nobody enters',
    'client_assertion',
    '{ thumbprint: sha256 }',
    '',
    ['A thumbprint is of a certificate: there is no field "certificate".'],
  ],
  [
    'with a pattern that could run for ever',
    'self_signed',
    '{ issuer: "{n}", derived: { n: { from: "{account}", replace: [{ pattern: "(a+)+$", with: "" }] } } }',
    '',
    [
      'The regular expression repeats a group that itself repeats or chooses; on some texts it would never end.',
    ],
  ],
  [
    'that goes with a client secret which nobody enters',
    'jwt_bearer',
    '{ issuer: "{client_id}" }\n    token_auth_method: client_secret_post',
    '',
    ['The kind jwt_bearer needs a field called "client_secret".'],
  ],
  [
    'with choices that need what comes after them',
    'self_signed',
    '{ issuer: "{client_id}" }',
    ', listed_from: { request: { method: GET, path: "/x/{depot}" }, signed_by: assertion, value: id, label: name, page_size: 10 }',
    [
      '{depot} is no connection field that is there before this one.',
      'With page_size, {page} says which page is asked for.',
    ],
  ],
])('a JWT %s is what its file says, or a problem of it', (_, kind, assertion, more, messages) => {
  const { problems } = readDefinition('signing.yaml', signing(kind, assertion, more));
  expect(problems.map((one) => one.message)).toEqual(messages);
});

test('a role that is asked for in secret, or always, is a problem of the file', () => {
  const text = readFileSync(join(catalogFolder, 'aws-s3.yaml'), 'utf8');
  const required = text.replace(/(name: role_arn\n(?: +(?!- ).*\n)*?) +required: false\n/, '$1');
  expect(required).not.toBe(text);
  expect(readDefinition('aws-s3.yaml', required).problems.map((one) => one.message)).toEqual([
    'With assume_role there is a field "role_arn", which is neither secret nor required.',
  ]);
});
