import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from './app.ts';
import { movableClock } from './clock.ts';
import { type SignInTrial, startSignInTrial, type TrialOptions } from './sign-in-trial.ts';

let trial: SignInTrial | undefined;
afterEach(async () => {
  await trial?.close();
  trial = undefined;
});

async function start(options: TrialOptions = {}): Promise<SignInTrial> {
  trial = await startSignInTrial(options);
  return trial;
}

const standing = async ({ app }: SignInTrial, id: string) =>
  (await app.owner.get(`/v1/oauth/authorizations/${id}`)).json;

describe('an issuer that the file names', () => {
  let begun: SignInTrial;
  beforeAll(async () => {
    begun = await startSignInTrial({ method: 'issuer: ISSUER\n    issuer_required: true' });
  });
  afterAll(() => begun.close());

  test.each<[string, (issuer: string) => string | null]>([
    ['is another one', () => 'https://evil.as'],
    ['has a slash more', (issuer) => `${issuer}/`],
    ['is missing though always sent', () => null],
  ])('and that %s in the callback is refused, before anybody is called', async (_name, changed) => {
    const browser = begun.browser();
    const { id, url } = await begun.begin({}, browser);
    const back = await begun.provider.signIn(url);
    const issuer = changed(back.searchParams.get('iss') ?? '');
    if (issuer === null) back.searchParams.delete('iss');
    else back.searchParams.set('iss', issuer);
    expect((await browser.open(back.href)).status).toBe(400);
    expect(await standing(begun, id)).toMatchObject({ state: 'failed', reason: 'provider_error' });
    expect(begun.provider.tokenRequests).toHaveLength(0);
  });

  test('is refused in an error, too', async () => {
    const browser = begun.browser();
    const { id, url } = await begun.begin({}, browser);
    const state = new URL(url).searchParams.get('state') ?? '';
    const query = new URLSearchParams({ state, error: 'access_denied', iss: 'https://evil.as' });
    await browser.open(`${begun.redirectUri}?${query}`);
    expect(await standing(begun, id)).toMatchObject({ reason: 'provider_error' });
  });

  test('and that fits is taken', async () => {
    const { id } = await begun.signIn();
    expect((await standing(begun, id)).state).toBe('connected');
  });
});

describe('a server found by its issuer', () => {
  let begun: SignInTrial;
  let slug: string;
  beforeAll(async () => {
    // How often one may ask depends on the seconds it takes.
    begun = await startSignInTrial({ clock: movableClock({ isStanding: true }) });
    const { owner, url } = begun.app;
    const { issuer } = begun.provider;
    const found = await owner.post('/v1/custom-integrations/discover', { issuer });
    expect(found.status, found.text).toBe(200);
    expect(found.json).toMatchObject({
      issuer,
      auth: {
        authorize_url: begun.provider.authorizeUrl,
        token_url: begun.provider.tokenUrl,
        revoke_url: begun.provider.revokeUrl,
        issuer,
        is_issuer_sent: true,
        pkce: true,
        token_auth_method: 'client_secret_basic',
      },
    });
    expect(found.json.scopes_supported).toContain('contacts.read');
    const made = await owner.post('/v1/custom-integrations', {
      name: 'Found',
      base_url: `${issuer}/api`,
      auth: { ...found.json.auth, scopes: ['openid', 'contacts.read'] },
      check: { path: '/me', account_path: 'name' },
    });
    expect(made.status, made.text).toBe(201);
    slug = made.json.slug;
    const redirectUri = `${url}/oauth/callback/${slug}.${begun.app.workspaceId}`;
    const { auth_methods } = (await owner.get(`/v1/integrations/${slug}`)).json;
    expect(auth_methods[0].setup.redirect_uri).toBe(redirectUri);
    const client = await begun.provider.addClient({ redirectUris: [redirectUri] });
    const setup = { client_id: client.clientId, client_secret: client.clientSecret };
    expect((await owner.request('PUT', `/v1/oauth/apps/${slug}`, setup)).status).toBe(200);
  });
  afterAll(() => begun.close());

  test('becomes an integration that people sign in to', async () => {
    const { id, page } = await begun.signIn({ integration: slug });
    expect(page.status, page.text).toBe(200);
    expect(await standing(begun, id)).toMatchObject({ state: 'connected' });
  });

  test.each<[string, (issuer: string) => string | null]>([
    ['is another one', () => 'https://evil.as'],
    ['has a slash more', (issuer) => `${issuer}/`],
    ['is missing', () => null],
  ])(
    'is held to it: an issuer that %s in the callback is refused, before anybody is called',
    async (_name, changed) => {
      const browser = begun.browser();
      const calls = begun.provider.tokenRequests.length;
      const { id, url } = await begun.begin({ integration: slug }, browser);
      const back = await begun.provider.signIn(url);
      const issuer = changed(back.searchParams.get('iss') ?? '');
      if (issuer === null) back.searchParams.delete('iss');
      else back.searchParams.set('iss', issuer);
      expect((await browser.open(back.href)).status).toBe(400);
      expect(await standing(begun, id)).toMatchObject({ state: 'failed', reason: 'provider_error' });
      expect(begun.provider.tokenRequests).toHaveLength(calls);
    },
  );

  test('is asked by those alone who may describe integrations, and by nobody in bulk', async () => {
    const ask = (client: Client) =>
      client.post('/v1/custom-integrations/discover', { issuer: 'http://127.0.0.1:1' });
    expect((await ask(await begun.app.member('editor'))).status).toBe(403);
    const statuses = [];
    for (let i = 0; i < 25; i += 1) statuses.push((await ask(begun.app.owner)).status);
    expect(statuses).toContain(400);
    expect(statuses.at(-1)).toBe(429);
  });
});

