import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';

let trial: SignInTrial;
beforeAll(async () => {
  trial = await startSignInTrial({
    file: `actions:
  - name: add
    label: Add contact
    description: Adds a contact.
    primary: true
    request: { method: GET, path: /me }
    outputs: [{ name: id, label: Id, type: text, path: id, primary: true }]
    scopes: [contacts.write]
    repeatable: true`,
  });
});
afterAll(() => trial.close());

const connections = async (client = trial.app.owner) =>
  (await client.get('/v1/connections?integration=trial')).json.data as Record<string, unknown>[];
const standing = async (id: string, client = trial.app.owner) =>
  (await client.get(`/v1/oauth/authorizations/${id}`)).json;
const tokenCalls = () => trial.provider.tokenRequests.length;

describe('a sign-in', () => {
  test('becomes a connection that is checked, named, the default, and says whose account it is', async () => {
    const { id, page } = await trial.signIn({}, { account: 'jane' });
    expect(page.status, page.text).toBe(200);
    expect(page.text).toContain('Trial is connected');
    const after = await standing(id);
    expect(after).toMatchObject({ state: 'connected', reason: null });
    const made = (await trial.app.owner.get(`/v1/connections/${after.connection_id}`)).json;
    expect(made).toMatchObject({
      integration: 'trial',
      name: 'Trial',
      method: 'oauth2',
      status: 'connected',
      is_default: true,
      hint: null,
    });
    expect(made.account.name).toContain('jane');
    expect(made.granted_scopes).toEqual(expect.arrayContaining(['openid', 'contacts.read']));
    const verified = await trial.app.owner.post(`/v1/connections/${made.id}/verify`);
    expect(verified.json.verdict.kind).toBe('ok');
  });

  test('asks with PKCE (S256), a state of 256 bits and the exact redirect URI, all new each time', async () => {
    const seen = new Set<string>();
    for (let i = 0; i < 3; i += 1) {
      const { url } = await trial.begin();
      const { searchParams } = new URL(url);
      expect(searchParams.get('code_challenge_method')).toBe('S256');
      expect(searchParams.get('code_challenge')).toMatch(/^[\w-]{43}$/);
      expect(searchParams.get('state')).toMatch(/^[\w-]{43}$/);
      expect(searchParams.get('redirect_uri')).toBe(trial.redirectUri);
      expect(searchParams.get('scope')).toBe('openid contacts.read');
      seen.add(searchParams.get('state') ?? '').add(searchParams.get('code_challenge') ?? '');
    }
    expect(seen.size).toBe(6);
  });

  test('sends the verifier of its own challenge', async () => {
    const browser = trial.browser();
    const { url } = await trial.begin({}, browser);
    await browser.open((await trial.provider.signIn(url)).href);
    const verifier = trial.provider.tokenRequests.at(-1)?.parameters.get('code_verifier') ?? '';
    expect(verifier).toMatch(/^[\w.~-]{43,128}$/);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    expect(new URL(url).searchParams.get('code_challenge')).toBe(challenge);
  });

  test('leaves no state, verifier, code or token in the database as it is', async () => {
    const browser = trial.browser();
    const { id, url } = await trial.begin({}, browser);
    const state = new URL(url).searchParams.get('state') ?? '';
    const back = await trial.provider.signIn(url);
    await browser.open(back.href);
    const sent = trial.provider.tokenRequests.at(-1)?.parameters;
    const { rows } = await sql<{ text: string }>`
      select row_to_json(authorizations)::text as text from authorizations where id = ${id}
      union all select row_to_json(credentials)::text from credentials
      union all select row_to_json(oauth_apps)::text from oauth_apps
      union all select row_to_json(tokens)::text from tokens
      union all select row_to_json(audit_entries)::text from audit_entries`.execute(
      trial.app.database.db.system,
    );
    const all = rows.map((row) => row.text).join('\n');
    expect(all).toContain(id);
    for (const secret of [state, sent?.get('code_verifier'), sent?.get('code'), trial.clientSecret]) {
      expect(secret).toBeTruthy();
      expect(all).not.toContain(secret);
    }
  });

  test('takes its name, and a taken one is refused before anybody leaves', async () => {
    const { id } = await trial.signIn({ name: 'Sales' });
    const { connection_id: made } = await standing(id);
    expect((await trial.app.owner.get(`/v1/connections/${made}`)).json).toMatchObject({
      name: 'Sales',
      is_default: false,
    });
    const again = await trial.begin({ name: 'sales' });
    expect([again.answer.status, again.answer.json.reason]).toEqual([409, 'name_taken']);
  });

  test('is refused for a tool nobody signs in to, an unknown one, an unknown scope, a strange field', async () => {
    const ask = async (body: object) => (await trial.begin(body)).answer;
    expect((await ask({ integration: 'hunter' })).json.fields[0].path).toBe('method');
    expect((await ask({ integration: 'nothing' })).json.fields[0].path).toBe('integration');
    expect((await ask({ optional_scopes: ['contacts.delete'] })).json.fields[0].path).toBe('optional_scopes');
    expect((await ask({ fields: { host: 'evil.test' } })).json.fields[0].path).toBe('fields.host');
  });

  test('asks for optional scopes that were chosen, and says what was granted', async () => {
    const { id } = await trial.signIn({ optional_scopes: ['contacts.write'] });
    const { connection_id: made } = await standing(id);
    const { granted_scopes } = (await trial.app.owner.get(`/v1/connections/${made}`)).json;
    expect(granted_scopes).toEqual(expect.arrayContaining(['contacts.read', 'contacts.write']));
  });

  test('whose scopes were unticked is limited, and says which are lacking', async () => {
    const ask = { optional_scopes: ['contacts.write'] };
    const { id } = await trial.signIn(ask, { without: ['contacts.write'] });
    const { connection_id: made } = await standing(id);
    const at = `/v1/connections/${made}`;
    expect((await trial.app.owner.get(at)).json).toMatchObject({
      status: 'limited',
      status_reason: expect.stringMatching(/“Add contact” will not work.*contacts\.write/),
      missing_scopes: ['contacts.write'],
      limited_actions: [{ name: 'add', label: 'Add contact' }],
    });
    const verified = await trial.app.owner.post(`${at}/verify`);
    expect(verified.json.status).toBe('limited');
    // Nor is it whole when somebody goes back to it.
    await trial.signIn({ ...ask, connection: made });
    expect((await trial.app.owner.get(at)).json).toMatchObject({ status: 'connected', missing_scopes: [] });
    const back = await trial.app.owner.post(`${at}/rollback`);
    expect(back.status, back.text).toBe(200);
    expect((await trial.app.owner.get(at)).json).toMatchObject({
      status: 'limited',
      missing_scopes: ['contacts.write'],
    });
  });

  test('that never asked for an optional scope is whole, and says what it cannot do', async () => {
    const { id } = await trial.signIn();
    const { connection_id: made } = await standing(id);
    expect((await trial.app.owner.get(`/v1/connections/${made}`)).json).toMatchObject({
      status: 'connected',
      missing_scopes: [],
      limited_actions: [{ name: 'add', label: 'Add contact' }],
    });
  });

  test('that is granted less by a later renewal is limited by itself', async () => {
    const { id } = await trial.signIn({ optional_scopes: ['contacts.write'] });
    const { connection_id: made } = await standing(id);
    const at = `/v1/connections/${made}`;
    expect((await trial.app.owner.get(at)).json).toMatchObject({ status: 'connected', limited_actions: [] });
    trial.provider.endAccessTokens();
    trial.provider.fail({
      kind: 'rewrite',
      rewrite: (answer) => ({ body: JSON.stringify({ ...answer, scope: 'openid contacts.read' }) }),
    });
    expect((await trial.app.owner.get(`/v1/proxy/${made}/me`)).status).toBe(200);
    await vi.waitFor(
      async () => expect((await trial.app.owner.get(at)).json).toMatchObject({ status: 'limited' }),
      { timeout: 60_000 },
    );
  });
});

