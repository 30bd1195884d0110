import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Listening, listenOn } from './door.ts';
import { NOT_OURS, REPRODUCED } from './relying-party-modules.ts';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';

/* Modules of OpenID's conformance suite for clients; `relying-party-modules.ts` says which, and why not the others. */

let trial: SignInTrial;
/** The API of the integrations: hands every call on to the real one, and keeps what it was asked with. */
let api: Listening;
const calls: { url: string; authorization: string }[] = [];
/** What a server of somebody else's says of itself. */
let strange: Listening;
let described: object = {};
let [basic, posted] = ['', ''];

beforeAll(async () => {
  api = await listenOn(
    createServer(async (incoming, response) => {
      const { authorization = '' } = incoming.headers;
      calls.push({ url: incoming.url ?? '', authorization });
      const answer = await fetch(trial.provider.apiUrl, { headers: { authorization } });
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text());
    }),
  );
  strange = await listenOn(
    createServer((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(described)),
    ),
  );
  trial = await startSignInTrial({
    provider: { strict: true },
    hasSetup: false,
    alsoAllowed: () => `127.0.0.1:${api.port},127.0.0.1:${strange.port}`,
  });
  const found = await owner().post('/v1/custom-integrations/discover', { issuer: trial.provider.issuer });
  basic = await integration('By Basic', 'client_secret_basic', found.json.auth);
  const authorize_url = `${found.json.auth.authorize_url}?audience=api`;
  const auth = { ...found.json.auth, authorize_url, token_auth_method: 'client_secret_post' };
  posted = await integration('By form', 'client_secret_post', auth);
});
afterAll(async () => {
  await trial.close();
  await api.close();
  await strange.close();
});

const owner = () => trial.app.owner;
const standing = async (id: string) => (await owner().get(`/v1/oauth/authorizations/${id}`)).json;
const requests = () => trial.provider.tokenRequests;

async function integration(
  name: string,
  authMethod: 'client_secret_basic' | 'client_secret_post',
  auth: object,
): Promise<string> {
  const made = await owner().post('/v1/custom-integrations', {
    name,
    base_url: `http://127.0.0.1:${api.port}`,
    auth: { ...auth, scopes: ['openid', 'contacts.read'] },
    check: { path: '/me', account_path: 'name' },
  });
  expect(made.status, made.text).toBe(201);
  const { slug } = made.json;
  const { auth_methods } = (await owner().get(`/v1/integrations/${slug}`)).json;
  const redirectUris = [auth_methods[0].setup.redirect_uri];
  const client = await trial.provider.addClient({ redirectUris, authMethod });
  const setup = { client_id: client.clientId, client_secret: client.clientSecret };
  expect((await owner().request('PUT', `/v1/oauth/apps/${slug}`, setup)).status).toBe(200);
  return slug;
}

/** Signs in, with the token endpoint's answer changed; resolves to the connection. */
async function connected(change: object = {}, account = 'jane'): Promise<string> {
  const rewrite = (answer: Record<string, unknown>) => ({ body: JSON.stringify({ ...answer, ...change }) });
  trial.provider.fail({ kind: 'rewrite', rewrite });
  const { id, page } = await trial.signIn({ integration: basic }, { account });
  expect(page.status, page.text).toBe(200);
  return (await standing(id)).connection_id;
}

const use = async (id: string) => (await owner().get(`/v1/proxy/${id}/me`)).status;
const renewable = () =>
  sql`update tokens set forced_at = null`.execute(trial.app.database.db.system).then(() => {
    trial.provider.endAccessTokens();
  });

test('every module is reproduced by a test that is there, or has a reason', () => {
  const textOf = (file: string) => readFileSync(new URL(`${file}.test.ts`, import.meta.url), 'utf8');
  for (const [module, reference] of Object.entries(REPRODUCED)) {
    const [, file = 'relying-party', title = ''] = /^(?:([\w-]+): )?(.+)$/s.exec(reference) ?? [];
    expect(textOf(file), module).toContain(`'${title}'`);
  }
  const others = NOT_OURS.flatMap(([, modules]) => modules);
  expect(new Set([...Object.keys(REPRODUCED), ...others]).size).toBe(
    Object.keys(REPRODUCED).length + others.length,
  );
});

