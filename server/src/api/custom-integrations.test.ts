import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Client, startApp, type TestApp } from '../../test/app.ts';
import { type Crm, crm, described, startCrm } from '../../test/crm.ts';

const NEW_KEY = 'fake-acme-key-0002';
let app: TestApp;
let server: Crm;
let elsewhere: Crm;
let stranger: Client;

beforeAll(async () => {
  server = await startCrm();
  elsewhere = await startCrm(NEW_KEY);
  app = await startApp({
    settings: {
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${server.port},127.0.0.1:${elsewhere.port}`,
      KEYRAIL_PUBLIC_URL: 'http://127.0.0.1:4400',
    },
  });
  stranger = (await app.outsider()).client;
});
afterAll(async () => {
  await app.close();
  await server.close();
  await elsewhere.close();
});
beforeEach(() => {
  server.seen.length = 0;
  elsewhere.seen.length = 0;
});

let count = 0;
const wanted = (more: object = {}) => {
  count += 1;
  return described(server.origin, { name: `Acme CRM ${count}`, ...more });
};

async function made(more: object = {}, by: Client = app.owner): Promise<Answer['json']> {
  const answer = await by.post('/v1/custom-integrations', wanted(more));
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

async function connected(slug: string, credentials: object = { api_key: crm.key }): Promise<Answer['json']> {
  const answer = await app.owner.post('/v1/connections', { integration: slug, credentials });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

describe('POST /v1/custom-integrations', () => {
  it('makes an integration that is found, connected, and used like any other', async () => {
    const saved = await made({ name: 'Acme Search' });
    expect(saved).toMatchObject({
      id: expect.stringMatching(/^cus_/),
      slug: 'custom-acme-search',
      name: 'Acme Search',
      version: 1,
      connection_count: 0,
      created_by: 'Olive Owner',
    });
    const found = await app.owner.get('/v1/integrations?search=acme%20sea');
    expect(found.json.data[0]).toMatchObject({ slug: saved.slug, is_custom: true, methods: ['api_key'] });
    const one = await app.owner.get(`/v1/integrations/${saved.slug}`);
    expect(one.json.connection_fields).toMatchObject([
      { name: 'authority', input: 'file', is_required: false, is_secret: false },
    ]);
    expect(one.json.docs_url).toBeNull();
    expect(one.json.auth_methods[0].fields[0]).toMatchObject({ name: 'api_key', is_secret: true });
    expect(one.json.actions[0]).toMatchObject({ name: 'find', inputs: [{ name: 'name' }] });

    const wrong = await app.owner.post('/v1/connections', {
      integration: saved.slug,
      credentials: { api_key: 'fake-key-wrong-0009' },
    });
    expect(wrong.status).toBe(422);
    expect(wrong.json).toMatchObject({ code: 'credential_rejected', verdict: { kind: 'rejected' } });
    const connection = await connected(saved.slug);
    expect(connection).toMatchObject({ status: 'connected', account: { name: 'jane@acme.example' } });
    expect(connection.fields).toEqual({});
    const apps = await app.owner.get('/v1/connections/apps');
    expect(apps.json.data).toContainEqual(expect.objectContaining({ integration: saved.slug }));
    const verified = await app.owner.post(`/v1/connections/${connection.id}/verify`);
    expect(verified.json.verdict.kind, verified.text).toBe('ok');
  });

  it('fills the cells of an action column', async () => {
    const { slug } = await made();
    await connected(slug);
    const table = await app.owner.post('/v1/tables', {
      name: 'People',
      columns: [{ name: 'Name', type: 'text' }],
    });
    expect(table.status, table.text).toBe(201);
    const name = table.json.columns[0].id;
    const rows = await app.owner.post(`/v1/tables/${table.json.id}/rows`, {
      rows: [{ values: { [name]: 'Ada' } }],
    });
    expect(rows.status, rows.text).toBe(201);
    const column = await app.owner.post(`/v1/tables/${table.json.id}/columns`, {
      name: 'E-mail',
      type: 'action',
      action: {
        integration: slug,
        action: 'find',
        connection_id: null,
        inputs: { name: { kind: 'column', column_id: name } },
        outputs: {},
      },
    });
    expect(column.status, column.text).toBe(201);
    const tried = await app.owner.post(`/v1/tables/${table.json.id}/tryouts`, {
      action: column.json.action,
      row_id: rows.json.data[0].id,
    });
    expect(tried.status, tried.text).toBe(200);
    expect(tried.json).toMatchObject({ state: 'done', value: 'ada@acme.example' });
  });

  it.each([
    ['a name that is there', { name: 'Acme CRM twice' }, 409, 'name'],
    ['an unknown field', { socketPath: '/var/run/docker.sock' }, 400, 'socketPath'],
    ['a path that steps upwards', { check: { path: '/../admin' } }, 400, 'check.path'],
    ['a path that is another address', { check: { path: '//evil.example/x' } }, 400, 'check.path'],
    ['a place for a secret', { check: { path: '/me', query: { q: '{api_key}' } } }, 400, 'check.query.q'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as somebody would try it
    ['an unknown place', { check: { path: '/${access_token}' } }, 400, 'check.path'],
    [
      'a credential among the headers',
      { headers: { Authorization: 'Bearer x' } },
      400,
      'headers.Authorization',
    ],
    ['a pattern of an answer that is none', { check: { path: '/me', ok_path: 'a[' } }, 400, 'check.answers'],
    ['two actions of one name', { actions: [crm.find, crm.find] }, 400, 'actions.1.name'],
    ['an icon that is a sentence', { icon: { text: 'Acme', color: '#112233' } }, 400, 'icon.text'],
    ['a host that has a path', { allowed_hosts: ['https://example.com/x'] }, 400, 'allowed_hosts.0'],
  ])('names the place of %s', async (_, more, status, path) => {
    if (status === 409) await made(more);
    const answer = await app.owner.post('/v1/custom-integrations', wanted(more));
    expect(answer.status, answer.text).toBe(status);
    const paths = answer.json.fields.map((one: { path: string }) => one.path);
    expect(
      paths.some((one: string) => one.startsWith(path)),
      answer.text,
    ).toBe(true);
  });

  it.each([
    'X A',
    '',
    'X:',
    'x\r\ny',
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Upgrade',
    'Proxy-Authorization',
    'Te',
    'Trailer',
    'Expect',
  ])('takes no header named %j, neither for the secret nor beside it', async (name) => {
    const carrying = await app.owner.post(
      '/v1/custom-integrations',
      wanted({ auth: { type: 'header', headers: [{ name }] } }),
    );
    expect(carrying.status, carrying.text).toBe(400);
    const beside = await app.owner.post('/v1/custom-integrations', wanted({ headers: { [name]: 'x' } }));
    expect(beside.status, beside.text).toBe(400);
  });

  it.each([
    ['http://127.0.0.1:8081/', 'address'],
    ['http://2130706433/', 'address'],
    ['http://0x7f000001/', 'address'],
    ['http://017700000001/', 'address'],
    ['http://0177.0.0.1/', 'address'],
    ['http://127.1/', 'address'],
    ['http://[::1]/', 'address'],
    ['http://[::]/', 'address'],
    ['http://0/', 'address'],
    ['http://0.0.0.0/', 'address'],
    ['http://[::ffff:127.0.0.1]/', 'address'],
    ['http://[::ffff:7f00:1]/', 'address'],
    ['http://[::ffff:a9fe:a9fe]/', 'address'],
    ['http://[64:ff9b::a9fe:a9fe]/', 'address'],
    ['http://[2002:a9fe:a9fe::]/', 'address'],
    ['http://[2001:0:4136:e378:8000:63bf:56ff:fefe]/', 'address'],
    ['http://169.254.169.254/latest/meta-data/', 'address'],
    ['http://2852039166/', 'address'],
    ['http://metadata.google.internal/', 'address'],
    ['http://metadata/', 'address'],
    ['http://100.100.100.200/', 'address'],
    ['http://192.0.0.192/', 'address'],
    ['http://[fd00:ec2::254]/', 'address'],
    ['http://10.0.0.5/', 'address'],
    ['http://172.16.0.1/', 'address'],
    ['http://192.168.1.1/', 'address'],
    ['http://100.64.0.1/', 'address'],
    ['http://localhost./', 'address'],
    ['http://LOCALHOST/', 'address'],
    ['http://foo.localhost/', 'address'],
    ['http://ip6-localhost/', 'address'],
    ['file:///etc/passwd', 'scheme'],
    ['gopher://127.0.0.1:6379/_', 'scheme'],
    ['data:text/plain,hi', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['ws://example.com', 'scheme'],
    ['unix:/var/run/docker.sock', 'scheme'],
    ['https://user:pass@api.example.com/', 'userinfo'],
    ['https://api.example.com@127.0.0.1/', 'userinfo'],
    ['http://93.184.216.34:22/', 'port'],
    ['http://93.184.216.34:6379/', 'port'],
    ['http://127.0.0.1:4400/', 'address'],
  ])('refuses the address %s as %s, wherever it stands, and calls nobody', async (address, reason) => {
    const places: object[] = [
      { base_url: address, check: null, actions: [] },
      { auth: { type: 'oauth2_client_credentials', token_url: address } },
      { auth: { type: 'oauth2', authorize_url: 'https://example.com/a', token_url: address } },
      { auth: { type: 'service_account', kind: 'jwt_bearer', token_url: address } },
    ];
    for (const place of places) {
      const answer = await app.owner.post('/v1/custom-integrations', wanted(place));
      expect(answer.status, answer.text).toBe(422);
      expect(answer.json).toMatchObject({ code: 'egress_denied', reason });
    }
    const tried = await app.owner.post('/v1/custom-integrations/test', {
      definition: wanted({ base_url: address }),
      credentials: { api_key: crm.key },
    });
    expect([422, 429]).toContain(tried.status);
    expect(server.seen).toEqual([]);
  });

  it.each([
    'http:127.0.0.1/',
    'http:///127.0.0.1/',
    'http:\\\\127.0.0.1\\',
    'ht\ntp://127.0.0.1/',
    'https://example.com:65536/',
    'https://example.com:0/',
    'https://example.com/?key=x',
    'no address',
  ])('takes no address written as %j', async (base_url) => {
    const answer = await app.owner.post('/v1/custom-integrations', wanted({ base_url }));
    expect(answer.status, answer.text).toBe(400);
    expect(answer.json.fields[0].path).toBe('base_url');
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'http://127.0.0.1:4400/oauth/callback',
    'https://a@b.example/',
  ])('takes no sign-in address %s', async (authorize_url) => {
    const auth = { type: 'oauth2', authorize_url, token_url: `${server.origin}/token` };
    const answer = await app.owner.post('/v1/custom-integrations', wanted({ auth }));
    expect(answer.status, answer.text).toBe(400);
    expect(answer.json.fields[0].path).toBe('auth.authorize_url');
  });

  it.each([
    ['authorize_params', 'redirect_uri'],
    ['authorize_params', 'Redirect_URI'],
    ['authorize_params', 'response_type'],
    ['authorize_params', 'code_challenge_method'],
    ['authorize_params', 'request_uri'],
    ['authorize_params', 'scope'],
    ['token_params', 'redirect_uri'],
    ['token_params', 'client_secret'],
    ['token_params', 'grant_type'],
  ])('takes none in %s named %s, which would say where codes go', async (params, name) => {
    const token_url = `${server.origin}/token`;
    const auth = { type: 'oauth2', authorize_url: 'https://id.example.com/a', token_url };
    const { slug } = await made({ auth });
    const evil = { auth: { ...auth, [params]: { [name]: 'https://evil.example.com/' } } };
    const answer = await app.owner.patch(`/v1/custom-integrations/${slug}`, evil);
    expect([answer.status, answer.json.fields?.[0].path]).toEqual([400, `auth.${params}.${name}`]);
  });

  it('shows a look-alike name as what it is', async () => {
    const saved = await made({ base_url: 'https://аpi.stripe.com/v1', name: 'Ηunter look-alike' });
    expect(saved.base_url).toBe('https://xn--pi-6kc.stripe.com/v1');
    expect(saved.warnings.join(' ')).toContain('xn--pi-6kc.stripe.com');
  });
});

describe('a change of where secrets go', () => {
  const placeholder = '••••••••';

  it.each([
    ['another host', () => ({ base_url: elsewhere.origin })],
    ['another path', () => ({ base_url: `${server.origin}/other` })],
    ['one more host', () => ({ allowed_hosts: [elsewhere.origin] })],
    ['another way to authenticate', () => ({ auth: { type: 'bearer' } })],
  ])('to %s destroys them, once the caller has seen of whom', async (_, change) => {
    const { slug } = await made();
    const connection = await connected(slug);
    server.seen.length = 0;
    const asked = await app.owner.patch(`/v1/custom-integrations/${slug}`, change());
    expect(asked.status).toBe(409);
    expect(asked.json).toMatchObject({
      reason: 'credentials_would_be_lost',
      affected: [{ id: connection.id, name: connection.name }],
    });
    expect((await app.owner.get(`/v1/connections/${connection.id}`)).json.status).toBe('connected');

    const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, { ...change(), confirm: true });
    expect(changed.status, changed.text).toBe(200);
    expect(changed.json).toMatchObject({ credentials_kept: false, version: 2 });
    const now = await app.owner.get(`/v1/connections/${connection.id}`);
    expect(now.json).toMatchObject({ status: 'disconnected', hint: null });
    expect(now.json.status_reason).toMatch(/enter the credentials again/);
    const events = await app.owner.get(`/v1/connections/${connection.id}/events`);
    expect(events.json.data[0]).toMatchObject({ kind: 'address_changed', actor: 'Olive Owner' });
    const audit = await app.owner.get('/v1/audit');
    const actions = audit.json.data.slice(0, 2).map((one: { action: string }) => one.action);
    expect(actions).toEqual(['custom_integration.changed', 'connection.address_changed']);
    const left = await app.database.db.system
      .selectFrom('credentials')
      .select('sealed')
      .where('connection_id', '=', connection.id)
      .where('sealed', 'is not', null)
      .execute();
    expect(left).toEqual([]);

    // The secret field left as the page shows it is no secret, and the one stored before reaches nobody.
    const again = await app.owner.patch(`/v1/connections/${connection.id}`, {
      credentials: { [changed.json.auth.type === 'bearer' ? 'token' : 'api_key']: placeholder },
    });
    expect(again.status).toBeGreaterThanOrEqual(400);
    for (const call of [...server.seen, ...elsewhere.seen])
      expect(JSON.stringify(call)).not.toContain(crm.key);
  });

  it('to a neighbour on the same host is none that an action can make', async () => {
    const base_url = `${server.origin}/tenants/acme`;
    const { slug } = await made({ base_url, check: null });
    const connection = await connected(slug);
    const at = (address: string) => ({ actions: [{ ...crm.find, address }] });
    for (const address of [
      `${server.origin}/tenants/other`,
      `${server.origin}/tenants/acme-2`,
      server.origin,
    ]) {
      const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, {
        ...at(address),
        confirm: true,
      });
      expect(changed.json.fields, changed.text).toMatchObject([{ path: 'actions.0.address' }]);
    }
    const below = await app.owner.patch(`/v1/custom-integrations/${slug}`, at(`${base_url}/v2`));
    expect(below.json, below.text).toMatchObject({ credentials_kept: true });
    const wider = { ...at(`${server.origin}/tenants/other`), allowed_hosts: [server.origin], confirm: true };
    const allowed = await app.owner.patch(`/v1/custom-integrations/${slug}`, wider);
    expect(allowed.json, allowed.text).toMatchObject({ credentials_kept: false });
    expect((await app.owner.get(`/v1/connections/${connection.id}`)).json.status).toBe('disconnected');
  });

  it('is one where what was entered as a secret would be shown from now on', async () => {
    const auth = { type: 'basic', is_username_secret: true };
    const { slug } = await made({ auth });
    await connected(slug, { username: crm.key });
    const shown = { auth: { ...auth, is_username_secret: false } };
    expect((await app.owner.patch(`/v1/custom-integrations/${slug}`, shown)).status).toBe(409);
    const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, { ...shown, confirm: true });
    expect(changed.json, changed.text).toMatchObject({ credentials_kept: false });
  });

  it('keeps them where it goes nowhere else', async () => {
    const { slug } = await made({ allowed_hosts: [elsewhere.origin] });
    const connection = await connected(slug);
    for (const change of [
      { allowed_hosts: [] },
      { headers: { 'X-Version': '2' } },
      { description: 'New.' },
    ]) {
      const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, change);
      expect(changed.json, changed.text).toMatchObject({ credentials_kept: true });
    }
    const verified = await app.owner.post(`/v1/connections/${connection.id}/verify`);
    expect(verified.json.verdict.kind).toBe('ok');
    expect(server.seen.at(-1)?.headers['x-version']).toBe('2');
  });

  it('never sends an old key to the new place, nor a new one to the old, even where the wiping is taken back', async () => {
    const { slug } = await made();
    const connection = await connected(slug);
    const { db } = app.database;
    const row = await db.system
      .selectFrom('credentials')
      .selectAll()
      .where('connection_id', '=', connection.id)
      .executeTakeFirstOrThrow();
    await app.owner.patch(`/v1/custom-integrations/${slug}`, { base_url: elsewhere.origin, confirm: true });
    // As a restored row would be.
    await db.system
      .updateTable('credentials')
      .set({ state: 'current', sealed: row.sealed, destroyed_at: null })
      .where('connection_id', '=', connection.id)
      .execute();
    await db.system
      .updateTable('connections')
      .set({ status: 'connected' })
      .where('id', '=', connection.id)
      .execute();
    elsewhere.seen.length = 0;
    await app.owner.post(`/v1/connections/${connection.id}/verify`);
    await app.owner.get(`/v1/proxy/${connection.id}/me`);
    expect(elsewhere.seen).toEqual([]);
  });

  it('is refused to whoever did not see the last one', async () => {
    const { slug } = await made();
    const first = await app.owner.patch(
      `/v1/custom-integrations/${slug}`,
      { description: 'One.' },
      { 'if-match': '"1"' },
    );
    expect(first.headers.get('etag')).toBe('"2"');
    const second = await app.owner.patch(
      `/v1/custom-integrations/${slug}`,
      { description: 'Two.' },
      { 'if-match': '"1"' },
    );
    expect(second.status).toBe(412);
    expect((await app.owner.get(`/v1/custom-integrations/${slug}`)).json.description).toBe('One.');
  });
});

describe('two processes on one database', () => {
  let other: TestApp;
  beforeAll(async () => {
    other = await startApp({
      database: app.database,
      keyFile: app.config.masterKeyFile,
      settings: {
        KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${server.port},127.0.0.1:${elsewhere.port}`,
      },
    });
  });
  afterAll(() => other.close());

  it('each hears at once of what the other describes, changes and deletes', async () => {
    const known = async (slug: string) =>
      (await other.owner.get(`/v1/integrations/${slug}`)).json.description;
    await other.owner.get('/v1/integrations');
    const { slug } = await made({ description: 'First.' });
    await expect.poll(() => known(slug)).toBe('First.');
    await app.owner.patch(`/v1/custom-integrations/${slug}`, { description: 'Second.' });
    await expect.poll(() => known(slug)).toBe('Second.');
    await app.owner.delete(`/v1/custom-integrations/${slug}`);
    await expect.poll(() => known(slug)).toBeUndefined();
  });

  it('an old key never reaches the new place, nor a new key the old one, while the other process calls all the time', async () => {
    const { slug } = await made();
    const connection = await connected(slug);
    let isOver = false;
    const statuses = new Set<number>();
    const calling = Array.from({ length: 4 }, async () => {
      while (!isOver) statuses.add((await other.owner.get(`/v1/proxy/${connection.id}/me`)).status);
    });
    await expect.poll(() => statuses.has(200)).toBe(true);
    for (let round = 0; round < 5; round += 1) {
      for (const [place, key] of [
        [elsewhere, NEW_KEY],
        [server, crm.key],
      ] as const) {
        const base_url = place.origin;
        const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, { base_url, confirm: true });
        expect(changed.status, changed.text).toBe(200);
        const again = await app.owner.post(`/v1/connections/${connection.id}/reconnect`, {
          credentials: { api_key: key },
        });
        expect(again.status, again.text).toBe(200);
      }
    }
    isOver = true;
    await Promise.all(calling);
    const keysAt = (one: Crm) => new Set(one.seen.map(({ headers }) => headers['x-acme-key']));
    expect(keysAt(elsewhere)).toEqual(new Set([NEW_KEY]));
    expect(keysAt(server)).toEqual(new Set([crm.key]));
  });
});

