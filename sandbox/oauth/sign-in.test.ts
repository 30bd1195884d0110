import { createHash, createSign, randomBytes } from 'node:crypto';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { pick } from '../people.ts';
import { startSandbox } from '../start.ts';
import { SANDBOX_CLIENT } from './flow.ts';
import { serviceAccountKey } from './service-account.ts';

let now = 1_800_000_000_000;
const sandbox = await startSandbox({ nowMs: () => now });
afterAll(() => sandbox.close());
beforeEach(() => sandbox.reset());

const BACK = 'http://127.0.0.1:4400/oauth/callback/any';

/** The company that people of acme.example sign in for. */
const REALM = `91303475968${String(pick('acme.example', 99_999)).padStart(5, '0')}`;

interface Provider {
  authorize: string;
  token: string;
  api: string;
  isJson?: boolean;
  isBasic?: boolean;
  asked?: Record<string, string>;
  account?: string;
  /** What the callback says where the person does not allow it. */
  denied?: string;
  isRotating?: boolean;
  /** So long a used refresh token is still taken. */
  graceSeconds?: number;
  /** So long the same refresh token comes back. */
  replacedAfterSeconds?: number;
  /** What stands before a token; left out: Bearer. */
  word?: string;
  /** Tokens without end come without one. */
  hasNoRefresh?: boolean;
}

