import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectionFieldSchema } from '../catalog/field-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { RunningOutbound } from '../outbound/outbound.ts';
import { httpServer, type TestServer, testOutbound } from '../outbound/under-test.ts';
import { askTokenEndpoint, type Grant, plainTokenEndpoint, type TokenEndpoint } from './token-endpoint.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const clock = { now: () => NOW, sleep: async () => {} };
const SECRET = 'fake-client-secret-0001';
const REFRESH = 'fake-refresh-token-0001';

let server: TestServer;
let outbound: RunningOutbound;
let respond: (request: IncomingMessage, response: ServerResponse) => void;
let received: { headers: IncomingMessage['headers']; body: string }[];

beforeAll(async () => {
  server = await httpServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: request.headers, body });
    respond(request, response);
  });
  outbound = testOutbound({ allow: [`127.0.0.1:${server.port}`] });
});
afterAll(async () => {
  await outbound.close();
  await server.close();
});
beforeEach(() => {
  received = [];
  answer(200, { access_token: 'fake-access-0001', token_type: 'Bearer', expires_in: 3600 });
});

function answer(status: number, body: unknown, headers: Record<string, string> = {}): void {
  respond = (_request, response) => {
    const isText = typeof body === 'string' || Buffer.isBuffer(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(isText ? body : JSON.stringify(body));
  };
}

const refreshing: Grant = { kind: 'refresh_token', refreshToken: new Secret(REFRESH), params: {} };
const exchanging: Grant = {
  kind: 'authorization_code',
  code: new Secret('fake-code-0001'),
  redirectUri: 'http://127.0.0.1:4400/oauth/callback/trial',
  codeVerifier: new Secret('fake-verifier-of-at-least-forty-three-characters'),
};

function ask(
  endpoint: Partial<TokenEndpoint> = {},
  grant: Grant = refreshing,
  more: Partial<Parameters<typeof askTokenEndpoint>[1]> = {},
) {
  return askTokenEndpoint(
    { outbound, clock },
    {
      workspaceId: 'wsp_1',
      url: `${server.origin}/token`,
      endpoint: { ...plainTokenEndpoint, ...endpoint },
      client: { id: 'fake-client', secret: new Secret(SECRET) },
      grant,
      ...more,
    },
  );
}

async function minted(endpoint?: Partial<TokenEndpoint>, grant?: Grant) {
  const outcome = await ask(endpoint, grant);
  if (outcome.kind !== 'minted') throw new Error(`not minted: ${JSON.stringify(outcome)}`);
  return outcome.minted;
}

const sent = () => received.at(-1) ?? { headers: {}, body: '' };
const sentForm = () => Object.fromEntries(new URLSearchParams(sent().body));

describe('what is sent', () => {
  test('a code goes with the redirect URI and the verifier, and the client in the form', async () => {
    await minted({}, exchanging);
    expect(sentForm()).toEqual({
      grant_type: 'authorization_code',
      code: 'fake-code-0001',
      redirect_uri: 'http://127.0.0.1:4400/oauth/callback/trial',
      code_verifier: 'fake-verifier-of-at-least-forty-three-characters',
      client_id: 'fake-client',
      client_secret: SECRET,
    });
    expect(sent().headers.accept).toBe('application/json');
    expect(sent().headers.authorization).toBeUndefined();
  });

  test.each(['a:b', '100%', 'a+b', 'a b', 'é', 'plain', "it's(*)!"])(
    'id and secret %j are form-encoded before Basic',
    async (secret) => {
      await ask({ tokenAuthMethod: 'client_secret_basic' }, refreshing, {
        client: { id: secret, secret: new Secret(secret) },
      });
      const [scheme, credentials = ''] = (sent().headers.authorization ?? '').split(' ');
      expect(scheme).toBe('Basic');
      const [id = '', ...rest] = Buffer.from(credentials, 'base64').toString('latin1').split(':');
      const decode = (text: string) => new URLSearchParams(`x=${text}`).get('x');
      expect([decode(id), decode(rest.join(':'))]).toEqual([secret, secret]);
      expect(sentForm()).not.toHaveProperty('client_secret');
    },
  );

  test('a client without a secret names itself alone', async () => {
    await ask({ tokenAuthMethod: 'none' });
    expect(sentForm()).toMatchObject({ client_id: 'fake-client' });
    expect(sentForm()).not.toHaveProperty('client_secret');
    await ask({ tokenAuthMethod: 'client_secret_basic' }, refreshing, {
      client: { id: 'fake-client', secret: null },
    });
    expect(sent().headers.authorization).toBeUndefined();
  });

  test('JSON where the file says so, with its own parameters and headers', async () => {
    await minted({
      tokenRequestBody: 'json',
      tokenAuthMethod: 'client_secret_basic',
      tokenParams: { type: 'refresh' },
      tokenHeaders: { 'X-Version': '2026-01-01' },
    });
    expect(JSON.parse(sent().body)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: REFRESH,
      type: 'refresh',
    });
    expect(sent().headers['content-type']).toBe('application/json');
    expect(sent().headers['x-version']).toBe('2026-01-01');
  });

  test('client credentials carry scopes and what else was entered; a value that looks like a place stays text', async () => {
    await ask(
      { tokenParams: { account: '{account}', audience: '{audience}' } },
      { kind: 'client_credentials', scope: 'a,b' },
      { values: new Secret({ account: '{secret}', secret: 'x' }) },
    );
    expect(sentForm()).toMatchObject({
      grant_type: 'client_credentials',
      scope: 'a,b',
      account: '{secret}',
    });
    expect(sentForm()).not.toHaveProperty('audience');
  });

  test('an assertion goes alone where no client is named', async () => {
    await ask(
      {},
      { kind: 'jwt_bearer', assertion: new Secret('fake.assertion.sig'), scope: '' },
      { client: null },
    );
    expect(sentForm()).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: 'fake.assertion.sig',
    });
  });

  test('one request, whatever comes of it: a refresh token is never sent twice', async () => {
    for (const status of [500, 503, 429]) {
      received = [];
      answer(status, 'down', { 'retry-after': '0' });
      await ask();
      expect(received).toHaveLength(1);
    }
    received = [];
    respond = (request) => request.socket.destroy();
    await ask();
    expect(received).toHaveLength(1);
  });

  test('a redirect is not followed', async () => {
    answer(307, '', { location: `${server.origin}/elsewhere` });
    expect(await ask()).toMatchObject({ kind: 'not_now', because: 'provider_error' });
    expect(received).toHaveLength(1);
  });

  test('an address that this server may not call is refused without a connection', async () => {
    const before = server.connections();
    const strict = testOutbound();
    const outcome = await askTokenEndpoint(
      { outbound: strict, clock },
      {
        workspaceId: 'wsp_1',
        url: `${server.origin}/token`,
        endpoint: plainTokenEndpoint,
        client: null,
        grant: refreshing,
      },
    );
    expect(outcome).toMatchObject({ kind: 'not_now', because: 'unreachable', mayHaveHappened: false });
    expect(server.connections()).toBe(before);
    await strict.close();
  });
});