describe("an operator's sign-in setup", () => {
  it('serves no integration that a workspace described: its secret would go where the workspace says', async () => {
    const auth = {
      type: 'oauth2',
      authorize_url: 'https://acme.example/authorize',
      token_url: `${server.origin}/token`,
    };
    const { slug } = await made({ auth });
    await app.database.db.system
      .insertInto('oauth_operator_apps')
      .values({ integration: slug, client_id: 'the-operators', sealed: null, updated_at: new Date() })
      .execute();
    const one = await app.owner.get(`/v1/integrations/${slug}`);
    expect(one.json.auth_methods[0].setup).toMatchObject({ set_up_by: null });
    const begun = await app.owner.post('/v1/oauth/authorizations', { integration: slug });
    expect(begun.json).toMatchObject({ code: 'setup_missing' });
  });
});

describe('a client secret', () => {
  const authAt = (origin: string) => ({
    type: 'oauth2',
    authorize_url: `${origin}/authorize`,
    token_url: `${origin}/token`,
  });
  const setupOf = async (slug: string) =>
    (await app.owner.get(`/v1/integrations/${slug}`)).json.auth_methods[0].setup;
  const entered = { client_id: 'client-1', client_secret: 'fake-client-secret-0001' };

  it('that was typed for one address is not saved for another one that was entered meanwhile', async () => {
    const { slug } = await made({ auth: authAt(server.origin) });
    const { address_stamp } = await setupOf(slug);
    expect(address_stamp).toMatch(/^adr_/);
    const moved = await app.owner.patch(`/v1/custom-integrations/${slug}`, {
      auth: authAt(elsewhere.origin),
    });
    expect(moved.status, moved.text).toBe(200);
    const put = (body: object) => app.owner.request('PUT', `/v1/oauth/apps/${slug}`, { ...entered, ...body });
    const late = await put({ address_stamp });
    expect([late.status, late.json.code]).toEqual([412, 'edited_meanwhile']);
    expect((await put({ address_stamp: (await setupOf(slug)).address_stamp })).status).toBe(200);
    expect((await setupOf(slug)).set_up_by).toBe('workspace');
  });

  it('is sent to no other address than it was entered for, whatever order two admins are written in', async () => {
    const { slug } = await made({ auth: authAt(server.origin) });
    const put = await app.owner.request('PUT', `/v1/oauth/apps/${slug}`, entered);
    expect(put.status, put.text).toBe(200);
    const { system } = app.database.db;
    const { key_id: _, ...before } = await system
      .selectFrom('oauth_apps')
      .selectAll()
      .where('integration', '=', slug)
      .executeTakeFirstOrThrow();
    await app.owner.patch(`/v1/custom-integrations/${slug}`, { auth: authAt(elsewhere.origin) });
    // Whoever saved the secret had not seen the change yet, and is written after it.
    await system.insertInto('oauth_apps').values(before).execute();
    expect((await setupOf(slug)).set_up_by).toBeNull();
    const begun = await app.owner.post('/v1/oauth/authorizations', { integration: slug });
    expect([begun.status, begun.json.code]).toEqual([409, 'setup_missing']);
    // Nor does it stay when the client id is entered again without it.
    const again = await app.owner.request('PUT', `/v1/oauth/apps/${slug}`, { client_id: 'client-1' });
    expect([again.status, again.json.fields[0].path]).toEqual([400, 'client_secret']);
  });
});

