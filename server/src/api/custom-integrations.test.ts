import { describe, expect, it } from 'vitest';
import { crm, described } from '../../test/crm.ts';
import { app, connected, elsewhere, made, server, stranger, useTools, wanted } from './custom-under-test.ts';

useTools();

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
    [
      'an input named as something that every object has',
      { actions: [{ ...crm.find, inputs: [...crm.find.inputs, { name: 'constructor', label: 'Team' }] }] },
      400,
      'actions.0.inputs.1.name',
    ],
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
