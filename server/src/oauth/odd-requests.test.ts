import { describe, expect, test } from 'vitest';
import { authMethodSchema, type OAuth2Method } from '../catalog/definition/auth-definition.ts';
import { connectionFieldSchema } from '../catalog/definition/field-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { Secret } from '../lib/secret.ts';
import { authorizationUrl } from './authorization-url.ts';
import { readAnswer } from './callback.ts';
import { grantedScopes } from './granted-scopes.ts';
import { renewUnder } from './renew.ts';
import { askTokenEndpoint } from './token-endpoint.ts';
import { REFRESH, SECRET, tokenEndpointUnderTest } from './token-endpoint-under-test.ts';

/**
 * What providers want to be asked in another way than RFC 6749 says. Each is written as a catalog file would have it, and goes
 * through what builds every request: so each oddity is a field, and none needs code of its own.
 */
const endpoint = tokenEndpointUnderTest();
const REDIRECT = 'http://127.0.0.1:4400/oauth/callback/odd';
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
const client = { id: 'fake-client', secret: new Secret(SECRET) };

type Given = Record<string, unknown>;

function methodOf(given: Given): OAuth2Method {
  const address = (path: string) => `${endpoint.server()?.origin ?? 'https://odd.example'}${path}`;
  const filled = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      /_url$/.test(name) && typeof value === 'string' && value.startsWith('/') ? address(value) : value,
    ]),
  );
  const method = authMethodSchema.parse({
    type: 'oauth2',
    authorize_url: 'https://odd.example/authorize',
    token_url: address('/token'),
    ...filled,
  });
  if (method.type !== 'oauth2') throw new Error('no sign-in');
  return method;
}

const FIELDS = [
  connectionFieldSchema.parse({ name: 'company', label: 'Company', example: 'acme' }),
  connectionFieldSchema.parse({
    name: 'shop',
    label: 'Shop',
    kind: 'host',
    host_suffixes: ['.myshopify.com'],
  }),
];

function signInAddress(
  given: Given,
  fields: Record<string, string> = {},
  optionalScopes: string[] = [],
): URL {
  const method = methodOf(given);
  const definition = { name: 'Odd', connectionFields: FIELDS } as unknown as Definition;
  return new URL(
    authorizationUrl({
      definition,
      method,
      upstreams: new Map(),
      clientId: 'fake-client',
      redirectUri: REDIRECT,
      state: 'state-1',
      verifier: method.pkce ? VERIFIER : null,
      fields,
      optionalScopes,
    }),
  );
}

const parametersOf = (url: URL) => Object.fromEntries(url.searchParams);