describe('a success', () => {
  const success = { access_token: 'fake-access-0001', refresh_token: 'fake-refresh-0002' };

  test.each<[unknown, number | null]>([
    ['3600', 3600],
    [3600, 3600],
    [3600.5, 3600],
    [0, 0],
    [-1, null],
    [null, null],
    ['abc', null],
    ['', null],
    [[], null],
    [{}, null],
    [true, null],
    [99_999_999_999, 31_536_000],
  ])('with expires_in %j keeps its tokens, and lives %j seconds', async (expires_in, expected) => {
    answer(200, { ...success, expires_in });
    const token = await minted();
    expect(token.expiresInSeconds).toBe(expected);
    expect(token.refreshToken?.reveal()).toBe('fake-refresh-0002');
  });

  test('with an expires_in larger than any number keeps its tokens', async () => {
    answer(200, '{"access_token":"fake-access-0001","refresh_token":"fake-refresh-0002","expires_in":1e400}');
    const token = await minted();
    expect(token.expiresInSeconds).toBeNull();
    expect(token.refreshToken?.reveal()).toBe('fake-refresh-0002');
  });

  test.each([undefined, 'bearer', 'BEARER', 'bot', 'mac', 7, null])(
    'with token_type %j keeps its tokens',
    async (token_type) => {
      answer(200, { ...success, token_type });
      expect((await minted()).refreshToken?.reveal()).toBe('fake-refresh-0002');
    },
  );

  test('without expires_in lives as long as the file says, or unknown', async () => {
    answer(200, success);
    expect((await minted()).expiresInSeconds).toBeNull();
    expect((await minted({ accessTokenTtlSeconds: 1800 })).expiresInSeconds).toBe(1800);
  });

  test('with expires_in 0 that can never be renewed does not end', async () => {
    answer(200, { access_token: 'fake-access-0001', expires_in: 0 });
    expect((await minted({ refresh: 'none' })).expiresInSeconds).toBeNull();
  });

  test.each([
    ['2026-03-01T13:00:00Z', 3600],
    [NOW.getTime() / 1000 + 60, 60],
    ['soon', null],
  ])('may name its end: %j', async (expires_at, expected) => {
    answer(200, { ...success, expires_at });
    expect((await minted()).expiresInSeconds).toBe(expected);
  });

  test.each(['refresh_token_expires_in', 'refresh_expires_in', 'x_refresh_token_expires_in'])(
    "may name the refresh token's end as %s",
    async (name) => {
      answer(200, { ...success, [name]: '5184000' });
      expect((await minted()).refreshExpiresInSeconds).toBe(5_184_000);
    },
  );

  test.each([undefined, null, '', 5, {}])(
    'with refresh_token %j counts as without',
    async (refresh_token) => {
      answer(200, { access_token: 'fake-access-0001', refresh_token });
      expect((await minted()).refreshToken).toBeNull();
    },
  );

  test.each<[Record<string, unknown>, string[] | null]>([
    [{ scope: 'a b' }, ['a', 'b']],
    [{ scope: 'a,b, c' }, ['a', 'b', 'c']],
    [{ scope: ['a', 'b'] }, ['a', 'b']],
    [{ scopes: ['a', 'b a'] }, ['a', 'b']],
    [{ scope: '' }, null],
    [{ scope: null }, null],
    [{}, null],
  ])('says its scopes as %j', async (said, expected) => {
    answer(200, { ...success, ...said });
    expect((await minted()).scopes).toEqual(expected);
  });

  test.each([
    ['text/plain', JSON.stringify({ access_token: 'fake-access-0001' })],
    ['text/html', JSON.stringify({ access_token: 'fake-access-0001' })],
    ['application/x-www-form-urlencoded', 'access_token=fake-access-0001&scope=a%2Cb&token_type=bearer'],
    ['text/plain', 'access_token=fake-access-0001&token_type=bearer'],
  ])('as %s is read for what it is: %s', async (type, body) => {
    answer(200, body, { 'content-type': type });
    expect((await minted()).accessToken.reveal()).toBe('fake-access-0001');
  });

  test('is read where the file says the tokens stand, and whose they are', async () => {
    answer(200, {
      ok: true,
      access_token: 'fake-bot-token',
      authed_user: { id: 'U1', access_token: 'fake-user-token', scope: 'read,write' },
      team: { id: 'T1', name: 'Acme' },
    });
    const outcome = await ask({
      tokenPath: 'authed_user',
      tokenAccount: { id: 'team.id', name: 'team.name' },
    });
    expect(outcome).toMatchObject({
      kind: 'minted',
      account: { id: 'T1', name: 'Acme' },
      minted: { scopes: ['read', 'write'] },
    });
    if (outcome.kind === 'minted') expect(outcome.minted.accessToken.reveal()).toBe('fake-user-token');
  });

  test('fills connection fields, but none that may not stand in an address', async () => {
    const field = connectionFieldSchema.parse({
      name: 'instance_url',
      label: 'Instance',
      kind: 'url',
      host_suffixes: ['.acme.test'],
      filled_from: { source: 'token_response', path: 'instance_url' },
    });
    const fieldsFor = async (instance_url: unknown) => {
      answer(200, { ...success, instance_url });
      const outcome = await ask({}, refreshing, { connectionFields: [field] });
      return outcome.kind === 'minted' ? outcome.minted.fields : null;
    };
    expect(await fieldsFor('https://one.acme.test')).toEqual({ instance_url: 'https://one.acme.test' });
    for (const evil of [
      'https://acme.test.evil.test',
      'http://one.acme.test',
      'https://169.254.169.254',
      'https://one.acme.test@evil.test',
      'https://one.acme.test?x=',
      7,
      null,
    ]) {
      expect(await fieldsFor(evil), String(evil)).toEqual({});
    }
  });
});

