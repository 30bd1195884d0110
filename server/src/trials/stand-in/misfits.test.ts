import { expect, test } from 'vitest';
import { authMethodSchema } from '../../catalog/definition/auth-definition.ts';
import { requestTemplateSchema } from '../../catalog/definition/request-template.ts';
import { jsonAnswer } from '../cases/made-answer.ts';
import type { TokenMethod } from '../cases/token-answers.ts';
import { type Access, expectedRequest, type Trial } from '../trial.ts';
import { carriesOf } from './carries.ts';
import type { Arrived } from './stand-in.ts';
import { tokenMisfit } from './token-misfits.ts';

const KEY = 'fake-key-good-0001';
const method = authMethodSchema.parse({
  type: 'api_key',
  fields: [{ name: 'api_key', label: 'Key' }],
  send: [{ in: 'header', name: 'X-Key', value: '{api_key}' }],
});

function misfitOf(address: string): string | null {
  const access = {
    carries: carriesOf(method, { api_key: KEY }),
    secrets: [KEY],
  } as unknown as Access;
  const trial = { described: { defaultHeaders: {} } } as unknown as Trial;
  const template = requestTemplateSchema.parse({
    method: 'GET',
    path: '/people/{name}',
    query: { q: '{words}' },
  });
  const expected = expectedRequest(
    trial,
    access,
    'it',
    'https://api.acme.example',
    template,
    jsonAnswer(200, {}),
  );
  return expected.misfit({ method: 'GET', url: new URL(address), headers: { 'x-key': KEY }, body: '' });
}

test('a secret in the address of a request is found wherever in it it stands, though everything else is as described', () => {
  expect(misfitOf('https://api.acme.example/people/jane?q=anvils')).toBeNull();
  for (const address of [`people/${KEY}`, `people/jane?q=${KEY}`, `people/a%2F${KEY}?q=b`])
    expect(misfitOf(`https://api.acme.example/${address}`)).toBe('a secret stands in its address');
});

test('so is one in the address of a request for a token', () => {
  const endpoint = authMethodSchema.parse({
    type: 'oauth2',
    authorize_url: 'https://acme.example/a',
    token_url: 'https://acme.example/t',
  });
  const misfit = tokenMisfit({
    method: endpoint as TokenMethod,
    url: 'https://acme.example/t',
    httpMethod: 'POST',
    parameters: { code: 'fake-code-0001' },
    client: { id: 'example', secret: 'fake-client-secret-0001' },
    secrets: ['fake-code-0001', 'fake-client-secret-0001'],
  });
  const arrived: Arrived = {
    method: 'POST',
    url: new URL('https://acme.example/t'),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'code=fake-code-0001&client_id=example&client_secret=fake-client-secret-0001',
  };
  expect(misfit(arrived)).toBeNull();
  const url = new URL('https://acme.example/t?code=fake-code-0001');
  expect(misfit({ ...arrived, url })).toBe('a secret stands in its address');
});
