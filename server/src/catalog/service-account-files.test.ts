import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { catalogFolder } from './built-in.ts';
import { readDefinition } from './read-definition.ts';

const BIGQUERY = readFileSync(join(catalogFolder, 'bigquery.yaml'), 'utf8');
const problemsIn = (text: string) => readDefinition('bigquery.yaml', text).problems.map((one) => one.message);

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
    ['"kind" is not one of the words allowed here.'],
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
