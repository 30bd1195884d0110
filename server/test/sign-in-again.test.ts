import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startApp } from './app.ts';
import { movableClock } from './clock.ts';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';

let trial: SignInTrial;
const clock = movableClock();
beforeAll(async () => {
  trial = await startSignInTrial({
    clock,
    file: `actions:
  - name: who
    label: Who
    description: Says who asks.
    primary: true
    request: { method: GET, path: /me }
    inputs: [{ name: word, label: Word, type: text, required: true }]
    outputs: [{ name: id, label: Id, type: text, path: id, primary: true }]
    repeatable: true`,
  });
});
afterAll(() => trial.close());

const standing = async (id: string) => (await trial.app.owner.get(`/v1/oauth/authorizations/${id}`)).json;
const connection = async (id: string) => (await trial.app.owner.get(`/v1/connections/${id}`)).json;

async function connected(account: string, ask: object = {}): Promise<string> {
  const { id } = await trial.signIn(ask, { account });
  return (await standing(id)).connection_id;
}

async function rowsOf(table: 'tokens' | 'credentials', id: string) {
  const found = sql<Record<string, unknown>>`select * from ${sql.table(table)} where connection_id = ${id}`;
  return (await found.execute(trial.app.database.db.system)).rows;
}

describe('signing in again', () => {
  test('keeps id, name and default, and heals what access was withdrawn from', async () => {
    const id = await connected('ann', { name: 'Kept', default: true });
    trial.provider.withdraw('ann');
    await trial.app.owner.post(`/v1/connections/${id}/verify`);
    const broken = await connection(id);
    expect(['revoked', 'expired', 'invalid']).toContain(broken.status);
    const { id: authorization } = await trial.signIn({ connection: id }, { account: 'ann' });
    expect(await standing(authorization)).toMatchObject({ state: 'connected', connection_id: id });
    const healed = await connection(id);
    expect(healed).toMatchObject({ id, name: 'Kept', is_default: true, status: 'connected' });
    // That access is over: nothing is left to go back to.
    expect(healed.previous_credential).toBeNull();
    const back = await trial.app.owner.post(`/v1/connections/${id}/rollback`);
    expect(back.json.reason).toBe('no_previous_credential');
    const events = (await trial.app.owner.get(`/v1/connections/${id}/events`)).json.data;
    expect(events[0].kind).toBe('reconnected');
    const audit = (await trial.app.owner.get(`/v1/audit?subject=${id}`)).json.data;
    expect(audit[0].action).toBe('connection.reconnected');
    expect((await trial.app.owner.post(`/v1/connections/${id}/verify`)).json.verdict.kind).toBe('ok');
  });

  test('with another account changes nothing and says which, unless that is wanted', async () => {
    const id = await connected('bob');
    const before = await connection(id);
    const other = await trial.signIn({ connection: id }, { account: 'eve' });
    expect(other.page.status).toBe(400);
    const end = await standing(other.id);
    expect(end).toMatchObject({ state: 'failed', reason: 'other_account', connection_id: null });
    expect(end.message).toMatch(/eve.*bob/);
    expect(await connection(id)).toEqual(before);
    const wanted = await trial.signIn({ connection: id, accept_other_account: true }, { account: 'eve' });
    expect(await standing(wanted.id)).toMatchObject({ state: 'connected', connection_id: id });
    expect((await connection(id)).account.name).toContain('eve');
  });

  test('heals a disconnected connection, whose tokens were destroyed', async () => {
    const id = await connected('cleo');
    expect(await rowsOf('tokens', id)).toHaveLength(1);
    await trial.app.owner.post(`/v1/connections/${id}/disconnect`);
    expect(await rowsOf('tokens', id)).toEqual([]);
    expect((await rowsOf('credentials', id)).every((row) => row.sealed === null)).toBe(true);
    expect((await connection(id)).granted_scopes).toBeNull();
    await trial.signIn({ connection: id }, { account: 'cleo' });
    expect(await connection(id)).toMatchObject({ id, status: 'connected' });
    expect(await rowsOf('tokens', id)).toHaveLength(1);
  });

  test('for a connection that is deleted meanwhile makes none', async () => {
    const id = await connected('dora');
    const browser = trial.browser();
    const begun = await trial.begin({ connection: id }, browser);
    const back = await trial.provider.signIn(begun.url, { account: 'dora' });
    expect((await trial.app.owner.delete(`/v1/connections/${id}`)).status).toBe(204);
    expect(await rowsOf('tokens', id)).toEqual([]);
    expect((await browser.open(back.href)).status).toBe(400);
    expect(await standing(begun.id)).toMatchObject({ state: 'failed', reason: 'not_allowed' });
  });

  test('at a custom connection that moved meanwhile brings nothing to its new address', async () => {
    const { owner, url } = trial.app;
    const { issuer, authorizeUrl: authorize_url, tokenUrl: token_url, addClient } = trial.provider;
    const made = await owner.post('/v1/custom-integrations', {
      name: 'Moving',
      base_url: `${issuer}/api`,
      auth: { type: 'oauth2', authorize_url, token_url, scopes: ['openid'] },
      check: null,
      actions: [],
    });
    expect(made.status, made.text).toBe(201);
    const { slug } = made.json;
    const client = await addClient({
      redirectUris: [`${url}/oauth/callback/${slug}.${trial.app.workspaceId}`],
    });
    const setup = { client_id: client.clientId, client_secret: client.clientSecret };
    expect((await owner.request('PUT', `/v1/oauth/apps/${slug}`, setup)).status).toBe(200);
    const browser = trial.browser();
    const begun = await trial.begin({ integration: slug }, browser);
    const back = await trial.provider.signIn(begun.url, { account: 'gail' });
    const moved = await owner.patch(`/v1/custom-integrations/${slug}`, { base_url: `${issuer}/elsewhere` });
    expect(moved.status, moved.text).toBe(200);
    await browser.open(back.href);
    expect(await standing(begun.id)).toMatchObject({ state: 'failed', connection_id: null });
  });

  test('for a foreign or unknown connection, or one of another tool, does not begin', async () => {
    const id = await connected('fay');
    const { client } = await trial.app.outsider();
    const ask = { integration: 'trial', connection: id };
    await client.request('PUT', '/v1/oauth/apps/trial', { client_id: 'a', client_secret: 'fake-secret' });
    expect((await client.post('/v1/oauth/authorizations', ask)).status).toBe(404);
    const other = await trial.begin({ integration: 'hubspot', connection: id });
    expect(other.answer.json.fields[0].path).toBe('connection');
  });
});