describe('where people sign in', () => {
  test('without anything odd it is RFC 6749 with PKCE', () => {
    const url = signInAddress({ scopes: ['read', 'write'] });
    expect(`${url.origin}${url.pathname}`).toBe('https://odd.example/authorize');
    expect(parametersOf(url)).toEqual({
      response_type: 'code',
      client_id: 'fake-client',
      redirect_uri: REDIRECT,
      scope: 'read write',
      state: 'state-1',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
  });

  test('commas stand between the scopes at Slack, Shopify, Linear, Strava, TikTok, Zoho, Facebook, Trello and SurveyMonkey', () => {
    expect(signInAddress({ scopes: ['a', 'b'], scope_separator: ',' }).searchParams.get('scope')).toBe('a,b');
  });

  test('no scope is sent where the app fixes it: Pipedrive, Notion, Intercom, ClickUp, Attio, Bitbucket, Mailchimp, Box, Zoom', () => {
    expect(signInAddress({}).searchParams.has('scope')).toBe(false);
  });

  test.each<[string, Given]>([
    ['jira', { audience: 'api.atlassian.com', prompt: 'consent' }],
    ['notion', { owner: 'user' }],
    ['monday', { force_install_if_needed: 'true' }],
    ['microsoft', { response_mode: 'query' }],
    ['square', { session: 'false' }],
    ['google', { access_type: 'offline', prompt: 'consent' }],
    ['zoho', { access_type: 'offline' }],
    ['dropbox', { token_access_type: 'offline' }],
    ['reddit', { duration: 'permanent' }],
    ['basecamp', { type: 'web_server' }],
    ['bamboohr', { request: 'authorize' }],
  ])('%s: %j goes along', (_, authorize_params) => {
    expect(parametersOf(signInAddress({ authorize_params }))).toMatchObject(authorize_params);
  });

  test.each(['offline_access', 'offline.access', 'offline', 'refresh_token'])(
    'a refresh token that is asked for by the scope %s is asked for with the others',
    (scope) => {
      expect(signInAddress({ scopes: ['read', scope] }).searchParams.get('scope')).toBe(`read ${scope}`);
    },
  );

  test('a scope may name the address that the connection is for', () => {
    const scopes = ['offline_access', 'https://{company}.crm.example/user_impersonation', 'user:{id}'];
    const url = signInAddress({ scopes }, { company: 'acme' });
    expect(url.searchParams.get('scope')).toBe(
      'offline_access https://acme.crm.example/user_impersonation user:{id}',
    );
  });

  test('where the code goes and what protects it is not for a file to say', () => {
    const authorize_params = {
      redirect_uri: 'https://evil.example/',
      response_type: 'token',
      client_id: 'another',
      state: 'fixed',
      code_challenge: VERIFIER,
      code_challenge_method: 'plain',
    };
    const url = signInAddress({ authorize_params });
    expect(parametersOf(url)).toEqual(parametersOf(signInAddress({})));
    expect(url.searchParams.size).toBe(6);
  });

  test('PKCE is there where it is demanded (Airtable, Klaviyo, Canva, X), and not where it is not spoken', () => {
    expect(parametersOf(signInAddress({ pkce: true }))).toMatchObject({ code_challenge_method: 'S256' });
    expect(signInAddress({ pkce: false }).searchParams.has('code_challenge')).toBe(false);
  });

  test('tiktok: the client id has another name, and the digest of PKCE is written in hex', () => {
    const parameters = parametersOf(signInAddress({ client_id_param: 'client_key', pkce_digest: 'hex' }));
    expect(parameters.client_key).toBe('fake-client');
    expect(parameters).not.toHaveProperty('client_id');
    expect(parameters.code_challenge).toBe(
      '13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3',
    );
  });

  test('apollo: the page is in the fragment, and the parameters come after it', () => {
    const url = signInAddress({ authorize_url: 'https://app.apollo.example/#/oauth/authorize', pkce: false });
    expect(url.search).toBe('');
    expect(url.hash).toMatch(/^#\/oauth\/authorize\?response_type=code&client_id=fake-client&/);
    expect(url.hash).toContain('state=state-1');
  });

  test('bamboohr, shopify: the account is part of the address, and cannot be anything else', () => {
    const authorize_url = 'https://{company}.bamboohr.example/authorize.php';
    expect(signInAddress({ authorize_url }, { company: 'acme' }).host).toBe('acme.bamboohr.example');
    expect(() => signInAddress({ authorize_url }, { company: 'evil.test/' })).toThrow('cannot be made');
    const shopify = { authorize_url: 'https://{shop}/admin/oauth/authorize' };
    expect(signInAddress(shopify, { shop: 'acme.myshopify.com' }).host).toBe('acme.myshopify.com');
    expect(() => signInAddress(shopify, { shop: 'acme.myshopify.com.evil.test' })).toThrow('cannot be made');
  });

  test('hubspot: scopes that an account may lack travel apart', () => {
    const scopes = ['oauth', { name: 'tickets', optional: true }];
    const parameters = parametersOf(
      signInAddress({ scopes, optional_scope_param: 'optional_scope' }, {}, ['tickets']),
    );
    expect(parameters).toMatchObject({ scope: 'oauth', optional_scope: 'tickets' });
  });
});

describe('what the callback says', () => {
  test.each<[string, string]>([
    ['most', 'error=access_denied'],
    ['linkedin', 'error=user_cancelled_login&error_description=The+user+cancelled'],
    ['linkedin', 'error=user_cancelled_authorize'],
    ['facebook', 'error=access_denied&error_reason=user_denied'],
  ])('%s: %s is a person who said no', (_, said) => {
    const query = new URLSearchParams(`${said}&state=state-1`);
    expect(readAnswer({ name: 'Odd' }, methodOf({}), query, (text) => text)).toMatchObject({
      reason: 'denied',
    });
  });

  test('strava: what was allowed is listed there alone', () => {
    const method = methodOf({ scopes: ['read', 'activity:write'], granted_scopes_param: 'scope' });
    const query = new URLSearchParams('code=c&scope=read,activity:read');
    expect(grantedScopes(method, null, query)).toEqual(['read', 'activity:read']);
    expect(grantedScopes(method, ['read'], query)).toEqual(['read']);
    expect(grantedScopes(method, null, new URLSearchParams('code=c'))).toBeNull();
  });

  test('shopify, calendly: a scope to write holds the one to read, which is not listed', () => {
    const method = methodOf({
      scopes: [{ name: 'read_products', implied_by: ['write_products'] }, 'write_products', 'read_orders'],
    });
    expect(grantedScopes(method, ['write_products'])).toEqual(['write_products', 'read_products']);
    expect(grantedScopes(method, ['read_orders'])).toEqual(['read_orders']);
    expect(grantedScopes(method, null)).toBeNull();
  });
});

/** What arrives at the token address: the first line, and the members of query or body by their names. */
interface Arrived {
  line: string;
  said: Record<string, string>;
  headers: Record<string, string | string[] | undefined>;
}

async function arrived(
  given: Given,
  asks: 'code' | 'refresh',
  fields: Record<string, string> = {},
): Promise<Arrived> {
  const method = methodOf(given);
  const integration = { connectionFields: FIELDS };
  const before = endpoint.server().requests.length;
  if (asks === 'code')
    await askTokenEndpoint(endpoint.deps(), {
      workspaceId: 'wsp_1',
      url: method.tokenUrl,
      endpoint: method,
      client,
      grant: {
        kind: 'authorization_code',
        code: new Secret('fake-code-0001'),
        redirectUri: REDIRECT,
        codeVerifier: method.pkce ? new Secret(VERIFIER) : null,
      },
    });
  else
    await renewUnder(
      endpoint.deps(),
      { workspaceId: 'wsp_1', integration, method, fields },
      client,
      REDIRECT,
      new Secret(REFRESH),
    );
  const line = endpoint.server().requests[before] ?? '';
  const { headers, body } = endpoint.sent();
  const isJson = headers['content-type'] === 'application/json';
  const inAddress = new URL(line.split(' ')[1] ?? '/', 'http://odd.example').searchParams;
  const inBody = isJson ? (JSON.parse(body) as object) : Object.fromEntries(new URLSearchParams(body));
  return { line, said: { ...Object.fromEntries(inAddress), ...inBody }, headers };
}

const CLIENT = { client_id: 'fake-client', client_secret: SECRET };

describe('what the token address is asked', () => {
  test.each<[string, Given, 'code' | 'refresh', string, Record<string, string>]>([
    [
      'tiktok: the client id has another name',
      { client_id_param: 'client_key', pkce: false },
      'refresh',
      'POST /token',
      {
        grant_type: 'refresh_token',
        refresh_token: REFRESH,
        client_key: 'fake-client',
        client_secret: SECRET,
      },
    ],
    [
      'basecamp: names of an older draft, for the code',
      { token_params: { type: 'web_server' }, refresh_params: { type: 'refresh' }, pkce: false },
      'code',
      'POST /token',
      {
        grant_type: 'authorization_code',
        code: 'fake-code-0001',
        redirect_uri: REDIRECT,
        type: 'web_server',
        ...CLIENT,
      },
    ],
    [
      'basecamp: and for the refresh, which names the redirect URI again',
      {
        token_params: { type: 'web_server' },
        refresh_params: { type: 'refresh', redirect_uri: '{redirect_uri}' },
      },
      'refresh',
      'POST /token',
      {
        grant_type: 'refresh_token',
        refresh_token: REFRESH,
        type: 'refresh',
        redirect_uri: REDIRECT,
        ...CLIENT,
      },
    ],
    [
      'figma: refreshing has another address',
      { refresh_url: '/v1/oauth/refresh', pkce: false },
      'refresh',
      'POST /v1/oauth/refresh',
      { grant_type: 'refresh_token', refresh_token: REFRESH, ...CLIENT },
    ],
    [
      'bamboohr: the address has a question mark of its own',
      { token_query: { request: 'token' }, pkce: false },
      'refresh',
      'POST /token?request=token',
      { request: 'token', grant_type: 'refresh_token', refresh_token: REFRESH, ...CLIENT },
    ],
    [
      'facebook: the token itself buys the next one, by GET',
      {
        refresh: 'exchange',
        refresh_method: 'GET',
        refresh_grant: 'fb_exchange_token',
        refresh_token_param: 'fb_exchange_token',
      },
      'refresh',
      `GET /token?grant_type=fb_exchange_token&fb_exchange_token=${REFRESH}&client_id=fake-client&client_secret=${SECRET}`,
      { grant_type: 'fb_exchange_token', fb_exchange_token: REFRESH, ...CLIENT },
    ],
    [
      'instagram: the same, without the client, at another address',
      {
        refresh: 'exchange',
        refresh_url: '/refresh_access_token',
        refresh_method: 'GET',
        refresh_grant: 'ig_refresh_token',
        refresh_token_param: 'access_token',
        token_auth_method: 'none',
      },
      'refresh',
      `GET /refresh_access_token?grant_type=ig_refresh_token&access_token=${REFRESH}&client_id=fake-client`,
      { grant_type: 'ig_refresh_token', access_token: REFRESH, client_id: 'fake-client' },
    ],
    [
      'zendesk: how long a token is to live is part of the request',
      {
        token_request_body: 'json',
        token_params: { expires_in: '172800', refresh_token_expires_in: '7776000' },
      },
      'refresh',
      'POST /token',
      {
        grant_type: 'refresh_token',
        refresh_token: REFRESH,
        expires_in: '172800',
        refresh_token_expires_in: '7776000',
        ...CLIENT,
      },
    ],
    [
      'shopify: an offline token that ends is asked for',
      { token_params: { expiring: '1' }, pkce: false },
      'code',
      'POST /token',
      {
        grant_type: 'authorization_code',
        code: 'fake-code-0001',
        redirect_uri: REDIRECT,
        expiring: '1',
        ...CLIENT,
      },
    ],
    [
      'square: JSON',
      { token_request_body: 'json', pkce: false },
      'code',
      'POST /token',
      { grant_type: 'authorization_code', code: 'fake-code-0001', redirect_uri: REDIRECT, ...CLIENT },
    ],
    [
      'salesforce and all others: as RFC 6749 has it',
      {},
      'code',
      'POST /token',
      {
        grant_type: 'authorization_code',
        code: 'fake-code-0001',
        redirect_uri: REDIRECT,
        code_verifier: VERIFIER,
        ...CLIENT,
      },
    ],
  ])('%s', async (_, given, asks, line, said) => {
    expect(await arrived(given, asks)).toMatchObject({ line, said });
    expect(Object.keys((await arrived(given, asks)).said).sort()).toEqual(Object.keys(said).sort());
  });

  test('notion: JSON, with id and secret by Basic and nowhere else', async () => {
    const given = { token_request_body: 'json', token_auth_method: 'client_secret_basic', pkce: false };
    const { said, headers } = await arrived(given, 'code');
    expect(said).toEqual({
      grant_type: 'authorization_code',
      code: 'fake-code-0001',
      redirect_uri: REDIRECT,
    });
    expect(headers.authorization).toMatch(/^Basic /);
    expect(headers['content-type']).toBe('application/json');
  });

  test('github and all others: JSON is asked for, and headers that one demands go along', async () => {
    const { headers } = await arrived({ token_headers: { 'Notion-Version': '2022-06-28' } }, 'refresh');
    expect(headers.accept).toBe('application/json');
    expect(headers['notion-version']).toBe('2022-06-28');
  });

  test('by GET no body and no content type are sent', async () => {
    const { headers } = await arrived({ refresh: 'exchange', refresh_method: 'GET' }, 'refresh');
    expect(headers['content-type']).toBeUndefined();
    expect(endpoint.sent().body).toBe('');
  });
});
