import { createServer } from 'node:http';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from './app.ts';
import { type Listening, listenOn } from './door.ts';
import { type Browser, type SignInTrial, startSignInTrial } from './sign-in-trial.ts';

/*
 * Attacks on platforms that hold many people's access at many providers (Luo et al., "Universal Cross-app Attacks",
 * USENIX Security 2025): a provider of the attacker's sends people on to an honest one, to be handed the code that comes back;
 * or a sign-in that one person began is finished with another's account.
 */

let trial: SignInTrial;
/** An authorization server of the attacker's: it is given whatever anybody sends it. */
let evil: Listening;
const given: string[] = [];

beforeAll(async () => {
  evil = await listenOn(
    createServer((incoming, response) => {
      const parts: Buffer[] = [];
      incoming.on('data', (part: Buffer) => parts.push(part));
      incoming.on('end', () => {
        given.push(`${incoming.url} ${incoming.headers.authorization ?? ''} ${Buffer.concat(parts)}`);
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ access_token: 'fake-evil-token', token_type: 'bearer' }));
      });
    }),
  );
  trial = await startSignInTrial({ alsoAllowed: () => `127.0.0.1:${evil.port}` });
});
afterAll(async () => {
  await trial.close();
  await evil.close();
});

const evilOrigin = () => `http://127.0.0.1:${evil.port}`;
const honest = () => ({
  authorize_url: trial.provider.authorizeUrl,
  token_url: trial.provider.tokenUrl,
  scopes: ['openid', 'contacts.read'],
});
const evilAuth = () => ({
  authorize_url: `${evilOrigin()}/authorize`,
  token_url: `${evilOrigin()}/token`,
  scopes: ['openid', 'contacts.read'],
});

async function describeTool(client: Client, name: string, auth: object): Promise<string> {
  const base_url = `${new URL('/api', (auth as { token_url: string }).token_url)}`;
  const made = await client.post('/v1/custom-integrations', {
    name,
    base_url,
    auth: { type: 'oauth2', ...auth },
  });
  expect(made.status, made.text).toBe(201);
  return made.json.slug;
}

const redirectUriOf = async (client: Client, slug: string): Promise<string> =>
  (await client.get(`/v1/integrations/${slug}`)).json.auth_methods[0].setup.redirect_uri;
const setUp = (client: Client, slug: string, clientId: string) =>
  client.request('PUT', `/v1/oauth/apps/${slug}`, {
    client_id: clientId,
    client_secret: 'fake-app-secret-0001',
  });

/** What the attacker's server does with whoever is sent to it: on to the honest one, in the honest app's name. */
function sentOn(to: string, honestApp: { clientId: string; redirectUri: string }): string {
  const begun = new URL(to).searchParams;
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: honestApp.clientId,
    redirect_uri: honestApp.redirectUri,
    scope: 'openid contacts.read',
    state: begun.get('state') ?? '',
    code_challenge: begun.get('code_challenge') ?? '',
    code_challenge_method: 'S256',
  });
  return `${trial.provider.authorizeUrl}?${query}`;
}

async function refusedOf(browser: Browser, address: string): Promise<void> {
  const page = await browser.open(address);
  expect(page.status).toBe(400);
  expect(page.text).not.toContain(new URL(address).searchParams.get('code'));
}

describe('a provider that sends people on to another one is not handed the code', () => {
  test('of a ready-made integration of the same workspace', async () => {
    const { owner } = trial.app;
    const slug = await describeTool(owner, 'Free prizes', evilAuth());
    await setUp(owner, slug, 'evil-client');
    const browser = trial.browser();
    const { id, url } = await trial.begin({ integration: slug }, browser);
    const back = await trial.provider.signIn(
      sentOn(url, { clientId: trial.clientId, redirectUri: trial.redirectUri }),
      { account: 'victim' },
    );
    given.length = 0;
    await refusedOf(browser, back.href);
    expect(given).toEqual([]);
    expect((await owner.get(`/v1/oauth/authorizations/${id}`)).json.connection_id).toBeNull();
  });

  test('of an integration that another workspace describes by the same name', async () => {
    const { owner } = trial.app;
    const theirs = await trial.app.outsider();
    const [ours, evils] = [
      await describeTool(owner, 'Acme', honest()),
      await describeTool(theirs.client, 'Acme', evilAuth()),
    ];
    expect(ours).toBe(evils);
    const redirectUri = await redirectUriOf(owner, ours);
    expect(redirectUri).not.toBe(await redirectUriOf(theirs.client, evils));
    const { clientId } = await trial.provider.addClient({ redirectUris: [redirectUri] });
    await setUp(theirs.client, evils, 'evil-client');
    // Somebody who works in both workspaces, or was invited to the attacker's.
    const browser = trial.browser(theirs.client);
    const { url } = await trial.begin({ integration: evils }, browser);
    const back = await trial.provider.signIn(sentOn(url, { clientId, redirectUri }), { account: 'victim' });
    given.length = 0;
    await refusedOf(browser, back.href);
    expect(given).toEqual([]);
  });
});