describe('a failure', () => {
  test.each<[number, unknown]>([
    [200, { ok: false, error: 'invalid_grant' }],
    [200, { error: 'invalid_grant' }],
    [400, { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' }],
    [400, { error: { code: 'invalid_grant', message: 'gone' } }],
    [200, 'error=invalid_grant&error_description=gone'],
    [200, { error: 'invalid_grant', access_token: 'fake-access-0009' }],
  ])('of a grant that ended is told from %i %j', async (status, body) => {
    answer(status, body);
    expect(await ask()).toMatchObject({ kind: 'ended', because: 'revoked' });
    expect(await ask({}, exchanging)).toMatchObject({ kind: 'ended', because: 'rejected' });
  });

  test('says expired where the provider says that alone', async () => {
    answer(400, { error: 'invalid_grant', error_description: 'expired access/refresh token' });
    expect(await ask()).toMatchObject({ kind: 'ended', because: 'expired' });
  });

  test.each<[number, unknown, Partial<TokenEndpoint>, string]>([
    [200, { ok: false, error: 'token_revoked' }, { tokenErrors: { token_revoked: 'revoked' } }, 'revoked'],
    [
      400,
      { status: 'BAD_REFRESH_TOKEN', message: 'missing or unknown refresh token' },
      { tokenErrorPaths: ['status', 'error'], tokenErrors: { BAD_REFRESH_TOKEN: 'revoked' } },
      'revoked',
    ],
    [
      400,
      { error: { message: 'Session has expired', type: 'OAuthException', code: 190 } },
      { tokenErrors: { '190': 'expired' } },
      'expired',
    ],
    [403, { error: 'unauthorized_client' }, { tokenErrors: { unauthorized_client: 'rejected' } }, 'rejected'],
  ])('%i %j means what the file says', async (status, body, endpoint, because) => {
    answer(status, body);
    expect(await ask(endpoint)).toMatchObject({ kind: 'ended', because });
  });

  test.each<[number, unknown]>([
    [400, { error: 'invalid_client' }],
    [401, { error: 'invalid_client', error_description: 'no such client' }],
    [401, ''],
    [400, { error: 'unauthorized_client' }],
    [200, { error: 'invalid_client' }],
  ])('of the setup is no failure of the grant: %i %j', async (status, body) => {
    answer(status, body);
    expect(await ask()).toMatchObject({ kind: 'setup_rejected' });
  });

  test('of client credentials rejects what the person entered', async () => {
    answer(401, { error: 'invalid_client' });
    expect(await ask({}, { kind: 'client_credentials', scope: '' })).toMatchObject({
      kind: 'ended',
      because: 'rejected',
    });
  });

  test.each<[number, unknown, Record<string, string>, object]>([
    [
      429,
      '',
      { 'retry-after': '120' },
      { because: 'rate_limited', retryAfterSeconds: 120, mayHaveHappened: false },
    ],
    [500, 'oops', {}, { because: 'provider_error', mayHaveHappened: true }],
    [502, { error: 'invalid_grant' }, {}, { because: 'provider_error', mayHaveHappened: true }],
    [503, '', { 'retry-after': '5' }, { because: 'provider_error', mayHaveHappened: false }],
    [403, '<html>blocked by a proxy</html>', {}, { because: 'provider_error', mayHaveHappened: false }],
    [400, { error: 'invalid_request' }, {}, { because: 'provider_error', mayHaveHappened: false }],
    [
      200,
      '<html>Sign in</html>',
      { 'content-type': 'text/html' },
      { because: 'provider_error', mayHaveHappened: true },
    ],
    [200, '', {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, '{"access_token":"fake-acc', {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, '[]', {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, '7', {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, { access_token: 7 }, {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, { access_token: 'a\r\nx: y' }, {}, { because: 'provider_error', mayHaveHappened: true }],
    [200, { ok: false }, {}, { because: 'provider_error' }],
  ])('that is for later ends nothing: %i %j', async (status, body, headers, expected) => {
    answer(status, body, headers);
    expect(await ask()).toMatchObject({ kind: 'not_now', ...expected });
  });

  test('of the network says whether the request may have been acted on', async () => {
    respond = (request) => request.socket.destroy();
    expect(await ask()).toMatchObject({ kind: 'not_now', because: 'unreachable', mayHaveHappened: true });
    expect(await ask({}, refreshing, { url: 'http://127.0.0.1:1/token' })).toMatchObject({
      kind: 'not_now',
      mayHaveHappened: false,
    });
  });

  test('an answer that unpacks to more than any token is not read to its end', async () => {
    respond = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      response.end(gzipSync(Buffer.alloc(30_000_000, 97)));
    };
    expect(await ask()).toMatchObject({ kind: 'not_now', because: 'provider_error', mayHaveHappened: true });
  });

  test("in the provider's words names no secret, and is one short line", async () => {
    const echo = `bad secret ${SECRET} for ${REFRESH}\u202e\n<script>alert(1)</script> ${'long '.repeat(500)}`;
    answer(400, { error: 'invalid_grant', error_description: echo });
    const outcome = await ask();
    const words = 'words' in outcome ? (outcome.words ?? '') : '';
    expect(words).toContain('[secret]');
    expect(words).not.toContain(SECRET);
    expect(words).not.toContain(REFRESH);
    expect(words.length).toBeLessThanOrEqual(300);
    expect(words).not.toMatch(/[\n\u202e]/);
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
  });
});

test('no outcome prints a token', async () => {
  answer(200, { access_token: 'fake-access-0001', refresh_token: 'fake-refresh-0002' });
  expect(JSON.stringify(await ask())).not.toMatch(/fake-access|fake-refresh/);
});