describe('a client', () => {
  test('signs in by code with PKCE (S256), and asks for nothing else', async () => {
    const browser = trial.browser();
    const { id, url } = await trial.begin({ integration: basic }, browser);
    const asked = Object.fromEntries(new URL(url).searchParams);
    expect(asked).toEqual({
      response_type: 'code',
      client_id: expect.any(String),
      redirect_uri: expect.stringContaining(`/oauth/callback/${basic}.`),
      scope: 'openid contacts.read',
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
    const before = requests().length;
    await browser.open((await trial.provider.signIn(url)).href);
    expect(await standing(id)).toMatchObject({ state: 'connected' });
    expect(requests().slice(before)).toMatchObject([{ grantType: 'authorization_code', status: 200 }]);
    expect(Object.fromEntries(requests().at(-1)?.parameters ?? [])).toEqual({
      grant_type: 'authorization_code',
      code: expect.any(String),
      redirect_uri: asked.redirect_uri,
      code_verifier: expect.stringMatching(/^[\w.~-]{43,128}$/),
    });
  });

  test.each<[string, (query: URLSearchParams) => void, string]>([
    ['an error beside it', (query) => query.set('error', 'access_denied'), 'denied'],
    ['an ID token of the hybrid flow', (query) => query.set('id_token', idToken({})), 'provider_error'],
    ['a signed answer (JARM)', (query) => query.set('response', idToken({})), 'provider_error'],
    ['two issuers', (query) => query.append('iss', query.get('iss') ?? ''), 'provider_error'],
  ])('sends no code that comes with %s', async (_name, change, reason) => {
    const browser = trial.browser();
    const { id, url } = await trial.begin({ integration: basic }, browser);
    const back = await trial.provider.signIn(url);
    change(back.searchParams);
    const before = requests().length;
    expect((await browser.open(back.href)).status).toBe(400);
    expect(await standing(id)).toMatchObject({ state: 'failed', reason, connection_id: null });
    expect(requests()).toHaveLength(before);
  });
});

describe('an error in the callback', () => {
  test.each([
    ['access_denied', 'denied'],
    ['redirect_uri_mismatch', 'setup_rejected'],
    ['unauthorized_client', 'setup_rejected'],
    ['invalid_scope', 'setup_rejected'],
    ['server_error', 'provider_error'],
  ])('that says %s is told as %s', async (error, reason) => {
    const browser = trial.browser();
    const { id, url } = await trial.begin({ integration: basic }, browser);
    const { searchParams } = new URL(url);
    const iss = trial.provider.issuer;
    const query = new URLSearchParams({ error, iss, state: searchParams.get('state') ?? '' });
    expect((await browser.open(`${searchParams.get('redirect_uri')}?${query}`)).status).toBe(400);
    expect(await standing(id)).toMatchObject({ state: 'failed', reason, next_step: expect.any(String) });
  });
});

describe('a client shows itself at the token endpoint', () => {
  test('by Basic alone, where its description says so', async () => {
    await connected();
    const sent = requests().at(-1);
    expect(sent).toMatchObject({ shownBy: 'basic', status: 200 });
    expect(sent?.parameters.has('client_secret')).toBe(false);
    expect(sent?.parameters.has('client_id')).toBe(false);
  });

  test('in the form alone, where that is said', async () => {
    const { id } = await trial.signIn({ integration: posted });
    expect((await standing(id)).state).toBe('connected');
    expect(requests().at(-1)).toMatchObject({ shownBy: 'post', status: 200 });
  });

  test('and is sent to a sign-in address that has a query of its own, which stays', async () => {
    const { url } = await trial.begin({ integration: posted });
    expect(url.startsWith(`${trial.provider.authorizeUrl}?audience=api&response_type=code&`)).toBe(true);
  });
});

describe('a description of a server', () => {
  test.each<[string, (issuer: string) => string | undefined]>([
    ['of another host', () => 'https://other.example'],
    ['with a slash more', (issuer) => `${issuer}/`],
    ['of the honest server', () => trial.provider.issuer],
    ['of nobody', () => undefined],
  ])('that calls itself by another issuer is refused: %s', async (_name, said) => {
    const issuer = `http://127.0.0.1:${strange.port}`;
    const { authorizeUrl, tokenUrl } = trial.provider;
    described = {
      issuer: said(issuer),
      authorization_endpoint: authorizeUrl,
      token_endpoint: tokenUrl,
    };
    const answer = await owner().post('/v1/custom-integrations/discover', { issuer });
    expect([answer.status, answer.json.fields?.[0]?.path]).toEqual([400, 'issuer']);
    expect(answer.json.auth).toBeUndefined();
  });

  test('that speaks of the implicit flow, plain PKCE and signed clients alone is said not to be spoken', async () => {
    const issuer = `http://127.0.0.1:${strange.port}`;
    described = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: trial.provider.tokenUrl,
      response_types_supported: ['token', 'id_token'],
      grant_types_supported: ['implicit', 'password'],
      code_challenge_methods_supported: ['plain'],
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
    };
    const { status, json, text } = await owner().post('/v1/custom-integrations/discover', { issuer });
    expect(status, text).toBe(200);
    const notes: string[] = json.notes;
    for (const said of ['by code', 'PKCE', 'client id and secret', 'refresh tokens', 'another host'])
      expect(notes.filter((note) => note.includes(said)).length, said).toBeGreaterThan(0);
    expect(json.auth).toMatchObject({ type: 'oauth2', pkce: false });
  });
});

describe('an access token', () => {
  test('goes into the Authorization header, and into no address', async () => {
    const id = await connected();
    calls.length = 0;
    expect(await use(id)).toBe(200);
    const handed = await (await trial.app.token()).get(`/v1/connections/${id}/credentials`);
    const { access_token } = handed.json.credentials;
    expect(calls).toEqual([{ url: '/me', authorization: `Bearer ${access_token}` }]);
  });

  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('of type %j is a bearer token', async (token_type) => {
    const id = await connected({ token_type });
    calls.length = 0;
    expect(await use(id)).toBe(200);
    expect(calls[0]?.authorization).toMatch(/^Bearer \S+$/);
  });

  test('without expires_in is used until it is refused, and then renewed', async () => {
    const id = await connected({ expires_in: undefined });
    const before = requests().length;
    expect([await use(id), requests().length - before]).toEqual([200, 0]);
    trial.provider.fail({
      kind: 'rewrite',
      rewrite: (answer) => ({ body: JSON.stringify({ ...answer, expires_in: undefined }) }),
    });
    await renewable();
    expect(await use(id)).toBe(200);
    expect(requests().slice(before)).toMatchObject([{ grantType: 'refresh_token', status: 200 }]);
  });

  test('without scope has the scopes that were asked for', async () => {
    const id = await connected({ scope: undefined });
    expect((await owner().get(`/v1/connections/${id}`)).json).toMatchObject({
      status: 'connected',
      granted_scopes: ['openid', 'contacts.read'],
      missing_scopes: [],
    });
  });
});

test('a refresh token is sent once: each renewal sends the newest, at a server that ends all for an old one', async () => {
  const id = await connected();
  const before = requests().length;
  for (let time = 0; time < 3; time += 1) {
    await renewable();
    expect(await use(id)).toBe(200);
  }
  const renewals = requests().slice(before);
  expect(renewals.map(({ status, isReuse }) => [status, isReuse])).toEqual(Array(3).fill([200, false]));
  expect(new Set(renewals.map((one) => one.parameters.get('refresh_token'))).size).toBe(3);
});

/** An ID token that a server of the attacker's might give: for somebody else, with no signature. */
function idToken(claims: object, header: object = { alg: 'none' }): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const said = { iss: 'https://evil.as', aud: 'somebody-else', sub: 'mallory', name: 'mallory', exp: 1 };
  return `${part(header)}.${part({ ...said, ...claims })}.`;
}

describe('an ID token', () => {
  test.each<[string, () => unknown]>([
    ['of another person, issuer and client, over, and unsigned', () => idToken({})],
    ['with another nonce', () => idToken({ nonce: 'fake-nonce', iss: trial.provider.issuer })],
    ['signed by nobody we know', () => `${idToken({}, { alg: 'RS256', kid: 'none' })}c2lnbmF0dXJl`],
    ['that is none', () => '<html>'],
    ['that is left out', () => undefined],
  ])('%s says nothing here', async (_name, made) => {
    const id_token = made();
    const id = await connected({ id_token }, 'jane');
    const { account, status } = (await owner().get(`/v1/connections/${id}`)).json;
    expect(status).toBe('connected');
    expect(account.name).toContain('jane');
    const handed = await (await trial.app.token()).get(`/v1/connections/${id}/credentials`);
    expect(Object.keys(handed.json.credentials)).toEqual(['access_token']);
  });
});