test('a code goes to the token address of the moment its sign-in began, and to no later one', async () => {
  const { owner } = trial.app;
  const slug = await describeTool(owner, 'Moving on', honest());
  const redirectUri = await redirectUriOf(owner, slug);
  const { clientId } = await trial.provider.addClient({ redirectUris: [redirectUri] });
  await setUp(owner, slug, clientId);
  const browser = trial.browser();
  const { id, url } = await trial.begin({ integration: slug }, browser);
  const back = await trial.provider.signIn(url);
  const auth = { type: 'oauth2', ...honest(), token_url: `${evilOrigin()}/token` };
  expect((await owner.patch(`/v1/custom-integrations/${slug}`, { auth })).status).toBe(200);
  await setUp(owner, slug, clientId);
  given.length = 0;
  await refusedOf(browser, back.href);
  expect(given).toEqual([]);
  expect((await owner.get(`/v1/oauth/authorizations/${id}`)).json).toMatchObject({ state: 'failed' });
});

describe('a sign-in that one began is not finished with the account of another', () => {
  const connections = async () => (await trial.app.owner.get('/v1/connections?limit=200')).json.data.length;

  test('to whom the address at the provider was sent', async () => {
    const attacker = await trial.app.member('admin');
    const { url } = await trial.begin({}, trial.browser(attacker));
    const back = await trial.provider.signIn(url, { account: 'victim' });
    const before = await connections();
    const victim = trial.browser();
    await refusedOf(victim, back.href);
    const page = await victim.open(back.href);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(await connections()).toBe(before);
  });

  test('by an API token: its holder never has an address at the provider, nor what is in it', async () => {
    const token = await trial.app.token(['connections:write', 'connections:read']);
    const { id, answer } = await trial.begin({}, { ...trial.browser(), client: token });
    const told = answer.text + (await token.get(`/v1/oauth/authorizations/${id}`)).text;
    expect(told).not.toContain(trial.provider.issuer);
    expect(told).not.toMatch(/state=|code_challenge/);
    const going = await trial.app.owner.post(`/v1/oauth/authorizations/${id}/start`);
    expect(going.json.authorization_url).toContain('state=');
    expect((await token.get(`/v1/oauth/authorizations/${id}`)).text).not.toMatch(/state=|code_challenge/);
  });

  test('by an attacker who signed in at the provider, and has the victim come back in their place', async () => {
    const attacker = await trial.app.member('admin');
    const { url } = await trial.begin({}, trial.browser(attacker));
    const back = await trial.provider.signIn(url, { account: 'attacker' });
    const before = await connections();
    await refusedOf(trial.browser(), back.href);
    expect(await connections()).toBe(before);
  });

  test('nor does anybody but the person who opened it go on with what a token began', async () => {
    const token = await trial.app.token(['connections:write', 'connections:read']);
    const { id } = await trial.begin({}, { ...trial.browser(), client: token });
    const attacker = await trial.app.member('admin');
    const going = await attacker.post(`/v1/oauth/authorizations/${id}/start`);
    const back = await trial.provider.signIn(going.json.authorization_url, { account: 'attacker' });
    const before = await connections();
    await refusedOf(trial.browser(), back.href);
    expect((await trial.app.owner.post(`/v1/oauth/authorizations/${id}/start`)).status).toBe(409);
    expect(await connections()).toBe(before);
  });
});