describe('DELETE /v1/custom-integrations/{slug}', () => {
  it('lists what goes with it first, then deletes all of it', async () => {
    const { slug } = await made();
    const connection = await connected(slug);
    const asked = await app.owner.delete(`/v1/custom-integrations/${slug}`);
    expect(asked.json).toMatchObject({ reason: 'has_connections', affected: [{ id: connection.id }] });
    const gone = await app.owner.delete(`/v1/custom-integrations/${slug}?confirm=true`);
    expect(gone.status, gone.text).toBe(204);
    expect((await app.owner.get(`/v1/connections/${connection.id}`)).status).toBe(404);
    expect((await app.owner.get(`/v1/integrations/${slug}`)).status).toBe(404);
    expect((await app.owner.get(`/v1/custom-integrations/${slug}`)).status).toBe(404);
  });
});

describe('another workspace', () => {
  it('does not know it, and may have one of the same name', async () => {
    const { slug, name } = await made();
    expect((await stranger.get(`/v1/integrations/${slug}`)).status).toBe(404);
    expect((await stranger.get(`/v1/custom-integrations/${slug}`)).status).toBe(404);
    expect((await stranger.patch(`/v1/custom-integrations/${slug}`, { name: 'Mine' })).status).toBe(404);
    expect((await stranger.delete(`/v1/custom-integrations/${slug}?confirm=true`)).status).toBe(404);
    const connecting = await stranger.post('/v1/connections', {
      integration: slug,
      credentials: { api_key: crm.key },
    });
    expect(connecting.status).toBe(400);
    expect((await stranger.get('/v1/custom-integrations')).json.data).toEqual([]);
    const twin = await stranger.post('/v1/custom-integrations', described(elsewhere.origin, { name }));
    expect(twin.json.slug, twin.text).toBe(slug);
    expect((await app.owner.get(`/v1/custom-integrations/${slug}`)).json.base_url).toBe(server.origin);
  });

  it.each(['editor', 'viewer'] as const)(
    'is for admins: an %s may neither make nor try one',
    async (role) => {
      const member = await app.member(role);
      expect((await member.post('/v1/custom-integrations', wanted())).status).toBe(403);
      expect((await member.post('/v1/custom-integrations/test', { definition: wanted() })).status).toBe(403);
    },
  );
});