const PROVIDERS: Record<string, Provider> = {
  hubspot: {
    authorize: 'https://app.hubspot.com/oauth/authorize',
    token: 'https://api.hubapi.com/oauth/2026-03/token',
    api: 'GET https://api.hubapi.com/account-info/v3/details',
  },
  'google-sheets': {
    authorize: 'https://accounts.google.com/o/oauth2/v2/auth',
    token: 'https://oauth2.googleapis.com/token',
    api: 'GET https://openidconnect.googleapis.com/v1/userinfo',
    asked: { access_type: 'offline', prompt: 'consent', scope: 'openid email' },
  },
  slack: {
    isRotating: true,
    authorize: 'https://slack.com/oauth/v2/authorize',
    token: 'https://slack.com/api/oauth.v2.access',
    api: 'POST https://slack.com/api/auth.test',
  },
  salesforce: {
    authorize: 'https://login.salesforce.com/services/oauth2/authorize',
    token: 'https://login.salesforce.com/services/oauth2/token',
    api: 'GET https://acme.my.salesforce.com/services/data/v60.0/limits',
    asked: { scope: 'api refresh_token' },
  },
  notion: {
    isRotating: true,
    authorize: 'https://api.notion.com/v1/oauth/authorize',
    token: 'https://api.notion.com/v1/oauth/token',
    api: 'GET https://api.notion.com/v1/users/me',
    isJson: true,
    isBasic: true,
  },
  airtable: {
    isRotating: true,
    authorize: 'https://airtable.com/oauth2/v1/authorize',
    token: 'https://airtable.com/oauth2/v1/token',
    api: 'GET https://api.airtable.com/v0/meta/whoami',
    isBasic: true,
  },
  asana: {
    authorize: 'https://app.asana.com/-/oauth_authorize',
    token: 'https://app.asana.com/-/oauth_token',
    api: 'GET https://app.asana.com/api/1.0/users/me',
  },
  box: {
    authorize: 'https://account.box.com/api/oauth2/authorize',
    token: 'https://api.box.com/oauth2/token',
    api: 'GET https://api.box.com/2.0/users/me',
    isRotating: true,
  },
  calendly: {
    authorize: 'https://auth.calendly.com/oauth/authorize',
    token: 'https://auth.calendly.com/oauth/token',
    api: 'GET https://api.calendly.com/users/me',
    isBasic: true,
    isRotating: true,
  },
  dropbox: {
    authorize: 'https://www.dropbox.com/oauth2/authorize',
    token: 'https://api.dropboxapi.com/oauth2/token',
    api: 'POST https://api.dropboxapi.com/2/users/get_current_account',
    asked: { token_access_type: 'offline' },
  },
  intercom: {
    authorize: 'https://app.eu.intercom.com/oauth',
    token: 'https://api.eu.intercom.io/auth/eagle/token',
    api: 'GET https://api.eu.intercom.io/me',
    hasNoRefresh: true,
  },
  jira: {
    authorize: 'https://auth.atlassian.com/authorize',
    token: 'https://auth.atlassian.com/oauth/token',
    api: 'GET https://api.atlassian.com/oauth/token/accessible-resources',
    asked: { scope: 'read:jira-work offline_access' },
    isJson: true,
    isRotating: true,
  },
  linkedin: {
    authorize: 'https://www.linkedin.com/oauth/v2/authorization',
    token: 'https://www.linkedin.com/oauth/v2/accessToken',
    api: 'GET https://api.linkedin.com/v2/userinfo',
    account: 'anna@partner.example',
    denied: 'user_cancelled_authorize',
  },
  github: {
    authorize: 'https://github.com/login/oauth/authorize',
    token: 'https://github.com/login/oauth/access_token',
    api: 'GET https://api.github.com/user',
    isRotating: true,
  },
  gitlab: {
    authorize: 'https://gitlab.com/oauth/authorize',
    token: 'https://gitlab.com/oauth/token',
    api: 'GET https://gitlab.com/api/v4/user',
    isRotating: true,
  },
  linear: {
    authorize: 'https://linear.app/oauth/authorize',
    token: 'https://api.linear.app/oauth/token',
    api: 'POST https://api.linear.app/graphql {"query":"{ viewer { id } }"}',
    isRotating: true,
  },
  'microsoft-outlook': {
    authorize: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
    token: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
    api: 'GET https://graph.microsoft.com/v1.0/me',
    asked: { scope: 'offline_access User.Read' },
    isRotating: true,
    graceSeconds: 7_776_000,
  },
  pipedrive: {
    authorize: 'https://oauth.pipedrive.com/oauth/authorize',
    token: 'https://oauth.pipedrive.com/oauth/token',
    api: 'GET https://acme.pipedrive.com/api/v1/users/me',
    isBasic: true,
  },
  quickbooks: {
    authorize: 'https://appcenter.intuit.com/connect/oauth2',
    token: 'https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer',
    api: 'GET https://quickbooks.api.intuit.com/v3/company/REALM/companyinfo/REALM'.replaceAll(
      'REALM',
      REALM,
    ),
    isBasic: true,
    isRotating: true,
    replacedAfterSeconds: 86_400,
  },
  xero: {
    authorize: 'https://login.xero.com/identity/connect/authorize',
    token: 'https://identity.xero.com/connect/token',
    api: 'GET https://api.xero.com/connections',
    asked: { scope: 'offline_access accounting.contacts' },
    isBasic: true,
    isRotating: true,
    graceSeconds: 1800,
  },
  'zoho-crm': {
    authorize: 'https://accounts.zoho.com/oauth/v2/auth',
    token: 'https://accounts.zoho.com/oauth/v2/token',
    api: 'GET https://www.zohoapis.com/crm/v7/users',
    word: 'Zoho-oauthtoken',
    asked: { access_type: 'offline' },
  },
  zoom: {
    authorize: 'https://zoom.us/oauth/authorize',
    token: 'https://zoom.us/oauth/token',
    api: 'GET https://api.zoom.us/v2/users/me',
    isBasic: true,
    isRotating: true,
  },
};
const names = Object.keys(PROVIDERS);
const renewing = names.filter((name) => PROVIDERS[name]?.hasNoRefresh !== true);
const accountAt = (name: string) => PROVIDERS[name]?.account ?? 'anna@acme.example';
const providerOf = (name: string) => PROVIDERS[name] as Provider;

function here(address: string): string {
  const { origin } = new URL(address);
  const upstream = sandbox.upstreams.find((one) => one.origin === origin);
  return address.replace(origin, upstream?.target ?? 'http://nowhere.invalid');
}

/** A person opens the page and answers; resolves to where the browser is sent. */
async function signIn(
  name: string,
  answer: 'allow' | 'deny',
  further: Record<string, string> = {},
): Promise<{ sentTo: URL; verifier: string }> {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const provider = providerOf(name);
  const url = new URL(here(provider.authorize));
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: SANDBOX_CLIENT.id,
    redirect_uri: BACK,
    state: 'state-0001',
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...provider.asked,
    ...further,
  }).toString();
  expect(await (await fetch(url)).text()).toContain('Allow');
  const body = new URLSearchParams({ account: accountAt(name), answer });
  const response = await fetch(url, { method: 'POST', body, redirect: 'manual' });
  return { sentTo: new URL(response.headers.get('location') ?? 'none:'), verifier };
}