describe('what comes back', () => {
  test('without a state, with an empty, unknown or doubled one, is refused and nobody is called', async () => {
    const browser = trial.browser();
    const { url } = await trial.begin({}, browser);
    const back = await trial.provider.signIn(url);
    const state = back.searchParams.get('state') ?? '';
    const calls = tokenCalls();
    const with_ = (change: (query: URLSearchParams) => void) => {
      const changed = new URL(back);
      change(changed.searchParams);
      return changed.href;
    };
    for (const address of [
      with_((query) => query.delete('state')),
      with_((query) => query.set('state', '')),
      with_((query) => query.set('state', 'x')),
      with_((query) => query.append('state', state)),
      with_((query) => query.append('state', 'x')),
    ]) {
      const page = await browser.open(address);
      expect(page.status).toBe(400);
      expect(page.text).not.toContain(state);
    }
    expect(tokenCalls()).toBe(calls);
    expect((await browser.open(back.href)).status).toBe(200);
  });

  test('twice, also twenty times at once, is used once', async () => {
    const browser = trial.browser();
    const { url } = await trial.begin({}, browser);
    const back = await trial.provider.signIn(url);
    const [calls, before] = [tokenCalls(), (await connections()).length];
    const pages = await Promise.all(Array.from({ length: 20 }, () => browser.open(back.href)));
    expect(pages.filter((page) => page.status === 200)).toHaveLength(1);
    expect(pages.filter((page) => page.status === 400)).toHaveLength(19);
    expect((await browser.open(back.href)).status).toBe(400);
    expect(tokenCalls()).toBe(calls + 1);
    expect(await connections()).toHaveLength(before + 1);
  });

  test('to the address of another integration is refused', async () => {
    const browser = trial.browser();
    const { url } = await trial.begin({}, browser);
    const back = await trial.provider.signIn(url);
    const calls = tokenCalls();
    const elsewhere = back.href.replace('/callback/trial', '/callback/hunter');
    expect((await browser.open(elsewhere)).status).toBe(400);
    expect(tokenCalls()).toBe(calls);
  });

  test('with the code of another sign-in is refused by the provider, and nothing is stored', async () => {
    const browser = trial.browser();
    const [mine, theirs] = [await trial.begin({}, browser), await trial.begin({}, trial.browser())];
    const back = await trial.provider.signIn(mine.url);
    const foreign = await trial.provider.signIn(theirs.url, { account: 'mallory' });
    back.searchParams.set('code', foreign.searchParams.get('code') ?? '');
    const before = (await connections()).length;
    const page = await browser.open(back.href);
    expect(page.status).toBe(400);
    expect(await standing(mine.id)).toMatchObject({
      state: 'failed',
      reason: 'rejected',
      connection_id: null,
    });
    expect(await connections()).toHaveLength(before);
  });

  test('refused by the person says so in words, and runs nothing of what it carries', async () => {
    const { id, page } = await trial.signIn({}, { answer: 'deny' });
    expect(page.status).toBe(400);
    expect(await standing(id)).toMatchObject({ state: 'failed', reason: 'denied' });
    expect(page.text).toContain('cancelled');
  });

  test("with the provider's words shows them as text, short, and without our secret", async () => {
    const browser = trial.browser();
    const { id, url } = await trial.begin({}, browser);
    const state = new URL(url).searchParams.get('state') ?? '';
    const words = `<script>alert(1)</script> ${trial.clientSecret} ${'x'.repeat(10_000)}`;
    const query = new URLSearchParams({ state, error: 'very_strange', error_description: words });
    const page = await browser.open(`${trial.redirectUri}?${query}`);
    expect(page.status).toBe(400);
    expect(page.text).not.toContain('<script>alert');
    expect(page.text).toContain('&#60;script&#62;');
    expect(page.text).not.toContain(trial.clientSecret);
    const { message, reason } = await standing(id);
    expect(reason).toBe('provider_error');
    expect(message.length).toBeLessThan(500);
    expect(message).not.toContain(trial.clientSecret);
    const audit = await trial.app.owner.get('/v1/audit?limit=200');
    expect(audit.text).not.toContain(trial.clientSecret);
  });

  test('is led to an address without code and state, never kept, never framed, and tied to its window', async () => {
    const { page } = await trial.signIn();
    const [first, last] = [page.hops.at(0), page.hops.at(-1)];
    expect(first?.status).toBe(303);
    expect(new URL(page.url).search).toBe('');
    expect(page.url).toMatch(new RegExp(`^${trial.app.url}/oauth/done/aut_`));
    for (const hop of page.hops) {
      expect(hop.headers.get('referrer-policy')).toBe('no-referrer');
      expect(hop.headers.get('cache-control')).toBe('no-store');
      expect(hop.headers.get('cross-origin-opener-policy')).toBe('unsafe-none');
    }
    const policy = last?.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'nonce-/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(page.text).not.toMatch(/(src|href)="https?:/);
    expect(page.text).toContain(`data-origin="${trial.app.url}"`);
    expect(page.text).not.toContain("'*'");
  });

  test('ignores every other parameter, so nobody is led away', async () => {
    const browser = trial.browser();
    const { url } = await trial.begin({}, browser);
    const back = await trial.provider.signIn(url);
    for (const value of [
      'https://evil.test',
      '//evil.test',
      '/\\evil.test',
      'javascript:alert(1)',
      '/ok\r\nx: y',
    ]) {
      back.searchParams.append('return_to', value);
    }
    const page = await browser.open(back.href);
    expect(page.status).toBe(200);
    expect(page.url.startsWith(`${trial.app.url}/oauth/done/`)).toBe(true);
    expect(page.text).not.toContain('evil.test');
  });
});

