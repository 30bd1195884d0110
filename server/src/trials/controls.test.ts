import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDefinition } from '../catalog/files/read-definition.ts';
import { type Bench, openBench } from './bench.ts';
import { checkFile } from './check-file.ts';
import { tryFile } from './try-file.ts';
import { certificateOf } from './under-test.ts';

/** A file with nothing wrong in it. Each control spoils one thing. */
const FILE = `slug: acme
name: Acme
category: Data
description: Knows everything about anvils.
homepage: https://acme.example
docs_url: https://acme.example/docs
icon: { text: A, color: "#112233" }
base_url: https://api.acme.example/v1
auth:
  - type: api_key
    note: For one's own scripts and for small teams of people.
    fields:
      - { name: api_key, label: API key }
    send:
      - { in: header, name: X-Api-Key, value: "{api_key}" }
    key_help: { location: Settings > API }
  - type: oauth2
    note: For people who sign in with the account they have at Acme.
    authorize_url: https://acme.example/oauth/authorize
    token_url: https://api.acme.example/oauth/token
    revoke_url: https://api.acme.example/oauth/revoke
    refresh: rotating
    scopes: [{ name: read, description: Read anvils }]
    token_errors: { grant_gone: revoked }
probe:
  request: { method: GET, path: /me }
  check: [{ body: { path: ok, equals: true } }]
  account: { label: user.email }
  answers:
    - { when: { status: 200, body: { path: ok, equals: false } }, then: rejected }
answers:
  - { when: { status: 403, body: { path: error.code, equals: no_credits } }, then: out_of_credits }
  - { when: { status: 403 }, then: rejected }
actions:
  - name: find_anvil
    label: Find anvil
    description: The anvil of a company.
    primary: true
    request: { method: GET, path: /anvils, query: { domain: "{domain}" } }
    inputs: [{ name: domain, label: Domain, type: domain, required: true }]
    outputs:
      - { name: weight, label: Weight, type: number, path: anvil.weight, primary: true }
    no_result: [{ body: { path: anvil, empty: true } }]
    repeatable: true
  - name: forge
    label: Forge
    description: Makes an anvil.
    request: { method: POST, path: /forge, body: { domain: "{domain}" } }
    inputs: [{ name: domain, label: Domain, type: domain, required: true }]
    outputs: [{ name: url, label: Address, type: url, path: url, primary: true }]
    poll:
      id: job.id
      request: { method: GET, path: "/forge/{job_id}" }
      done: { body: { path: status, equals: done } }
      running: { body: { path: status, in: [queued, running] } }
    repeatable: false
examples:
  - { of: probe, body: { ok: true, user: { email: jane@acme.example } }, account: jane@acme.example }
  - { of: probe, body: { ok: false, error: bad key }, means: rejected }
  - { of: find_anvil, body: { anvil: { weight: 12 } }, gives: { weight: 12 } }
  - { of: forge, body: { job: { id: 7 } } }
  - { of: forge.poll, body: { status: done, url: "https://acme.example/7" }, gives: { url: "https://acme.example/7" } }
  - { of: token, body: { access_token: fake-access, refresh_token: fake-refresh, expires_in: 7200 }, expires_in_seconds: 7200 }
  - { of: refresh, status: 400, body: { error: grant_gone }, means: revoked }
sources: [{ at: https://acme.example/docs, for: [auth, sign_in, probe, answers, actions] }]
checked: 2026-11-21
`;

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const problemsOf = async (text: string) => {
  const { problems } = await checkFile(bench, { file: 'acme.yaml', text });
  return problems.map(({ line, message }) => `${line}: ${message}`);
};

test('a file with nothing wrong in it passes, and every one of its answers was played', async () => {
  const checked = await checkFile(bench, { file: 'acme.yaml', text: FILE });
  expect(checked.problems).toEqual([]);
  expect(checked.played).toBeGreaterThan(50);
});