test('a run that waits because access was withdrawn goes on by itself after signing in again', async () => {
  const id = await connected('hal', { name: 'Used' });
  const { owner } = trial.app;
  const table = (await owner.post('/v1/tables', { name: 'Leads' })).json;
  const at = `/v1/tables/${table.id}`;
  const word = (await owner.post(`${at}/columns`, { name: 'Word', type: 'text' })).json;
  const who = (await owner.post(`${at}/columns`, { name: 'Who', type: 'text' })).json;
  const rows = Array.from({ length: 20 }, (_, i) => ({ values: { [word.id]: `w${i}` } }));
  expect((await owner.post(`${at}/rows`, { rows })).status).toBeLessThan(300);
  const action = {
    integration: 'trial',
    action: 'who',
    connection_id: id,
    inputs: { word: { kind: 'column', column_id: word.id } },
    outputs: { id: who.id },
  };
  const column = await owner.post(`${at}/columns`, { name: 'Ask', type: 'action', action });
  expect(column.status, column.text).toBeLessThan(300);
  trial.provider.withdraw('hal');
  const run = (await owner.post(`${at}/columns/${column.json.id}/runs`, { scope: 'all' })).json;
  const state = async () => (await owner.get(`/v1/runs/${run.id}`)).json;
  await vi.waitFor(async () => expect((await state()).state).toMatch(/waiting/), { timeout: 60_000 });
  await trial.signIn({ connection: id }, { account: 'hal' });
  await vi.waitFor(async () => expect((await state()).state).toBe('done'), { timeout: 60_000 });
});

describe('a sign-in that is over', () => {
  test('after ten minutes is no longer taken, and says so', async () => {
    const browser = trial.browser();
    const { id, url } = await trial.begin({}, browser);
    const back = await trial.provider.signIn(url);
    clock.forward(11 * 60_000);
    const calls = trial.provider.tokenRequests.length;
    const page = await browser.open(back.href);
    expect(page.status).toBe(400);
    expect(page.text).toContain('ten minutes');
    expect(await standing(id)).toMatchObject({ state: 'expired', connection_id: null });
    expect(trial.provider.tokenRequests).toHaveLength(calls);
  });

  test('begun before a restart, and with another public address by now, is finished with what it began with', async () => {
    const browser = trial.browser();
    const { id, url } = await trial.begin({}, browser);
    const back = await trial.provider.signIn(url, { account: 'gil' });
    const { config } = trial.app;
    const second = await startApp({
      clock,
      database: trial.app.database,
      keyFile: config.masterKeyFile,
      settings: {
        KEYRAIL_CATALOG_DIR: config.catalogDir ?? '',
        KEYRAIL_ALLOWED_PRIVATE_HOSTS: config.allowedPrivateHosts.join(','),
        KEYRAIL_PUBLIC_URL: 'http://127.0.0.2:1',
      },
    });
    const page = await browser.open(back.href.replace(trial.app.url, second.url));
    expect(page.status, page.text).toBe(200);
    expect(trial.provider.tokenRequests.at(-1)?.parameters.get('redirect_uri')).toBe(trial.redirectUri);
    expect((await standing(id)).state).toBe('connected');
    await second.close();
  });

  test('is used once, whichever of two processes its callback reaches', async () => {
    const { config } = trial.app;
    const settings = {
      KEYRAIL_CATALOG_DIR: config.catalogDir ?? '',
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: config.allowedPrivateHosts.join(','),
      KEYRAIL_PUBLIC_URL: trial.app.url,
    };
    const keyFile = config.masterKeyFile;
    const second = await startApp({ clock, database: trial.app.database, keyFile, settings });
    for (let round = 0; round < 5; round += 1) {
      const browser = trial.browser();
      const { url } = await trial.begin({}, browser);
      const back = (await trial.provider.signIn(url)).href;
      const calls = trial.provider.tokenRequests.length;
      const doors = [back, back.replace(trial.app.url, second.url)];
      const statuses = await Promise.all(
        Array.from({ length: 8 }, (_, i) => browser.open(doors[i % 2] ?? back).then((page) => page.status)),
      );
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(trial.provider.tokenRequests).toHaveLength(calls + 1);
    }
    await second.close();
  });
});