describe('whose browser it is', () => {
  test('another browser, even of the same person, does not finish what was begun', async () => {
    const { id, url } = await trial.begin();
    const back = await trial.provider.signIn(url);
    const calls = tokenCalls();
    const page = await trial.browser().open(back.href);
    expect(page.status).toBe(400);
    expect(page.text).toContain('another browser');
    expect((await standing(id)).state).toBe('pending');
    expect(tokenCalls()).toBe(calls);
  });

  test('the same browser with another person signed in meanwhile does not finish it', async () => {
    const [one, other] = [await trial.app.member('admin'), await trial.app.member('admin')];
    const { url, answer } = await trial.begin({}, trial.browser(one));
    const back = await trial.provider.signIn(url);
    const browser = trial.browser(other);
    browser.keep(trial.app.url, answer.headers);
    expect((await browser.open(back.href)).status).toBe(400);
    const first = trial.browser(one);
    first.keep(trial.app.url, answer.headers);
    expect((await first.open(back.href)).status).toBe(200);
  });

  test("an attacker's sign-in opened in a victim's browser changes nothing there", async () => {
    const outsider = await trial.app.outsider();
    await outsider.client.request('PUT', '/v1/oauth/apps/trial', {
      client_id: trial.clientId,
      client_secret: trial.clientSecret,
    });
    const theirs = trial.browser(outsider.client);
    const { url } = await trial.begin({}, theirs);
    const back = await trial.provider.signIn(url, { account: 'mallory' });
    const before = (await connections()).length;
    expect((await trial.browser().open(back.href)).status).toBe(400);
    expect(await connections()).toHaveLength(before);
    expect(await connections(outsider.client)).toHaveLength(0);
  });

  test('a person who is signed out, or is a viewer by now, does not finish it', async () => {
    const admin = await trial.app.member('admin');
    const browser = trial.browser(admin);
    const { id, url } = await trial.begin({}, browser);
    const back = await trial.provider.signIn(url);
    const before = (await connections()).length;
    const anonymous = trial.browser(trial.app.anonymous);
    expect((await anonymous.open(back.href)).status).toBe(400);
    const { user } = (await admin.get('/v1/session')).json;
    await sql`update members set role = 'viewer' where user_id = ${user.id}`.execute(
      trial.app.database.db.system,
    );
    expect((await browser.open(back.href)).status).toBe(403);
    await admin.delete('/v1/session');
    expect((await browser.open(back.href)).status).toBe(403);
    expect(await connections()).toHaveLength(before);
    expect((await standing(id)).state).toBe('pending');
  });

  test('who signed out in that browser, or is no member any more, does not finish it, admin or not', async () => {
    const [out, gone] = [await trial.app.member('admin'), await trial.app.member('admin')];
    const backs = [];
    for (const client of [out, gone]) {
      const browser = trial.browser(client);
      const { url } = await trial.begin({}, browser);
      backs.push({ browser, href: (await trial.provider.signIn(url)).href });
    }
    const { user } = (await gone.get('/v1/session')).json;
    await out.delete('/v1/session');
    await sql`delete from members where user_id = ${user.id}`.execute(trial.app.database.db.system);
    const [before, calls] = [(await connections()).length, tokenCalls()];
    for (const { browser, href } of backs) expect((await browser.open(href)).status).toBe(403);
    expect([(await connections()).length, tokenCalls()]).toEqual([before, calls]);
  });

  test('opened as localhost, it is led back to the name where its cookies are', async () => {
    const named = trial.app.url.replace('127.0.0.1', 'localhost');
    const client = trial.app.as({ ...trial.app.owner.headers, host: new URL(named).host });
    const browser = trial.browser(client, named);
    const answer = await fetch(`${named}/v1/oauth/authorizations`, {
      method: 'POST',
      headers: { ...trial.app.owner.headers, 'content-type': 'application/json', origin: named },
      body: JSON.stringify({ integration: 'trial' }),
    });
    browser.keep(named, answer.headers);
    const { authorization_url: url } = (await answer.json()) as { authorization_url: string };
    expect(new URL(url).searchParams.get('redirect_uri')).toBe(trial.redirectUri);
    const page = await browser.open((await trial.provider.signIn(url)).href);
    expect(page.status, page.text).toBe(200);
    expect(page.url.startsWith(`${named}/oauth/done/`)).toBe(true);
    expect(page.text).toContain(`data-origin="${named}"`);
  });

  test('what came of it is told to whoever may know, and to nobody else', async () => {
    const { id } = await trial.signIn();
    const anonymous = trial.browser(trial.app.anonymous);
    const page = await anonymous.open(`${trial.app.url}/oauth/done/${id}`);
    expect(page.status).toBe(404);
    expect(page.text).not.toContain('Trial');
    const outsider = await trial.app.outsider();
    expect((await outsider.client.get(`/v1/oauth/authorizations/${id}`)).status).toBe(404);
  });
});
