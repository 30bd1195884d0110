import type { IncomingMessage } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import { definitionAt } from '../../connections/under-test.ts';
import { Secret } from '../../lib/secret.ts';
import { SECRET, tokenEndpointUnderTest } from '../token-endpoint-under-test.ts';
import { secretVerdict } from './secret-verdict.ts';
import { type Trying, trySecret } from './try-secret.ts';

const endpoint = tokenEndpointUnderTest();

interface Asked {
  secret: string;
  form: URLSearchParams;
}

/** A provider that answers by the secret it is shown; everything it was asked. */
function provider(by: (asked: Asked) => [number, unknown]): Asked[] {
  const seen: Asked[] = [];
  endpoint.respondBy((request, response) => {
    const form = new URLSearchParams(endpoint.sent().body);
    const asked = { secret: secretIn(request, form), form };
    seen.push(asked);
    const [status, body] = by(asked);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  return seen;
}

function secretIn({ headers }: IncomingMessage, form: URLSearchParams): string {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  return form.get('client_secret') ?? Buffer.from(basic, 'base64').toString().split(':')[1] ?? '';
}

function tried(method: object = {}, fields: Trying['fields'] = {}) {
  const { origin } = endpoint.server();
  const oauth2 = {
    type: 'oauth2',
    authorize_url: `${origin}/auth`,
    token_url: `${origin}/token`,
    refresh: 'rotating',
    ...method,
  };
  const definition = definitionAt(origin, { auth: [oauth2 as never] });
  return trySecret(endpoint.deps(), {
    workspaceId: 'wsp_1',
    definition,
    method: definition.auth[0] as OAuth2Method,
    clientId: 'fake-client',
    secret: new Secret(SECRET),
    fields,
    redirectUri: 'http://127.0.0.1:4400/oauth/callback/acme',
  });
}

const REFUSED_CLIENT: [number, unknown] = [
  401,
  { error: 'invalid_client', error_description: 'No such secret' },
];
const REFUSED_TOKEN: [number, unknown] = [400, { error: 'invalid_grant' }];

describe('a client secret is tried with what we made up', () => {
  test.each([
    ['refuses the token of a client it knows', REFUSED_TOKEN, REFUSED_CLIENT],
    ['answers an unknown code to a client it knows', [400, { error: 'bad_refresh_token' }], REFUSED_CLIENT],
    [
      'answers 400 invalid_request to a token in no form of its own',
      [400, { error: 'invalid_request' }],
      REFUSED_CLIENT,
    ],
    ['lets the client renew nothing', [400, { error: 'unauthorized_client' }], REFUSED_CLIENT],
    ['answers a wrong secret with 401 and no code', REFUSED_TOKEN, [401, { message: 'no' }]],
  ] as const)('at a provider that %s it is accepted', async (_, known, unknown) => {
    const seen = provider(({ secret }) => [...(secret === SECRET ? known : unknown)] as [number, unknown]);
    expect(await tried()).toEqual({ kind: 'accepted' });
    expect(seen.map(({ secret }) => secret === SECRET)).toEqual([true, false]);
    for (const { form } of seen) expect(form.get('refresh_token')).toMatch(/^keyrailcheck[0-9a-f]{48}$/);
  });

  test('and a refused one is told with the words of the provider, after one request', async () => {
    const seen = provider(() => REFUSED_CLIENT);
    const outcome = await tried();
    expect(outcome).toEqual({ kind: 'rejected', words: 'No such secret' });
    expect(seen).toHaveLength(1);
    expect(secretVerdict(outcome, 'Acme', new Date(0))).toMatchObject({
      kind: 'rejected',
      message: 'Acme did not accept this client secret.',
      provider_message: 'No such secret',
    });
  });

  test.each([
    ['answers every secret alike', REFUSED_TOKEN],
    ['makes a token of anything', [200, { access_token: 'fake-access-0001' }]],
    ['never speaks of clients', [400, { error: 'nonsense' }]],
  ] as const)('at a provider that %s nothing can be told', async (_, answer) => {
    provider(() => [...answer] as [number, unknown]);
    expect(await tried()).toEqual({ kind: 'untold', because: 'same_answer' });
  });

  test.each([
    [[503, { error: 'temporarily_unavailable' }], 'provider_error'],
    [[429, { error: 'slow_down' }], 'rate_limited'],
  ] as const)('an answer of %j is no word on it', async (answer, because) => {
    provider(() => [...answer] as [number, unknown]);
    expect(await tried()).toMatchObject({ kind: 'not_now', because });
    // The same where it is the second that is not answered.
    provider(({ secret }) => (secret === SECRET ? REFUSED_TOKEN : ([...answer] as [number, unknown])));
    expect(await tried()).toMatchObject({ kind: 'not_now', because });
  });

  test('where nothing is renewed, with a code that we made up; where nobody has signed in, not at all', async () => {
    const seen = provider(({ secret }) => (secret === SECRET ? REFUSED_TOKEN : REFUSED_CLIENT));
    expect(await tried({ refresh: 'none' })).toEqual({ kind: 'accepted' });
    expect(seen[0]?.form.get('grant_type')).toBe('authorization_code');
    expect(seen[0]?.form.get('code')).toMatch(/^keyrailcheck/);
    expect(seen[0]?.form.get('code_verifier')?.length).toBeGreaterThanOrEqual(43);
    expect(await tried({}, null)).toEqual({ kind: 'untold', because: 'no_address' });
    expect(seen).toHaveLength(2);
  });

  test('with the codes that its file explains', async () => {
    const codes = { token_errors: { wrong_app: 'setup_rejected', no_such_token: 'revoked' } };
    provider(({ secret }) => [200, { error: secret === SECRET ? 'no_such_token' : 'wrong_app' }]);
    expect(await tried(codes)).toEqual({ kind: 'accepted' });
    provider(() => [200, { error: 'wrong_app' }]);
    expect(await tried(codes)).toMatchObject({ kind: 'rejected' });
  });
});