describe('a token endpoint that fails while a code is exchanged', () => {
  test.each<[string, Parameters<SignInTrial['provider']['fail']>[0], string]>([
    ['500', { kind: 'answer', status: 500, body: 'oops' }, 'provider_error'],
    ['a web page', { kind: 'answer', status: 200, body: '<html>Sign in</html>' }, 'provider_error'],
    ['no answer', { kind: 'drop', acted: false }, 'unreachable'],
    ['invalid_client', { kind: 'answer', status: 401, body: '{"error":"invalid_client"}' }, 'setup_rejected'],
    [
      'redirect_uri_mismatch',
      { kind: 'answer', status: 400, body: '{"error":"redirect_uri_mismatch"}' },
      'setup_rejected',
    ],
    ['ok: false', { kind: 'answer', status: 200, body: '{"ok":false,"error":"invalid_grant"}' }, 'rejected'],
  ])('with %s leaves nothing, and says why', async (_name, fault, reason) => {
    const before = (await trial.app.owner.get('/v1/connections?limit=200')).json.data.length;
    trial.provider.fail(fault);
    const { id, page } = await trial.signIn();
    expect(page.status).toBe(400);
    const end = await standing(id);
    expect(end).toMatchObject({ state: 'failed', reason, connection_id: null });
    expect(end.message).toBeTruthy();
    expect(end.next_step).toBeTruthy();
    expect((await trial.app.owner.get('/v1/connections?limit=200')).json.data).toHaveLength(before);
  });

  test.each([
    { expires_in: -1 },
    { expires_in: 'soon' },
    { expires_in: null },
    { token_type: undefined },
    { scope: '' },
  ])('with %j in its answer connects all the same', async (odd) => {
    trial.provider.fail({
      kind: 'rewrite',
      rewrite: (answer) => ({ body: JSON.stringify({ ...answer, ...odd }) }),
    });
    const { id } = await trial.signIn();
    expect((await standing(id)).state).toBe('connected');
  });
});

test('ten thousand sign-ins begun by one person end in 429, and what is kept of them is bounded', async () => {
  const admin = await trial.app.member('admin');
  const browser = trial.browser(admin);
  const statuses: number[] = [];
  for (let i = 0; i < 40; i += 1) statuses.push((await trial.begin({}, browser)).answer.status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(30);
  expect(statuses.slice(30).every((status) => status === 429)).toBe(true);
  clock.forward(11 * 60_000);
  expect((await trial.begin({}, browser)).answer.status).toBe(201);
});

test('three hundred begun in a workspace are enough for it, for no other, and a day later none is kept', async () => {
  const [one, other] = [await trial.app.member('admin'), await trial.app.outsider()];
  await other.client.request('PUT', '/v1/oauth/apps/trial', {
    client_id: 'a',
    client_secret: 'fake-secret-01',
  });
  const { id, answer } = await trial.begin({}, trial.browser(one));
  expect(answer.status, answer.text).toBe(201);
  const { system } = trial.app.database.db;
  // But for what the database works out itself.
  const { rows } = await sql<{ name: string }>`select attname as name from pg_attribute
    where attrelid = 'authorizations'::regclass and attnum > 0 and attgenerated = '' and not attisdropped`.execute(
    system,
  );
  const columns = sql.join(rows.map(({ name }) => sql.ref(name)));
  await sql`insert into authorizations (${columns})
    select ${columns} from (select (jsonb_populate_record(a, jsonb_build_object(
      'id', left(a.id, 20) || lpad(n::text, 10, '0'), 'started_by', null,
      'state_hash', '\\x' || md5(n::text) || md5('more' || n)))).*
    from authorizations a, generate_series(1, 300) n where a.id = ${id}) as more`.execute(system);
  expect((await trial.begin({}, trial.browser(one))).answer.status).toBe(429);
  expect((await trial.begin({}, trial.browser(other.client))).answer.status).toBe(201);
  clock.forward(25 * 60 * 60_000);
  await sql`select keyrail_enqueue('authorizations.sweep', '{}'::json, null, null, 'replace', null, null, null)`.execute(
    system,
  );
  const kept = sql<{ count: number }>`select count(*)::int as count from authorizations`;
  await vi.waitFor(async () => expect((await kept.execute(system)).rows[0]?.count).toBe(0), {
    timeout: 60_000,
  });
});