test('with two codes, or none, is refused, before anybody is called', async () => {
  const begun = await start();
  for (const change of [
    (query: URLSearchParams) => query.append('code', 'another'),
    (query: URLSearchParams) => query.delete('code'),
    (query: URLSearchParams) => query.set('code', ''),
  ]) {
    const browser = begun.browser();
    const { id, url } = await begun.begin({}, browser);
    const back = await begun.provider.signIn(url);
    change(back.searchParams);
    expect((await browser.open(back.href)).status).toBe(400);
    expect(await standing(begun, id)).toMatchObject({ state: 'failed', reason: 'provider_error' });
  }
  expect(begun.provider.tokenRequests).toHaveLength(0);
});

test('tokens of 16 KB are stored, used and handed out', async () => {
  const begun = await start({ provider: { tokenBytes: 16 * 1024 } });
  const { id } = await begun.signIn();
  const { connection_id: made } = await standing(begun, id);
  expect((await begun.app.owner.post(`/v1/connections/${made}/verify`)).json.verdict.kind).toBe('ok');
  const handed = await (await begun.app.token()).get(`/v1/connections/${made}/credentials`);
  expect(handed.json.credentials.access_token).toHaveLength(16 * 1024);
});

test('a mirror stands in for the provider where people sign in, too', async () => {
  const origin = 'https://signin.trial.example';
  const begun = await start({
    settings: { KEYRAIL_UPSTREAMS: `${origin}=http://127.0.0.1:9` },
    authorizeUrl: `${origin}/auth`,
  });
  const { url } = await begun.begin();
  expect(url.startsWith('http://127.0.0.1:9/auth?response_type=code&')).toBe(true);
});

test('nobody is sent to an address of this server to sign in', async () => {
  const settings = { KEYRAIL_PUBLIC_URL: 'https://keyrail.example.com' };
  const begun = await start({ settings, authorizeUrl: 'https://keyrail.example.com/oauth/callback/trial' });
  const { answer } = await begun.begin();
  expect([answer.status, answer.json.code]).toEqual([400, 'invalid_input']);
});

test('on https its cookie is secure, and bound to the paths of sign-ins', async () => {
  const begun = await start({ settings: { KEYRAIL_PUBLIC_URL: 'https://keyrail.example.com' } });
  const token = await begun.app.token(['connections:write']);
  expect(
    (await begun.begin({}, { ...begun.browser(), client: token })).answer.headers.getSetCookie(),
  ).toEqual([]);
  const { answer, url } = await begun.begin();
  expect(answer.headers.getSetCookie()[0]).toMatch(
    /^__Secure-keyrail-sign-in-aut_\w{26}=[\w-]{43}; Path=\/oauth; Expires=.*; HttpOnly; Secure; SameSite=Lax$/,
  );
  expect(new URL(url).searchParams.get('redirect_uri')).toBe(
    'https://keyrail.example.com/oauth/callback/trial',
  );
});

test('where the provider takes no http, the setup says what the operator does first', async () => {
  const begun = await start({ method: 'requires_https: true' });
  const { auth_methods } = (await begun.app.owner.get('/v1/integrations/trial')).json;
  expect(auth_methods[0].setup.warnings.join(' ')).toContain('KEYRAIL_PUBLIC_URL');
});

describe('client credentials', () => {
  const file = (begun: { tokenUrl: string }) => `
  - type: oauth2_client_credentials
    token_url: ${begun.tokenUrl}
    scopes: [contacts.read]
    fields:
      - { name: client_id, label: Client ID, secret: false }
      - { name: client_secret, label: Client secret }
    probe:
      request: { method: GET, path: /me }
`;

  test('are checked at the token endpoint first: wrong ones leave nothing', async () => {
    const begun = await start({ methods: file });
    const entered = (client_secret: string) =>
      begun.app.owner.post('/v1/connections', {
        integration: 'trial',
        method: 'oauth2_client_credentials',
        credentials: { client_id: begun.clientId, client_secret },
      });
    const wrong = await entered('fake-wrong-secret-0001');
    expect([wrong.status, wrong.json.code, wrong.json.verdict.kind]).toEqual([
      422,
      'credential_rejected',
      'rejected',
    ]);
    expect(wrong.text).not.toContain('fake-wrong-secret-0001');
    expect((await begun.app.owner.get('/v1/connections')).json.data).toEqual([]);
    begun.provider.fail({ kind: 'answer', status: 503 });
    const down = await entered(begun.clientSecret);
    expect([down.status, down.json.verdict.kind]).toEqual([422, 'provider_error']);
    const made = await entered(begun.clientSecret);
    expect(made.status, made.text).toBe(201);
    expect(made.json).toMatchObject({ method: 'oauth2_client_credentials', status: 'connected' });
    expect(begun.provider.tokenRequests.at(-1)).toMatchObject({
      grantType: 'client_credentials',
      shownBy: 'basic',
    });
    const calls = begun.provider.tokenRequests.length;
    const verified = await begun.app.owner.post(`/v1/connections/${made.json.id}/verify`);
    expect(verified.json.verdict.kind).toBe('ok');
    expect(begun.provider.tokenRequests).toHaveLength(calls);
  });
});