describe('a sign-in', () => {
  const standing = async (id: string) => (await trial.app.owner.get(`/v1/oauth/authorizations/${id}`)).json;
  const tokenCalls = () => trial.provider.tokenRequests.length;

  test('begun by an API token, it gives its holder no address at the provider, but a page that says who asks', async () => {
    const token = await trial.app.token(['connections:write', 'connections:read']);
    const begun = await trial.begin({}, { ...trial.browser(), client: token });
    expect(begun.answer.status, begun.answer.text).toBe(201);
    expect(begun.answer.headers.getSetCookie()).toEqual([]);
    expect(begun.url).toBe(`${trial.app.url}/oauth/start/${begun.id}`);
    const page = await trial.browser().open(begun.url);
    expect(page.status).toBe(200);
    expect(page.text).toContain('asks you, Olive Owner, to connect a Trial account to the workspace “Acme”');
    expect(page.text).toContain(new URL(trial.provider.issuer).host);
    expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.text).not.toContain(trial.provider.issuer);
    const editor = await trial.app.member('editor');
    const { client: outsider } = await trial.app.outsider();
    for (const other of [trial.app.anonymous, editor, outsider]) {
      const refused = await trial.browser(other).open(begun.url);
      expect(refused.status).toBe(403);
      expect(refused.text).not.toContain('Continue');
    }
    expect((await standing(begun.id)).state).toBe('pending');
  });

  test('begun by an API token, whoever goes on with it is the one who finishes it, in that browser', async () => {
    const token = await trial.app.token(['connections:write', 'connections:read']);
    const begun = await trial.begin({}, { ...trial.browser(), client: token });
    const start = (client: Client) => client.post(`/v1/oauth/authorizations/${begun.id}/start`);
    expect((await start(token)).status).toBe(403);
    expect((await start(await trial.app.member('editor'))).status).toBe(403);
    expect((await start((await trial.app.outsider()).client)).status).toBe(404);
    const foreign = { origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };
    const path = `/v1/oauth/authorizations/${begun.id}/start`;
    expect((await trial.app.owner.post(path, undefined, foreign)).status).toBe(403);
    const browser = trial.browser();
    const going = await start(browser.client);
    expect(going.status, going.text).toBe(200);
    browser.keep(trial.app.url, going.headers);
    const admin = await trial.app.member('admin');
    expect((await start(admin)).status).toBe(409);
    const back = await trial.provider.signIn(going.json.authorization_url);
    const calls = tokenCalls();
    expect((await trial.browser().open(back.href)).status).toBe(400);
    expect((await trial.browser(admin).open(back.href)).status).toBe(400);
    expect(tokenCalls()).toBe(calls);
    expect((await browser.open(back.href)).status).toBe(200);
    expect((await standing(begun.id)).state).toBe('connected');
    expect((await browser.open(begun.url)).status).toBe(410);
    expect((await start(browser.client)).status).toBe(409);
  });

  test('begun in a browser, nobody else goes on with it: neither its own person elsewhere nor another', async () => {
    const { id } = await trial.begin();
    expect((await trial.browser().open(`${trial.app.url}/oauth/start/${id}`)).status).toBe(404);
    const admin = await trial.app.member('admin');
    for (const client of [trial.app.owner, admin])
      expect((await client.post(`/v1/oauth/authorizations/${id}/start`)).status).toBe(404);
  });
});

describe('where people enter the host, the client secret goes to the host it was made at, and to no other', () => {
  // GitLab is one that people may have a server of their own of. 8.8.8.8 stands for anybody's; nobody is called.
  const begin = (fields: object = {}) =>
    trial.app.owner.post('/v1/oauth/authorizations', { integration: 'gitlab', fields });
  const system = () => trial.app.database.db.system;

  test('as soon as it was sent to one, until it is entered anew', async () => {
    expect((await setUp(trial.app.owner, 'gitlab', 'gitlab-client')).status).toBe(200);
    const browser = trial.browser();
    const elsewhere = await begin({ host: '8.8.8.8' });
    expect(elsewhere.status, elsewhere.text).toBe(201);
    browser.keep(trial.app.url, elsewhere.headers);
    await sql`update oauth_apps set token_host = 'gitlab.com' where integration = 'gitlab'`.execute(system());
    const refused = await begin({ host: '8.8.8.8' });
    expect([refused.status, refused.json.reason]).toEqual([400, 'setup_of_other_host']);
    expect(refused.json.fields[0].path).toBe('fields.host');
    expect((await begin()).status).toBe(201);
    const state = new URL(elsewhere.json.authorization_url).searchParams.get('state');
    const back = `${trial.app.url}/oauth/callback/gitlab?code=fake-code&state=${state}`;
    expect((await browser.open(back)).status).toBe(400);
    const end = await trial.app.owner.get(`/v1/oauth/authorizations/${elsewhere.json.id}`);
    expect(end.json).toMatchObject({ state: 'failed', reason: 'not_allowed' });
    const kept = { client_id: 'gitlab-client' };
    expect((await trial.app.owner.request('PUT', '/v1/oauth/apps/gitlab', kept)).status).toBe(200);
    expect((await begin({ host: '8.8.8.8' })).status).toBe(400);
    expect((await setUp(trial.app.owner, 'gitlab', 'gitlab-client')).status).toBe(200);
    expect((await begin({ host: '8.8.8.8' })).status).toBe(201);
  });

  test("of the operator's setup always, which no workspace may send elsewhere", async () => {
    await trial.app.owner.delete('/v1/oauth/apps/gitlab');
    await sql`insert into oauth_operator_apps (integration, client_id, version, updated_at)
      values ('gitlab', 'of-the-operator', 1, now())`.execute(system());
    const refused = await begin({ host: '8.8.8.8' });
    expect([refused.status, refused.json.reason]).toEqual([400, 'setup_of_other_host']);
    expect((await begin()).status).toBe(201);
  });
});
