import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../../../sandbox/start.ts';
import { type Answer, type Client, startApp, type TestApp } from '../../test/app.ts';
import { createLog } from '../lib/log.ts';

const GOOD = 'sandbox-hunter-good';
const UNKNOWN = 'con_01jd00000000000000000000zz';
let app: TestApp;
let sandbox: Sandbox;
let said = '';
let logged = '';

beforeAll(async () => {
  sandbox = await startSandbox();
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  const destination = {
    write: (line: string) => {
      logged += line;
    },
  };
  app = await startApp({
    log: createLog({ level: 'debug', destination }).log,
    settings: { KEYRAIL_UPSTREAMS: upstreams, KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts },
  });
});
afterAll(async () => {
  await app.close();
  await sandbox.close();
});

const body = (api_key: string, more: object = {}) => ({
  integration: 'hunter',
  credentials: { api_key },
  ...more,
});

/** Everything any answer said, to look for secrets in it. */
async function heard(answer: Promise<Answer>): Promise<Answer> {
  const got = await answer;
  said += got.text + JSON.stringify([...got.headers]);
  return got;
}

async function made(more: object = {}, by: Client = app.owner): Promise<Answer['json']> {
  const answer = await heard(by.post('/v1/connections', body(GOOD, more)));
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

describe('POST /v1/connections', () => {
  it('connects with a key that works and says as whom', async () => {
    const answer = await heard(app.owner.post('/v1/connections', body(` "${GOOD}"\n`, { name: 'Sales' })));
    expect(answer.status).toBe(201);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.json).toMatchObject({
      integration: 'hunter',
      name: 'Sales',
      method: 'api_key',
      is_default: true,
      status: 'connected',
      status_reason: null,
      hint: 'good',
      created_by: 'Olive Owner',
      verdict: { kind: 'ok', message: expect.stringMatching(/^Connected as .+@.+ · .+ plan · /) },
      notes: [expect.stringMatching(/around “API key” were removed/)],
      account: { name: expect.stringContaining('@') },
      dependents_count: 0,
    });
  });

  it.each([
    ['bad', 'rejected', 401],
    ['down', 'provider_error', 503],
    ['html', 'provider_error', 200],
    ['error200', 'provider_error', 200],
    ['bomb', 'provider_error', null],
    ['throttled', 'rate_limited', 403],
  ])(
    'saves nothing for a key that is %s, and answers 422 with the verdict %s',
    async (kind, verdict, status) => {
      const before = await app.owner.get('/v1/connections');
      const answer = await heard(app.owner.post('/v1/connections', body(`sandbox-hunter-${kind}`)));
      expect(answer.status).toBe(422);
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.json).toMatchObject({
        code: 'credential_rejected',
        verdict: { kind: verdict, provider_status: status, message: expect.stringContaining('Hunter.io') },
      });
      expect((await app.owner.get('/v1/connections')).text).toBe(before.text);
    },
  );

  it('saves a key without credits, and says so', async () => {
    const answer = await heard(app.owner.post('/v1/connections', body('sandbox-hunter-no-credits')));
    expect(answer.json).toMatchObject({ status: 'out_of_credits', verdict: { kind: 'out_of_credits' } });
  });

  it('saves unchecked where it is asked to, and checks later', async () => {
    const answer = await heard(
      app.owner.post('/v1/connections', body('sandbox-hunter-down', { save_unverified: true })),
    );
    expect(answer.status).toBe(201);
    expect(answer.json).toMatchObject({ status: 'unverified', verdict: { kind: 'provider_error' } });
    expect(Date.parse(answer.json.next_check_at) - Date.now()).toBeLessThan(120_000);
  });

  it.each([
    ['an unknown integration', { integration: 'nobody', credentials: {} }, 'integration'],
    ['a method it has not', body(GOOD, { method: 'basic' }), 'method'],
    ['a missing key', body(''), 'credentials.api_key'],
    [
      'a field it does not ask for',
      { integration: 'hunter', credentials: { api_key: GOOD, subdomain: 'x' } },
      'credentials.subdomain',
    ],
    ['a line break inside the key', body(`${GOOD}\r\nX-Admin: 1`), 'credentials.api_key'],
    ['a NUL inside the key', body(`sandbox\0hunter`), 'credentials.api_key'],
    ['a line separator inside the key', body(`sandbox\u2028hunter`), 'credentials.api_key'],
    ['a space inside the key', body('sandbox hunter'), 'credentials.api_key'],
    ['a key longer than a header may be', body('k'.repeat(16_385)), 'credentials.api_key'],
    ['an unknown member', body(GOOD, { socketPath: '/var/run/docker.sock' }), 'socketPath'],
    ['a name without a letter', body(GOOD, { name: ' \u200b ' }), 'name'],
  ])('refuses %s with 400, naming the field, and asks nobody', async (_what, sent, path) => {
    const calls = structuredClone(sandbox.log.counts());
    const answer = await heard(app.owner.post('/v1/connections', sent));
    expect(answer.status, answer.text).toBe(400);
    expect(answer.json.fields.map((field: { path: string }) => field.path)).toContain(path);
    expect(sandbox.log.counts()).toEqual(calls);
  });

  it('refuses a name that is taken with 409, in words', async () => {
    await made({ name: 'Taken' });
    const answer = await heard(app.owner.post('/v1/connections', body(GOOD, { name: 'TAKEN' })));
    expect([answer.status, answer.json.detail]).toEqual([409, expect.stringContaining('“TAKEN” already')]);
  });

  it('done twice with one Idempotency-Key makes one connection', async () => {
    const headers = { 'idempotency-key': 'connect-once' };
    const [first, second] = [
      await app.owner.post('/v1/connections', body(GOOD, { name: 'Once' }), headers),
      await app.owner.post('/v1/connections', body(GOOD, { name: 'Once' }), headers),
    ];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json.id).toBe(first.json.id);
  });
});

