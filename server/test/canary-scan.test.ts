import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ServerProcess, startServerProcess } from '../../sandbox/server-process.ts';
import { type Answer, type Client, clientOf, cookieOf } from './app.ts';
import { type Canary, type Finding, formsOf, search } from './canary.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { type Listening, listenOn } from './door.ts';

/**
 * Secrets nobody else has are put through everything that takes one, at a provider that repeats whatever it is
 * sent, in every form; then nothing that the server said, stored or answered may hold one.
 */
const MARK = `cnry${randomBytes(6).toString('hex')}`;
const canaries: Canary[] = [];
let home: string;
let database: TestDatabase;
let provider: Listening;
let server: ServerProcess;
/** Every answer, whole, as far as nobody is meant to have it. */
let transcript = '';

function plant(name: string, more = ''): string {
  const secret = `${MARK}${name.replaceAll(/\W/g, '')}${randomBytes(9).toString('hex')}${more}`;
  canaries.push({ name, secret });
  return secret;
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyrail-canary-'));
  database = await freshDatabase();
  provider = await listenOn(careless());
  mkdirSync(join(home, 'catalog'));
  mkdirSync(join(home, 'tmp'));
  writeFileSync(join(home, 'catalog', 'parrot.yaml'), JSON.stringify(parrot(provider.port)));
  server = await startServerProcess({
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    DATABASE_URL: database.url,
    KEYRAIL_DATA_DIR: join(home, 'data'),
    KEYRAIL_MASTER_KEY_FILE: join(home, 'master.key'),
    KEYRAIL_CATALOG_DIR: join(home, 'catalog'),
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${provider.port}`,
    KEYRAIL_LOG_LEVEL: 'debug',
  });
  await live();
  await server.stop();
}, 120_000);

afterAll(async () => {
  await server?.stop();
  await provider?.close();
  await database?.close();
  rmSync(home, { recursive: true, force: true });
});

test('no secret is in what the server said, at any level', () => {
  const said = server.said().replaceAll(/^.*\/setup\?code=.*$/gm, '');
  expect(said).toContain('"route":"/v1/connections"');
  expect(search('output', said, canaries)).toEqual([]);
});

test('no secret is in any answer but the one that gives it out', () => {
  expect(transcript.length).toBeGreaterThan(20_000);
  for (const part of [
    'credential_rejected',
    'event: end',
    '"verdict"',
    'keyrail_http_request_seconds',
    '"openapi"',
  ])
    expect(transcript).toContain(part);
  expect(search('answers', transcript, canaries)).toEqual([]);
});

test('no secret is in any table of any schema, jobs and audit log among them', async () => {
  const { found, tables } = await searchTables();
  expect(tables).toBeGreaterThan(20);
  expect(found).toEqual([]);
});

test('no secret is in a file: the data folder, temporary files, the files of the database and its log ahead of writing', async () => {
  const { rows } = await sql<{ folder: string; oid: string; wal: number }>`
    select current_setting('data_directory') as folder, oid::text, pg_switch_wal()::text as wal
    from pg_database where datname = current_database()`.execute(database.db.system);
  const { folder = '', oid = '' } = rows[0] ?? {};
  await sql`checkpoint`.execute(database.db.system);
  const mark = [{ name: 'any of them', secret: MARK }];
  const ours = searchFolder(home, canaries, (name) => name === 'master.key');
  const theirs = [join(folder, 'pg_wal'), join(folder, 'base', oid)].map((one) => searchFolder(one, mark));
  expect(theirs.every(({ files }) => files > 0)).toBe(true);
  expect([...ours.found, ...theirs.flatMap(({ found }) => found)]).toEqual([]);
});

test('a secret that is planted in a line, a table or a file is found, in every form', async () => {
  const [first] = canaries;
  if (!first) throw new Error('nothing was planted');
  for (const [form, text] of formsOf(first.secret))
    expect(search('line', `before ${text} behind`, canaries), form).toHaveLength(1);
  for (const offset of [0, 1, 2]) {
    const around = Buffer.from(`${'x'.repeat(offset)}${first.secret}yyy`).toString('base64');
    expect(search('line', around, canaries), `base64 at ${offset}`).toHaveLength(1);
  }
  const { system } = database.db;
  await sql`create schema planted`.execute(system);
  await sql`create table planted.notes (raw bytea, more jsonb)`.execute(system);
  await sql`insert into planted.notes values (${Buffer.from(first.secret)}, null)`.execute(system);
  expect((await searchTables()).found).toMatchObject([{ place: 'planted.notes', form: 'hex' }]);
  await sql`update planted.notes set raw = null, more = ${JSON.stringify({ a: [first.secret] })}`.execute(
    system,
  );
  expect((await searchTables()).found).toMatchObject([{ place: 'planted.notes', form: 'plain' }]);
  await sql`drop schema planted cascade`.execute(system);
  writeFileSync(join(home, 'tmp', 'dump'), `x${first.secret}`);
  expect(searchFolder(home, canaries, (name) => name === 'master.key').found).toHaveLength(1);
  rmSync(join(home, 'tmp', 'dump'));
});

/** Everything a person and a program do with secrets, and what goes wrong with it. */
async function live(): Promise<void> {
  const owner = await enter();
  const { api, tokenId } = await makeToken(owner);
  const connectionId = await connectAll(api);
  await signInAtProvider(owner);
  await lookAtKeys(owner);
  await tellPeople(owner);
  await runAndExport(api, connectionId);
  await rotate(api, connectionId);
  for (const path of ['/metrics', '/openapi.json', '/docs', '/health/ready', '/'])
    await heard(clientOf(server.url, {}).get(path));
  for (const path of ['/v1/audit?limit=200', '/v1/tokens', '/v1/members', '/v1/integrations/parrot'])
    await heard(owner.get(path));
  await invite(owner);
  await heard(owner.get('/v1/audit?action=session'));
  await heard(owner.delete(`/v1/tokens/${tokenId}`));
  await heard(api.get('/v1/connections'));
  await heard(owner.delete('/v1/session'));
}

/** Set-up and sign-in, right and wrong; what is typed into the wrong field and sent in the wrong place. */
async function enter(): Promise<Client> {
  const code = new URL(server.setupLink ?? '').searchParams.get('code') ?? '';
  canaries.push({ name: 'one-time code', secret: code });
  canaries.push({ name: 'master key', secret: readFileSync(join(home, 'master.key'), 'utf8').trim() });
  const anyone = clientOf(server.url, {});
  const email = 'olive@example.com';
  const password = plant('password', ' +/=&"<é');
  const person = { name: 'Olive', email, password, workspace_name: 'Acme' };
  await heard(anyone.post('/v1/setup', { ...person, code: plant('wrong code') }));
  const opened = await heard(anyone.post('/v1/setup', { ...person, code }));
  expect(opened.status, opened.text).toBe(201);
  await heard(anyone.post('/v1/setup', { ...person, code }));
  await heard(anyone.post('/v1/session', { email, password: plant('wrong password') }));
  await heard(anyone.post('/v1/session', { email: plant('password as address'), password: 'x' }));
  const session = await heard(anyone.post('/v1/session', { email, password }));
  const cookies = [cookieOf(opened), cookieOf(session)];
  for (const cookie of cookies) canaries.push({ name: 'session', secret: cookie.split('=')[1] ?? '' });
  await heard(clientOf(server.url, { cookie: `keyrail=${plant('wrong session')}` }).get('/v1/session'));
  await heard(clientOf(server.url, { authorization: `Bearer ${plant('wrong token')}` }).get('/v1/workspace'));
  await heard(clientOf(server.url, { authorization: `Basic ${plant('basic')}` }).get('/v1/workspace'));
  await heard(anyone.get(`/v1/workspace?api_key=${plant('key in an address')}`));
  await heard(anyone.get(`/v1/${plant('key in a path')}`));
  return clientOf(server.url, {
    cookie: cookies[1] ?? '',
    'keyrail-workspace': opened.json.workspaces[0].id,
  });
}

/** Links that are used, half used, repeated and withdrawn; passwords of people who come by one. */
async function invite(owner: Client): Promise<void> {
  const anyone = clientOf(server.url, {});
  const codeOf = (made: Answer) => {
    const code = new URL(made.json.link).searchParams.get('code') ?? '';
    canaries.push({ name: 'invitation', secret: code });
    return code;
  };
  const once = { 'idempotency-key': 'invite' };
  const code = codeOf(await owner.post('/v1/invitations', { role: 'viewer', note: 'Vera' }, once));
  await heard(owner.post('/v1/invitations', { role: 'viewer', note: 'Vera' }, once));
  await heard(anyone.get(`/v1/invitations/state?code=${code}`));
  await heard(anyone.get(`/v1/invitations/state?code=${plant('wrong invitation')}`));
  const vera = { name: 'Vera', email: 'vera@example.com' };
  const accept = (body: object) => heard(anyone.post('/v1/invitations/accept', body));
  await accept({ code, ...vera });
  await accept({ code, ...vera, password: plant('password without a link'), role: 'owner' });
  await accept({ code: plant('wrong code of a link'), ...vera, password: plant('password for nothing') });
  await accept({ code, ...vera, email: 'olive@example.com', password: plant('password of a thief') });
  const joined = await accept({ code, ...vera, password: plant("a member's password") });
  expect(joined.status, joined.text).toBe(201);
  canaries.push({ name: 'session', secret: cookieOf(joined).split('=')[1] ?? '' });
  await accept({ code, ...vera, password: plant('password too late') });
  const open = codeOf(await owner.post('/v1/invitations', { role: 'editor' }));
  await heard(owner.get('/v1/invitations'));
  for (const { id } of (await owner.get('/v1/invitations')).json.data)
    await heard(owner.delete(`/v1/invitations/${id}`));
  await heard(anyone.get(`/v1/invitations/state?code=${open}`));
  await heard(anyone.get(`/invitation?code=${open}`));
  await heard(owner.delete(`/v1/members/${joined.json.user.id}`));
}

async function makeToken(owner: Client): Promise<{ api: Client; tokenId: string }> {
  const scopes = [
    'integrations:read',
    'connections:read',
    'connections:write',
    'connections:use',
    'tables:read',
    'tables:write',
    'runs:write',
    'audit:read',
  ];
  const once = { 'idempotency-key': 'make-token' };
  const made = await owner.post('/v1/tokens', { name: 'program', scopes }, once);
  expect(made.status, made.text).toBe(201);
  const { token, id } = made.json;
  canaries.push({ name: 'token', secret: token });
  await heard(owner.post('/v1/tokens', { name: 'program', scopes }, once));
  await heard(owner.post('/v1/tokens', { name: 'program', scopes, expires_in_days: 'soon' }, once));
  return { api: clientOf(server.url, { authorization: `Bearer ${token}` }), tokenId: id };
}

/** Keys that work, are refused, are down; of every method; with characters that encodings change. */
async function connectAll(api: Client): Promise<string> {
  const connect = (name: string, method: string, credentials: object, more: object = {}) =>
    heard(
      api.post(
        '/v1/connections',
        { integration: 'parrot', name, method, credentials, ...more },
        { 'idempotency-key': `connect-${name}` },
      ),
    );
  const key = plant('key', 'good+/=&"<%');
  const made = await connect('Good', 'api_key', { api_key: ` "${key}"\n` });
  expect(made.status, made.text).toBe(201);
  await connect('Good', 'api_key', { api_key: key });
  expect((await connect('Wrong', 'api_key', { api_key: plant('wrong key', 'bad+/=') })).status).toBe(422);
  expect((await connect('Down', 'api_key', { api_key: plant('key while down', 'down+/=') })).status).toBe(
    422,
  );
  const kept = await connect(
    'Kept',
    'api_key',
    { api_key: plant('key kept unchecked', 'down') },
    { save_unverified: true },
  );
  expect(kept.status, kept.text).toBe(201);
  await connect('Html', 'api_key', { api_key: plant('key answered with HTML', 'html') });
  await connect('Unsendable', 'api_key', { api_key: `${plant('key that cannot be sent')}\r\nX: 1` });
  const basic = { user: 'jane', password: plant('basic password', 'good:é') };
  expect((await connect('Basic', 'basic', basic)).status).toBe(201);
  await connect('Basic wrong', 'basic', { user: 'jane', password: plant('wrong basic password', 'bad') });
  await heard(
    api.post('/v1/connections', { integration: 'parrot', credentials: plant('key in the wrong place') }),
  );
  await heard(
    api.post(
      '/v1/connections',
      `{"integration": "parrot", "credentials": {"api_key": "${plant('key in broken JSON')}`,
      { 'content-type': 'application/json' },
    ),
  );
  return made.json.id;
}

/** A sign-in setup; sign-ins that work, that fail with every secret in the provider's words, and that nobody began. */
async function signInAtProvider(owner: Client): Promise<void> {
  const setup = (client_id: string, name: string) =>
    heard(
      owner.request('PUT', '/v1/oauth/apps/parrot', { client_id, client_secret: plant(name, '+/=&"<%') }),
    );
  expect((await setup('parrot-client', 'client secret')).status).toBe(200);
  await setup('parrot\nclient', 'client secret refused');
  // The provider answers with all it was sent, and does not know what to make of a made-up token: it is saved unchecked.
  expect((await setup('parrot-client', 'client secret not saved')).status).toBe(422);
  const replaced = {
    client_id: 'parrot-client',
    client_secret: plant('client secret replaced', '+/=&"<%'),
    save_unverified: true,
  };
  const put = () => heard(owner.request('PUT', '/v1/oauth/apps/parrot', replaced));
  expect((await put()).status).toBe(200);
  expect((await heard(owner.post('/v1/oauth/apps/parrot/rollback'))).status).toBe(200);
  expect((await heard(owner.post('/v1/oauth/apps/parrot/destroy-previous'))).status).toBe(200);
  await heard(owner.get('/v1/oauth/apps'));
  const come = async (code: string, error?: (secret: string) => string) => {
    const asked = { integration: 'parrot', method: 'oauth2' };
    const once = { 'idempotency-key': `sign-in-${canaries.length}` };
    const begun = await owner.post('/v1/oauth/authorizations', asked, once);
    await heard(owner.post('/v1/oauth/authorizations', asked, once));
    expect(begun.status, begun.text).toBe(201);
    const state = new URL(begun.json.authorization_url).searchParams.get('state') ?? '';
    const [cookie = ''] = begun.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    canaries.push({ name: 'state', secret: state }, { name: 'nonce', secret: cookie.split('=')[1] ?? '' });
    const query = new URLSearchParams({ state, ...(error ? { error: error(state) } : { code }) });
    const browser = clientOf(server.url, { cookie: `${owner.headers.cookie}; ${cookie}` });
    await heard(browser.get(`/oauth/callback/parrot?${query}`));
    await heard(browser.get(`/oauth/callback/parrot?${query}`));
    await heard(browser.get(`/oauth/done/${begun.json.id}`));
    return (await heard(owner.get(`/v1/oauth/authorizations/${begun.json.id}`))).json;
  };
  const made = await come(plant('code', 'good'));
  expect(made.state, JSON.stringify(made)).toBe('connected');
  expect((await come(plant('wrong code of a sign-in', 'bad'))).reason).toBe('rejected');
  expect((await come(plant('code while down', 'down'))).reason).toBe('provider_error');
  expect((await come('', (state) => `strange ${state}`)).reason).toBe('provider_error');
  const at = `/v1/connections/${made.connection_id}`;
  for (const path of ['', '/events']) await heard(owner.get(`${at}${path}`));
  for (const deed of ['verify', 'disconnect']) await heard(owner.post(`${at}/${deed}`));
}

/** A key file that is looked at, asked a list with, refused and saved; its passphrase, right and wrong. */
async function lookAtKeys(owner: Client): Promise<void> {
  const passphrase = plant('passphrase', ' +/=&"<é');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const format = { type: 'pkcs8', format: 'pem' } as const;
  const pem = privateKey.export({ ...format, cipher: 'aes-256-cbc', passphrase }).toString();
  const lines = (text: string) => text.split('\n').filter((line) => line.length === 64);
  for (const line of [...lines(pem), ...lines(privateKey.export(format).toString())])
    canaries.push({ name: 'line of a key file', secret: line });
  const ask = (path: string, credentials: object, more: object = {}) =>
    heard(owner.post(`/v1/integrations/parrot/${path}`, { method: 'jwt', credentials, ...more }));
  for (const entered of [passphrase, plant('wrong passphrase')]) {
    const credentials = { client_id: 'parrot', private_key: pem, passphrase: entered };
    const looked = await ask('recognise', credentials);
    expect(looked.json.problem === null, looked.text).toBe(entered === passphrase);
    await ask('choices', credentials, { field: 'flock' });
    const once = { 'idempotency-key': `key-file-${canaries.length}` };
    const body = {
      integration: 'parrot',
      name: 'Key file',
      method: 'jwt',
      credentials,
      save_unverified: true,
    };
    await heard(owner.post('/v1/connections', body, once));
  }
  const damaged = await ask('recognise', { client_id: 'parrot', private_key: pem.slice(0, 150), passphrase });
  expect(damaged.json.problem.message).toMatch(/cut off/);
}

/** Where notices go, what they are signed with, and what comes of sending them. */
async function tellPeople(owner: Client): Promise<void> {
  const at = `http://127.0.0.1:${provider.port}`;
  const once = { 'idempotency-key': 'webhook' };
  const made = await owner.post('/v1/webhooks', { url: `${at}/say/hook` }, once);
  expect(made.status, made.text).toBe(201);
  const path = `/v1/webhooks/${made.json.id}`;
  const rotated = await owner.post(`${path}/rotate-secret`, undefined, { 'idempotency-key': 'rotate-hook' });
  for (const { json } of [made, rotated]) canaries.push({ name: 'signing secret', secret: json.secret });
  expect((await heard(owner.post('/v1/webhooks', { url: `${at}/say/hook` }, once))).json.secret).toBeNull();
  await heard(owner.post(`${path}/rotate-secret`, undefined, { 'idempotency-key': 'rotate-hook' }));
  const url = `https://127.0.0.1:${provider.port}/services/${plant('chat address')}`;
  const chat = await heard(
    owner.post(
      '/v1/notification-channels',
      { kind: 'slack', name: 'Chat', url },
      { 'idempotency-key': 'chat' },
    ),
  );
  expect(chat.status, chat.text).toBe(201);
  const moved = `${url}${plant('another chat address')}`;
  await heard(owner.patch(`/v1/notification-channels/${chat.json.id}`, { url: moved }));
  await heard(
    owner.patch(`/v1/notification-channels/${chat.json.id}`, { url: `${moved}\n${plant('no address')}` }),
  );
  for (const one of [path, `/v1/notification-channels/${chat.json.id}`])
    await heard(owner.post(`${one}/test`));
  const sent = async () => (await owner.get('/v1/deliveries')).json.data as { last_answer: string | null }[];
  while ((await sent()).some(({ last_answer: answer }) => answer === null)) await setTimeout(50);
  for (const one of ['deliveries', 'notices', 'expiries', 'webhooks', 'notification-channels'])
    await heard(owner.get(`/v1/${one}`));
}

async function runAndExport(api: Client, connectionId: string): Promise<void> {
  const table = (await heard(api.post('/v1/tables', { name: 'Leads' }))).json;
  const imported = await heard(
    api.post(`/v1/tables/${table.id}/import`, 'Word\nhello\nfail\n', { 'content-type': 'text/csv' }),
  );
  expect(imported.status, imported.text).toBe(200);
  const [word] = (await heard(api.get(`/v1/tables/${table.id}`))).json.columns;
  const echo = (await heard(api.post(`/v1/tables/${table.id}/columns`, { name: 'Echo', type: 'text' }))).json;
  const action = {
    integration: 'parrot',
    action: 'repeat',
    connection_id: connectionId,
    inputs: { word: { kind: 'column', column_id: word.id } },
    outputs: { echo: echo.id },
  };
  const rows = (await heard(api.get(`/v1/tables/${table.id}/rows`))).json.data;
  const tried = await heard(api.post(`/v1/tables/${table.id}/tryouts`, { action, row_id: rows[0].id }));
  expect(tried.json.state, tried.text).toBe('done');
  const column = (
    await heard(api.post(`/v1/tables/${table.id}/columns`, { name: 'Repeat', type: 'action', action }))
  ).json;
  const run = (await heard(api.post(`/v1/tables/${table.id}/columns/${column.id}/runs`, { scope: 'all' })))
    .json;
  await heard(api.get(`/v1/runs/${run.id}/events`));
  for (const row of rows) await heard(api.get(`/v1/tables/${table.id}/rows/${row.id}/cells/${column.id}`));
  for (const path of ['rows', 'export']) await heard(api.get(`/v1/tables/${table.id}/${path}`));
  for (const path of ['', '/events', '/usage', '/dependents'])
    await heard(api.get(`/v1/connections/${connectionId}${path}`));
}

async function rotate(api: Client, id: string): Promise<void> {
  const at = `/v1/connections/${id}`;
  const patch = (api_key: string) => heard(api.patch(at, { credentials: { api_key } }));
  expect((await patch(plant('rotated key', 'good'))).status).toBe(200);
  expect((await patch(plant('key refused in rotation', 'bad'))).status).toBe(422);
  for (const deed of ['verify', 'rollback', 'disconnect']) await heard(api.post(`${at}/${deed}`));
  const again = plant('key entered again', 'good');
  expect((await heard(api.post(`${at}/reconnect`, { credentials: { api_key: again } }))).status).toBe(200);
  const { data } = (await heard(api.get('/v1/connections'))).json;
  const heir = data.find((one: { id: string }) => one.id !== id).id;
  expect((await heard(api.delete(`${at}?new_default=${heir}`))).status).toBe(204);
}

/** Cookies and the token shown once are meant for whoever asked; all else is searched. */
async function heard(asked: Promise<Answer>): Promise<Answer> {
  const answer = await asked;
  const headers = [...answer.headers].filter(([name]) => name !== 'set-cookie');
  transcript += `${JSON.stringify(headers)}\n${answer.text}\n`;
  return answer;
}

async function searchTables(): Promise<{ found: Finding[]; tables: number }> {
  const { rows } = await sql<{ name: string; text: string | null }>`
    select format('%I.%I', schemaname, tablename) as name,
      query_to_xml(format('select t::text from %I.%I t', schemaname, tablename), true, false, '')::text as text
    from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`.execute(database.db.system);
  const texts = rows.map(({ name, text }) => ({ name, text: unescaped(text ?? '') }));
  return { found: texts.flatMap(({ name, text }) => search(name, text, canaries)), tables: rows.length };
}

/** Out of XML, and out of the quotes a row written as text doubles. */
function unescaped(text: string): string {
  const plain = text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
  return `${plain}\n${plain.replaceAll('""', '"').replaceAll('\\\\', '\\')}`;
}

function searchFolder(
  folder: string,
  secrets: readonly Canary[],
  isMeant: (name: string) => boolean = () => false,
): { found: Finding[]; files: number } {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !isMeant(entry.name));
  const found = files.flatMap(({ parentPath, name }) =>
    search(name, readIfThere(join(parentPath, name)), secrets),
  );
  return { found, files: files.length };
}

/** The database takes its files away as it likes. */
function readIfThere(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
}

/** A provider that repeats what it is sent, in every form it can think of, in good answers and bad ones. */
function careless() {
  return createServer(async (request, response) => {
    if (request.url === '/token') return carelessTokens(request, response);
    const key = String(request.headers['x-api-key'] ?? '');
    const [scheme, shown = ''] = (request.headers.authorization ?? '').split(' ');
    const basic = scheme === 'Bearer' ? '' : shown;
    const bearer = scheme === 'Bearer' ? shown : '';
    const sent = `${key}${bearer}${Buffer.from(basic, 'base64').toString('utf8').replace('jane:', '')}`;
    const echo = [
      request.url,
      request.headers.authorization,
      ...formsOf(sent).flatMap(([form, text]) => (form === 'in JSON in JSON' ? [] : text)),
    ].join(' ');
    const verdict = sent.includes('good') ? 200 : sent.includes('down') ? 503 : 401;
    const status = request.url?.includes('fail') ? 400 : verdict;
    if (sent.endsWith('html'))
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${echo}`);
    const headers = {
      'content-type': 'application/json',
      'x-echo': encodeURIComponent(sent),
      location: `/?k=${encodeURIComponent(sent)}`,
    };
    // Upper case, and not all of it: no list of forms has this one, only whoever reads the JSON.
    const spelled = [...sent]
      .map((one, at) => (at % 2 && /\w/.test(one) ? one : `\\u${hex4(one).toUpperCase()}`))
      .join('');
    const body = { echo, email: 'jane@acme.example', error: { message: echo } };
    const text = JSON.stringify(body).replace('{', `{"spelled":"${status === 200 ? spelled : ''}",`);
    response.writeHead(status, headers).end(text);
  });
}

/** Its token endpoint: tokens for a good code; for any other all it was sent, in every form, as its words. */
async function carelessTokens(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const part of request) body += part;
  const sent = [...new URLSearchParams(body).values()];
  const isGood = sent.some((one) => one.endsWith('good'));
  const isDown = sent.some((one) => one.endsWith('down'));
  response.writeHead(isGood ? 200 : isDown ? 503 : 400, { 'content-type': 'application/json' });
  const verifier = new URLSearchParams(body).get('code_verifier');
  if (verifier) canaries.push({ name: 'verifier', secret: verifier });
  const words = sent.flatMap((one) => formsOf(one).map(([, text]) => text)).join(' ');
  const failed = { error: 'invalid_grant', error_description: words, message: body };
  const tokens = () => ({
    access_token: plant('access token', 'good'),
    refresh_token: plant('refresh token'),
    expires_in: 3600,
    scope: 'read',
  });
  response.end(JSON.stringify(isGood ? tokens() : failed));
}

function hex4(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}

function parrot(port: number): object {
  const field = (name: string, secret: boolean) => ({ name, label: name, secret });
  return {
    slug: 'parrot',
    name: 'Parrot',
    category: 'Test',
    description: 'Repeats what it hears.',
    homepage: 'https://parrot.example',
    docs_url: 'https://parrot.example/docs',
    icon: { text: 'P', color: '#123456' },
    base_url: `http://127.0.0.1:${port}`,
    auth: [
      {
        type: 'api_key',
        fields: [field('api_key', true)],
        send: [
          { in: 'header', name: 'X-Api-Key', value: '{api_key}' },
          { in: 'query', name: 'token', value: '{api_key}' },
        ],
        key_help: { location: 'Settings', url: 'https://parrot.example/keys' },
      },
      {
        type: 'basic',
        fields: [field('user', false), field('password', true)],
        username: '{user}',
        password: '{password}',
      },
      {
        type: 'oauth2',
        authorize_url: `http://127.0.0.1:${port}/authorize`,
        token_url: `http://127.0.0.1:${port}/token`,
        scopes: ['read'],
      },
      {
        type: 'service_account',
        id: 'jwt',
        kind: 'jwt_bearer',
        label: 'Key file',
        fields: [
          field('client_id', false),
          { ...field('private_key', true), kind: 'file' },
          { ...field('passphrase', true), required: false },
        ],
        token_url: `http://127.0.0.1:${port}/token`,
        assertion: { issuer: '{client_id}', lifetime_seconds: 60 },
      },
    ],
    connection_fields: [
      {
        name: 'flock',
        label: 'Flock',
        methods: ['jwt'],
        required: false,
        listed_from: { request: { method: 'GET', path: '/flocks' }, value: 'id', label: 'name' },
      },
    ],
    probe: { request: { method: 'GET', path: '/me' }, account: { label: 'email' } },
    actions: [
      {
        name: 'repeat',
        label: 'Repeat',
        description: 'Says it again.',
        primary: true,
        request: { method: 'GET', path: '/say/{word}' },
        inputs: [{ name: 'word', label: 'Word', type: 'text', required: true }],
        outputs: [
          { name: 'echo', label: 'Echo', type: 'text', path: 'echo', primary: true },
          { name: 'spelled', label: 'Spelled', type: 'text', path: 'spelled' },
        ],
        repeatable: true,
      },
    ],
    sources: [{ at: 'a test', for: ['auth'] }],
    checked: '2026-01-01',
  };
}