async function askToken(
  name: string,
  values: Record<string, string>,
  secret: string = SANDBOX_CLIENT.secret,
) {
  const { token, isJson, isBasic } = providerOf(name);
  const inBody = isBasic ? {} : { client_id: SANDBOX_CLIENT.id, client_secret: secret };
  const basic = `Basic ${Buffer.from(`${SANDBOX_CLIENT.id}:${secret}`).toString('base64')}`;
  const given = { ...values, ...inBody };
  const response = await fetch(here(token), {
    method: 'POST',
    headers: {
      accept: 'application/json',
      ...(isBasic && { authorization: basic }),
      ...(isJson && { 'content-type': 'application/json' }),
    },
    body: isJson ? JSON.stringify(given) : new URLSearchParams(given),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function tokensFor(name: string) {
  const { sentTo, verifier } = await signIn(name, 'allow');
  return askToken(name, {
    grant_type: 'authorization_code',
    code: sentTo.searchParams.get('code') ?? '',
    redirect_uri: BACK,
    code_verifier: verifier,
  });
}

const refresh = (name: string, token: unknown) =>
  askToken(name, { grant_type: 'refresh_token', refresh_token: String(token), redirect_uri: BACK });

async function works(name: string, token: unknown): Promise<boolean> {
  const { api, word = 'Bearer' } = providerOf(name);
  const [, method = 'GET', address = '', body] = /^(\w+) (\S+)(?: (.+))?$/.exec(api) ?? [];
  const headers = {
    authorization: `${word} ${token}`,
    'notion-version': '2022-06-28',
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const response = await fetch(here(address), { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return response.status === 200 && (JSON.parse(text) as { ok?: boolean }).ok !== false;
}

test.each(names)('%s: who signs in and allows it gets tokens that work at the API', async (name) => {
  const { status, body } = await tokensFor(name);
  expect(status).toBe(200);
  if (renewing.includes(name)) expect(body.refresh_token).toMatch(/^sandbox-/);
  else expect(body).not.toHaveProperty('refresh_token');
  expect(await works(name, body.access_token)).toBe(true);
});

test.each(names)(
  '%s: who denies it is sent back with what the provider calls it, and the state',
  async (name) => {
    const { sentTo } = await signIn(name, 'deny');
    expect(Object.fromEntries(sentTo.searchParams)).toMatchObject({
      error: providerOf(name).denied ?? 'access_denied',
      state: 'state-0001',
    });
  },
);

test.each(names)('%s: another client secret is refused', async (name) => {
  const { sentTo } = await signIn(name, 'allow');
  const code = sentTo.searchParams.get('code') ?? '';
  const answer = await askToken(
    name,
    { grant_type: 'authorization_code', code, redirect_uri: BACK },
    'wrong',
  );
  expect(JSON.stringify(answer.body)).toMatch(
    /invalid_client|bad_client_secret|incorrect_client_credentials|"access_denied"|Unauthorized Client/,
  );
});

test.each(renewing)(
  '%s: a refresh gives a new access token, and what is rotated works once',
  async (name) => {
    const { isRotating = false, graceSeconds = 600, replacedAfterSeconds = 0 } = providerOf(name);
    const first = (await tokensFor(name)).body;
    now += replacedAfterSeconds * 1000;
    const second = (await refresh(name, first.refresh_token)).body;
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.refresh_token === undefined).toBe(!isRotating);
    now += (graceSeconds + 1) * 1000;
    const again = await refresh(name, first.refresh_token);
    expect(again.body.access_token === undefined).toBe(isRotating);
  },
);

test.each(names)('%s: a sign-in that was withdrawn is good for nothing more', async (name) => {
  const { body } = await tokensFor(name);
  sandbox.withdraw(name, accountAt(name));
  expect(await works(name, body.access_token)).toBe(false);
  expect((await refresh(name, body.refresh_token)).body.access_token).toBeUndefined();
});

test('at Atlassian a used refresh token works for ten minutes more', async () => {
  const first = (await tokensFor('jira')).body;
  await refresh('jira', first.refresh_token);
  now += 599 * 1000;
  expect((await refresh('jira', first.refresh_token)).status).toBe(200);
  now += 2 * 1000;
  expect((await refresh('jira', first.refresh_token)).status).toBe(403);
});

test("at LinkedIn a refresh token's year counts from the consent, and most apps have none", async () => {
  const first = (await tokensFor('linkedin')).body;
  expect(first.refresh_token_expires_in).toBe(31_536_000);
  now += 100 * 1000;
  expect((await refresh('linkedin', first.refresh_token)).body.refresh_token_expires_in).toBe(31_535_900);
});

test('at Zoom the answer says where the account is', async () => {
  expect((await tokensFor('zoom')).body.api_url).toBe('https://api.zoom.us');
});

test('a token ends when its provider says so', async () => {
  const { body } = await tokensFor('hubspot');
  now += 1801 * 1000;
  expect(await works('hubspot', body.access_token)).toBe(false);
  expect((await refresh('hubspot', body.refresh_token)).status).toBe(200);
});

test('at Airtable a refresh token that comes back ends the whole grant', async () => {
  const first = (await tokensFor('airtable')).body;
  const second = (await refresh('airtable', first.refresh_token)).body;
  await refresh('airtable', first.refresh_token);
  expect(await works('airtable', second.access_token)).toBe(false);
});

test('a code is good once, for its own redirect URI, with its verifier', async () => {
  const { sentTo, verifier } = await signIn('airtable', 'allow');
  const code = sentTo.searchParams.get('code') ?? '';
  const ask = (redirect: string, proof: string) =>
    askToken('airtable', {
      grant_type: 'authorization_code',
      code,
      redirect_uri: redirect,
      code_verifier: proof,
    });
  expect((await ask(BACK, 'another-verifier')).status).toBe(400);
  expect((await ask(BACK, verifier)).status).toBe(400);
});

test("Google's service account gets a token for a signed assertion, and none for one signed by another key", async () => {
  const key = serviceAccountKey();
  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(now / 1000);
  const claims = { iss: key.client_email, aud: key.token_uri, scope: 'openid email', iat, exp: iat + 3600 };
  const unsigned = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(claims)}`;
  const signature = createSign('RSA-SHA256')
    .update(unsigned)
    .sign(key.private_key ?? '', 'base64url');
  const ask = (assertion: string) =>
    askToken('google-sheets', { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion });
  const good = await ask(`${unsigned}.${signature}`);
  expect(good.status).toBe(200);
  expect(await works('google-sheets', good.body.access_token)).toBe(true);
  expect((await ask(`${unsigned}.${Buffer.from('no').toString('base64url')}`)).status).toBe(400);
});

test('at GitHub an answer is a form for whoever does not ask for JSON, and a failure comes with 200', async () => {
  const response = await fetch(here('https://github.com/login/oauth/access_token'), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: SANDBOX_CLIENT.id,
      client_secret: SANDBOX_CLIENT.secret,
      code: 'unknown',
    }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('application/x-www-form-urlencoded');
  expect(await response.text()).toMatch(/^error=bad_verification_code&/);
});

test('at Intuit the same refresh token comes back for a day, and the company in the callback alone', async () => {
  const { sentTo } = await signIn('quickbooks', 'allow');
  expect(sentTo.searchParams.get('realmId')).toBe(REALM);
  const first = (await tokensFor('quickbooks')).body;
  expect((await refresh('quickbooks', first.refresh_token)).body.refresh_token).toBe(first.refresh_token);
  now += 86_400 * 1000;
  const next = (await refresh('quickbooks', first.refresh_token)).body;
  expect(next.refresh_token).not.toBe(first.refresh_token);
  expect((await refresh('quickbooks', first.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
});

test('at Zoho a code is good in the data centre the callback names, and nowhere else', async () => {
  const { sentTo } = await signIn('zoho-crm', 'allow');
  expect(Object.fromEntries(sentTo.searchParams)).toMatchObject({
    location: 'us',
    'accounts-server': 'https://accounts.zoho.com',
  });
  const response = await fetch(here('https://accounts.zoho.eu/oauth/v2/token'), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: SANDBOX_CLIENT.id,
      client_secret: SANDBOX_CLIENT.secret,
      code: sentTo.searchParams.get('code') ?? '',
      redirect_uri: BACK,
    }),
  });
  expect([response.status, await response.json()]).toEqual([200, { error: 'invalid_code' }]);
});