test.each<[what: string, from: string, to: string, found: RegExp]>([
  [
    'a rule that one before it takes everything from',
    '{ when: { status: 403, body: { path: error.code, equals: no_credits } }, then: out_of_credits }\n  - { when: { status: 403 }, then: rejected }',
    '{ when: { status: 403 }, then: rejected }\n  - { when: { status: 403, body: { path: error.code, equals: no_credits } }, then: out_of_credits }',
    /^\d+: No answer gets to this rule/,
  ],
  [
    'a check that succeeds on the answer to a bad key',
    'then: rejected }\nanswers:',
    'then: success }\nanswers:',
    /Example 2 \(probe, 200\) must mean rejected.*the engine says (provider_error|ok)/,
  ],
  [
    'a check that looks at nothing, and takes a refusal for a success',
    '  check: [{ body: { path: ok, equals: true } }]\n  account: { label: user.email }\n  answers:\n    - { when: { status: 200, body: { path: ok, equals: false } }, then: rejected }\n',
    '  account: { label: user.email }\n',
    /Example 2 .*must mean rejected.*the engine says ok/,
  ],
  [
    'a plain 401 that counts as a success',
    '- { when: { status: 403 }, then: rejected }',
    '- { when: { status: 403 }, then: rejected }\n  - { when: { status: 401, body: { path: error, exists: false } }, then: success }',
    /a plain 401/i,
  ],
  [
    'a search whose answer about somebody else is taken',
    '    no_result: [{ body: { path: anvil, empty: true } }]',
    '    only: { in: anvils, where: domain, is: domain }',
    /an answer that is only about others than was asked for must mean no_result.*the engine says done/,
  ],
  [
    'a key in the address without need',
    'in: header, name: X-Api-Key',
    'in: query, name: key',
    /A secret in the address/,
  ],
  [
    'a value that could end the quotation marks it stands in',
    'query: { domain: "{domain}" }',
    'query: { filter: \'eq("{domain}")\' }',
    /A value with a quotation mark in it would end the quotation/,
  ],
  [
    'a key that is asked for and not sent',
    'value: "{api_key}"',
    'value: "abc"',
    /The secret "api_key" is asked for and sent nowhere/,
  ],
  [
    'an output that the documented answer does not have',
    'path: anvil.weight',
    'path: anvil.wieght',
    /example 3 .*must give weight: 12; the engine reads null/,
  ],
  [
    'an output that no documented answer has, and nobody said what it is',
    'body: { anvil: { weight: 12 } }, gives: { weight: 12 } }',
    'body: { anvil: { weigth: 12 } } }',
    /has nothing at anvil.weight, where the output weight is read/,
  ],
  [
    'a job that never ends',
    'in: [queued, running]',
    'in: [queued, running, done]',
    /example 5 .*the engine says pending.*would never end/,
  ],
  [
    'a receipt without the number of the job',
    'body: { job: { id: 7 } }',
    'body: { id: 7 }',
    /must start the job of “Forge”/,
  ],
  [
    'a token answer without a token',
    'access_token: fake-access',
    'token: fake-access',
    /Example 6 \(token, 200\) must bring a token; the engine says not_now/,
  ],
  [
    'a refresh token that does not come',
    'refresh_token: fake-refresh, ',
    '',
    /has no refresh token, while the file says refresh: rotating/,
  ],
  [
    'a token that lives otherwise',
    'expires_in_seconds: 7200',
    'expires_in_seconds: 3600',
    /lives 3600 seconds; the engine reads 7200/,
  ],
  [
    'a withdrawn access that is not recognised',
    'token_errors: { grant_gone: revoked }',
    'token_errors: {}',
    /Example 7 \(refresh, 400\) of the token address .*must mean revoked; the engine says not_now/,
  ],
  [
    'an account that is read elsewhere',
    'account: { label: user.email }',
    'account: { label: user.name }',
    /must name the account “jane@acme.example”; the engine reads nobody/,
  ],
  [
    'an input that goes nowhere',
    'query: { domain: "{domain}" }',
    'query: { domain: x }',
    /The input "domain" goes nowhere/,
  ],
  ['an example of nothing', 'of: find_anvil', 'of: find_anvils', /There is nothing called "find_anvils"/],
  [
    'a mark that is not there',
    'icon: { text: A',
    'icon: { simple: acmecorporation, text: A',
    /simple-icons has no mark/,
  ],
  [
    'methods that do not say when',
    "note: For one's own scripts and for small teams of people.",
    'note: For all.',
    /a sentence on when it is the right one/,
  ],
  [
    'a method without a word on where the key is',
    '    key_help: { location: Settings > API }\n',
    '',
    /key_help is missing/,
  ],
  [
    'access that nobody can withdraw',
    '    revoke_url: https://api.acme.example/oauth/revoke\n',
    '',
    /How is access withdrawn/,
  ],
])('%s is found', async (_, from, to, found) => {
  expect(FILE).toContain(from);
  const problems = await problemsOf(FILE.replace(from, to));
  expect(problems.filter((one) => found.test(one))).not.toEqual([]);
});

function definitionOf(text: string) {
  const { definition, problems } = readDefinition('acme.yaml', text);
  if (definition === null) throw new Error(problems.map(({ message }) => message).join(' '));
  return definition;
}

test.each([
  [
    'in another header',
    'name: X-Api-Key',
    'name: X-Key',
    /the header X-Api-Key does not carry the credential/,
  ],
  [
    'in a Bearer header of another form',
    'name: X-Api-Key, value: "{api_key}"',
    'name: X-Api-Key, value: "Key {api_key}"',
    /does not carry the credential/,
  ],
  ['to another path', 'path: /me', 'path: /you', /the path is \/me/],
  [
    'by another method',
    'request: { method: GET, path: /anvils',
    'request: { method: DELETE, path: /anvils',
    /GET was described/,
  ],
  [
    'to another host',
    'base_url: https://api.acme.example/v1',
    'base_url: https://acme.example/v1',
    /the host is api.acme.example/,
  ],
  [
    'with another secret of the app',
    '    refresh: rotating',
    '    refresh: rotating\n    token_auth_method: client_secret_basic',
    /the parameter client_id is not the client id/,
  ],
])('the stand-in takes no request %s', async (_, from, to, found) => {
  expect(FILE).toContain(from);
  const { problems } = await tryFile(bench, definitionOf(FILE.replace(from, to)), {
    described: definitionOf(FILE),
  });
  const messages = problems.map(({ message }) => message);
  expect(messages.filter((one) => found.test(one))).not.toEqual([]);
});

test('a method by certificate is tried where one is made, and named where none is', async () => {
  const method = `auth:
  - type: certificate
    note: For programs of the company that have a certificate.
    fields:
      - { name: certificate, label: Certificate, kind: file }
      - { name: private_key, label: Private key, kind: file }
`;
  const file = { file: 'acme.yaml', text: FILE.replace('auth:\n', method) };
  const tried = await checkFile(bench, file, { makeCertificate: certificateOf });
  expect(tried).toMatchObject({ problems: [], notTried: [] });
  const left = await checkFile(bench, file);
  expect(left.problems).toEqual([]);
  expect(left.notTried).toEqual([expect.stringMatching(/^certificate: it needs a certificate/)]);
  expect(left.played).toBeLessThan(tried.played);
});