describe('the other routes', () => {
  it('read, list, rename, replace, roll back, set as default, check, disconnect, reconnect, delete', async () => {
    const { id, name } = await made();
    const at = (rest = '') => `/v1/connections/${id}${rest}`;
    const got = await heard(app.owner.get(at()));
    expect([got.status, got.json.name, got.headers.get('etag')]).toEqual([200, name, '"1"']);
    const listed = await heard(app.owner.get('/v1/connections?integration=hunter&limit=200'));
    expect(listed.json.data.map((one: { id: string }) => one.id)).toContain(id);

    const renamed = await heard(app.owner.patch(at(), { name: 'Renamed' }, { 'if-match': '"1"' }));
    expect(renamed.json).toMatchObject({ name: 'Renamed', version: 2, verdict: null, notes: [] });
    expect((await heard(app.owner.patch(at(), { name: 'Again' }, { 'if-match': '"1"' }))).status).toBe(412);

    const rotated = await heard(app.owner.patch(at(), { credentials: { api_key: `${GOOD}-2nd` } }));
    expect(rotated.json).toMatchObject({
      hint: '-2nd',
      has_previous_credential: true,
      previous_credential: { hint: 'good' },
      verdict: { kind: 'ok' },
    });
    const { replaced_at, destroyed_at } = rotated.json.previous_credential;
    expect(Date.parse(destroyed_at) - Date.parse(replaced_at)).toBe(24 * 3_600_000);
    const back = await heard(app.owner.post(at('/rollback')));
    expect(back.json).toMatchObject({ hint: 'good', verdict: { kind: 'ok' } });

    expect((await heard(app.owner.post(at('/default')))).json.is_default).toBe(true);
    expect((await heard(app.owner.post(at('/verify')))).json).toMatchObject({ id, verdict: { kind: 'ok' } });
    expect((await heard(app.owner.get(at('/dependents')))).json).toEqual({ data: [], next_cursor: null });
    expect((await heard(app.owner.get(at('/usage')))).status).toBe(200);
    const events = await heard(app.owner.get(at('/events')));
    expect(events.json.data.map((event: { kind: string }) => event.kind)).toEqual([
      'checked',
      'made_default',
      'rolled_back',
      'rotated',
      'renamed',
      'created',
    ]);

    expect((await heard(app.owner.post(at('/disconnect')))).json).toMatchObject({
      status: 'disconnected',
      hint: null,
    });
    expect((await heard(app.owner.post(at('/verify')))).json.code).toBe('connection_broken');
    const again = await heard(app.owner.post(at('/reconnect'), { credentials: { api_key: GOOD } }));
    expect(again.json).toMatchObject({ id, status: 'connected', verdict: { kind: 'ok' } });
    const unsaid = await heard(app.owner.delete(at()));
    expect([unsaid.status, unsaid.json.code, unsaid.json.reason]).toEqual([
      409,
      'conflict',
      'new_default_needed',
    ]);
    const heir = listed.json.data.find((one: { id: string }) => one.id !== id);
    expect((await heard(app.owner.delete(`${at()}?new_default=${heir.id}`))).status).toBe(204);
    expect((await heard(app.owner.get(at()))).status).toBe(404);
    expect((await heard(app.owner.get(`/v1/connections/${heir.id}`))).json.is_default).toBe(true);
  });

  it('destroy the replaced key now, or at once where it is to be kept for no time', async () => {
    const { id } = await made();
    const at = (rest = '') => `/v1/connections/${id}${rest}`;
    const next = (key: string, more = {}) =>
      heard(app.owner.patch(at(), { credentials: { api_key: `${GOOD}-${key}` }, ...more }));
    expect((await next('keep')).json.previous_credential).not.toBeNull();
    const destroyed = await heard(app.owner.post(at('/destroy-previous')));
    expect(destroyed.json).toMatchObject({ previous_credential: null, has_previous_credential: false });
    const nothing = await heard(app.owner.post(at('/destroy-previous')));
    expect([nothing.status, nothing.json.reason]).toEqual([409, 'no_previous_credential']);
    expect((await heard(app.owner.post(at('/rollback')))).json.reason).toBe('no_previous_credential');
    expect((await next('none', { keep_previous_hours: 0 })).json.previous_credential).toBeNull();
    const events = await heard(app.owner.get(at('/events')));
    expect(events.json.data.map((event: { kind: string }) => event.kind)).toContain('previous_destroyed');
  });

  it('keep the dates people enter, list them with what they are of, and take nonsense for none', async () => {
    const both = { ends_at: '2099-03-01T00:00:00Z', rotate_at: '2099-01-01T00:00:00Z' };
    const { id, rotate_at } = await made({ name: 'Dated', ...both });
    expect(rotate_at).toBe('2099-01-01T00:00:00.000Z');
    const path = `/v1/connections/${id}`;
    const dated = await heard(
      app.owner.patch(path, { rotate_at: '2099-02-01T00:00:00Z' }, { 'if-match': '"1"' }),
    );
    expect(dated.json).toMatchObject({
      ends_at: '2099-03-01T00:00:00.000Z',
      expires_at: '2099-03-01T00:00:00.000Z',
      rotate_at: '2099-02-01T00:00:00.000Z',
      status: 'connected',
      verdict: null,
      version: 2,
    });
    const { data } = (await heard(app.owner.get('/v1/expiries?from=2099-01-01T00:00:00Z'))).json;
    const subject = { kind: 'connection', id, name: 'Dated', integration: 'hunter' };
    expect(data).toMatchObject([
      { kind: 'rotation', at: '2099-02-01T00:00:00.000Z', source: 'entered', subject, dependents_count: 0 },
      { kind: 'key', at: '2099-03-01T00:00:00.000Z', next_warning_at: '2099-01-30T00:00:00.000Z', subject },
    ]);
    const audit = (await app.owner.get('/v1/audit?action=connection.dates_changed')).json.data;
    expect(audit[0]).toMatchObject({ subject: { id }, detail: { rotate_at: '2099-02-01T00:00:00.000Z' } });
    for (const ends_at of ['tomorrow', '2099-03-01', 0, '2099-13-01T00:00:00Z'])
      expect((await app.owner.patch(path, { ends_at })).json.fields[0].message).toContain(
        '2026-11-23T12:00:00Z',
      );
    const stale = await app.owner.patch(path, { ends_at: null }, { 'if-match': '"1"' });
    expect(stale.status).toBe(412);
    const cleared = await app.owner.patch(path, { ends_at: null, rotate_at: null });
    expect(cleared.json).toMatchObject({ ends_at: null, rotate_at: null, expires_at: null });
    expect((await app.owner.get('/v1/expiries?from=2099-01-01T00:00:00Z')).json.data).toEqual([]);
    expect((await app.owner.get('/v1/expiries?limit=0')).status).toBe(400);
    await app.owner.delete(path);
  });

  it('refuse all of two replacements made on one version but the first', async () => {
    const { id } = await made();
    const replaced = await Promise.all(
      ['one', 'two', 'three'].map((key) =>
        app.owner.patch(
          `/v1/connections/${id}`,
          { credentials: { api_key: `${GOOD}-${key}` } },
          { 'if-match': '"1"' },
        ),
      ),
    );
    expect(replaced.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    const winner = replaced.find(({ status }) => status === 200)?.json;
    const now = (await app.owner.get(`/v1/connections/${id}`)).json;
    expect(now).toMatchObject({ hint: winner.hint, version: 2, previous_credential: { hint: 'good' } });
  });

  it('list the connected apps and count connections in the catalog', async () => {
    await made();
    const apps = await heard(app.owner.get('/v1/connections/apps'));
    expect(apps.json.data).toMatchObject([{ integration: 'hunter', connection_count: expect.any(Number) }]);
    const found = await heard(app.owner.get('/v1/integrations?search=huntr'));
    expect(found.json.data[0]).toMatchObject({
      slug: 'hunter',
      connection_count: apps.json.data[0].connection_count,
    });
    const one = await heard(app.owner.get('/v1/integrations/hunter'));
    expect(one.json).toMatchObject({
      key_location: 'Dashboard > API key',
      auth_methods: [
        {
          kind: 'api_key',
          is_available: true,
          fields: [{ name: 'api_key', is_secret: true, is_required: true }],
        },
      ],
      actions: expect.arrayContaining([
        expect.objectContaining({ name: 'find_email', outputs: expect.any(Array) }),
      ]),
    });
    expect((await heard(app.owner.get('/v1/integrations/nobody'))).status).toBe(404);
    const page = await heard(app.owner.get('/v1/integrations?limit=2'));
    const rest = await heard(app.owner.get(`/v1/integrations?limit=200&cursor=${page.json.next_cursor}`));
    expect(page.json.data.length + rest.json.data.length).toBe(page.json.categories.reduce(sum, 0));
    expect((await heard(app.owner.get('/v1/integrations?cursor=x'))).status).toBe(400);
    const named = await heard(app.owner.get('/v1/integrations?slugs=hunter,nobody,gone'));
    expect(named.json).toMatchObject({ data: [{ slug: 'hunter' }], next_cursor: null });
    expect(named.json.data).toHaveLength(1);
  });
});

const sum = (total: number, { count }: { count: number }) => total + count;

const routes = (id: string): [string, string, unknown?][] => [
  ['GET', `/v1/connections/${id}`],
  ['PATCH', `/v1/connections/${id}`, { name: 'Mine' }],
  ['PATCH', `/v1/connections/${id}`, { credentials: { api_key: GOOD } }],
  ['DELETE', `/v1/connections/${id}`],
  ['POST', `/v1/connections/${id}/verify`],
  ['POST', `/v1/connections/${id}/default`],
  ['POST', `/v1/connections/${id}/disconnect`],
  ['POST', `/v1/connections/${id}/reconnect`, { credentials: { api_key: GOOD } }],
  ['POST', `/v1/connections/${id}/rollback`],
  ['GET', `/v1/connections/${id}/dependents`],
  ['GET', `/v1/connections/${id}/events`],
  ['GET', `/v1/connections/${id}/usage`],
];

describe('whoever may not', () => {
  it('is told 401 without a sign-in, and 403 with a token that may only read', async () => {
    const { id } = await made();
    const reader = await app.token(['connections:read']);
    const paths = [...routes(id), ['POST', '/v1/connections', body(GOOD)] as const];
    for (const [method, path, sent] of paths) {
      expect((await heard(app.anonymous.request(method, path, sent))).status, path).toBe(401);
      const allowed = method === 'GET' ? 200 : 403;
      expect((await heard(reader.request(method, path, sent))).status, `${method} ${path}`).toBe(allowed);
    }
    const other = await app.token(['tables:read']);
    expect((await heard(other.get('/v1/connections'))).status).toBe(403);
    expect((await heard(other.get('/v1/integrations'))).status).toBe(403);
  });

  it('is told 404 for an id that is unknown or no id, with the same words', async () => {
    for (const id of [UNKNOWN, 'nonsense', '%00', '..%2F..%2Fetc']) {
      for (const [method, path, sent] of routes(id)) {
        const answer = await heard(app.owner.request(method, path, sent));
        expect(answer.status, `${method} ${path}`).toBe(404);
        expect(answer.json.code).toBe('not_found');
      }
    }
  });
});

describe('a secret that was entered', () => {
  const secret = /sandbox-hunter-(good|bad|down|bomb|html|throttled|no-credits)/;

  it('is in no answer of any of these routes', () => {
    expect(said.length).toBeGreaterThan(10_000);
    expect(said).not.toMatch(secret);
  });

  it('is in no line of the log, at any level', () => {
    expect(logged).toContain('/v1/connections');
    expect(logged).not.toMatch(secret);
  });

  it('is in no table, jobs and audit log included, other than sealed', async () => {
    const { rows } = await app.database.db.systemPool.query<{ text: string }>(
      `select query_to_xml(format('select * from %I.%I', schemaname, tablename), true, false, '')::text as text
       from pg_tables where schemaname in ('public', 'graphile_worker')`,
    );
    const stored = rows.map((row) => row.text).join('\n');
    expect(stored).toMatch(/v1\.[a-z]{2}_[0-9a-z]+\.[A-Za-z0-9_-]{40}/);
    expect(stored).toContain('connection.created');
    expect(stored).not.toMatch(secret);
  });
});
