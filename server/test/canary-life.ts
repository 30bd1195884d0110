import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import type { ServerProcess } from '../../sandbox/server-process.ts';
import { type Answer, type Client, clientOf, cookieOf } from './app.ts';
import type { Canaries } from './canary.ts';
import type { Listening } from './door.ts';

interface World {
  server: ServerProcess;
  /** Repeats whatever it is sent (parrot.ts). */
  provider: Listening;
  /** Where the server has its files. */
  home: string;
  canaries: Canaries;
}

/** Everything a person and a program do with secrets, and what goes wrong with it. */
export async function live(world: World): Promise<void> {
  const { server, canaries } = world;
  const { heard } = canaries;
  const owner = await enter(world);
  const { api, tokenId } = await makeToken(world, owner);
  const connectionId = await connectAll(world, api);
  await signInAtProvider(world, owner);
  await lookAtKeys(world, owner);
  await tellPeople(world, owner);
  await runAndExport(world, api, connectionId);
  await rotate(world, api, connectionId);
  for (const path of ['/metrics', '/openapi.json', '/docs', '/health/ready', '/'])
    await heard(clientOf(server.url, {}).get(path));
  for (const path of ['/v1/audit?limit=200', '/v1/tokens', '/v1/members', '/v1/integrations/parrot'])
    await heard(owner.get(path));
  await invite(world, owner);
  await heard(owner.get('/v1/audit?action=session'));
  await heard(owner.delete(`/v1/tokens/${tokenId}`));
  await heard(api.get('/v1/connections'));
  await heard(owner.delete('/v1/session'));
}

/** Set-up and sign-in, right and wrong; what is typed into the wrong field and sent in the wrong place. */
async function enter({ server, home, canaries }: World): Promise<Client> {
  const { plant, know, heard } = canaries;
  const code = new URL(server.setupLink ?? '').searchParams.get('code') ?? '';
  know('one-time code', code);
  know('master key', readFileSync(join(home, 'master.key'), 'utf8').trim());
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
  for (const cookie of cookies) know('session', cookie.split('=')[1] ?? '');
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
async function invite({ server, canaries }: World, owner: Client): Promise<void> {
  const { plant, know, heard } = canaries;
  const anyone = clientOf(server.url, {});
  const codeOf = (made: Answer) => {
    const code = new URL(made.json.link).searchParams.get('code') ?? '';
    know('invitation', code);
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
  know('session', cookieOf(joined).split('=')[1] ?? '');
  await accept({ code, ...vera, password: plant('password too late') });
  const open = codeOf(await owner.post('/v1/invitations', { role: 'editor' }));
  await heard(owner.get('/v1/invitations'));
  for (const { id } of (await owner.get('/v1/invitations')).json.data)
    await heard(owner.delete(`/v1/invitations/${id}`));
  await heard(anyone.get(`/v1/invitations/state?code=${open}`));
  await heard(anyone.get(`/invitation?code=${open}`));
  await heard(owner.delete(`/v1/members/${joined.json.user.id}`));
}

async function makeToken(
  { server, canaries }: World,
  owner: Client,
): Promise<{ api: Client; tokenId: string }> {
  const { know, heard } = canaries;
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
  know('token', token);
  await heard(owner.post('/v1/tokens', { name: 'program', scopes }, once));
  await heard(owner.post('/v1/tokens', { name: 'program', scopes, expires_in_days: 'soon' }, once));
  return { api: clientOf(server.url, { authorization: `Bearer ${token}` }), tokenId: id };
}

/** Keys that work, are refused, are down; of every method; with characters that encodings change. */
async function connectAll({ canaries }: World, api: Client): Promise<string> {
  const { plant, heard } = canaries;
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
async function signInAtProvider({ server, canaries }: World, owner: Client): Promise<void> {
  const { plant, know, heard } = canaries;
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
    const once = { 'idempotency-key': `sign-in-${canaries.all.length}` };
    const begun = await owner.post('/v1/oauth/authorizations', asked, once);
    await heard(owner.post('/v1/oauth/authorizations', asked, once));
    expect(begun.status, begun.text).toBe(201);
    const state = new URL(begun.json.authorization_url).searchParams.get('state') ?? '';
    const [cookie = ''] = begun.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
    know('state', state);
    know('nonce', cookie.split('=')[1] ?? '');
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
async function lookAtKeys({ canaries }: World, owner: Client): Promise<void> {
  const { plant, know, heard } = canaries;
  const passphrase = plant('passphrase', ' +/=&"<é');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const format = { type: 'pkcs8', format: 'pem' } as const;
  const pem = privateKey.export({ ...format, cipher: 'aes-256-cbc', passphrase }).toString();
  const lines = (text: string) => text.split('\n').filter((line) => line.length === 64);
  for (const line of [...lines(pem), ...lines(privateKey.export(format).toString())])
    know('line of a key file', line);
  const ask = (path: string, credentials: object, more: object = {}) =>
    heard(owner.post(`/v1/integrations/parrot/${path}`, { method: 'jwt', credentials, ...more }));
  for (const entered of [passphrase, plant('wrong passphrase')]) {
    const credentials = { client_id: 'parrot', private_key: pem, passphrase: entered };
    const looked = await ask('recognise', credentials);
    expect(looked.json.problem === null, looked.text).toBe(entered === passphrase);
    await ask('choices', credentials, { field: 'flock' });
    const once = { 'idempotency-key': `key-file-${canaries.all.length}` };
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
async function tellPeople({ provider, canaries }: World, owner: Client): Promise<void> {
  const { plant, know, heard } = canaries;
  const at = `http://127.0.0.1:${provider.port}`;
  const once = { 'idempotency-key': 'webhook' };
  const made = await owner.post('/v1/webhooks', { url: `${at}/say/hook` }, once);
  expect(made.status, made.text).toBe(201);
  const path = `/v1/webhooks/${made.json.id}`;
  const rotated = await owner.post(`${path}/rotate-secret`, undefined, { 'idempotency-key': 'rotate-hook' });
  for (const { json } of [made, rotated]) know('signing secret', json.secret);
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

async function runAndExport({ canaries }: World, api: Client, connectionId: string): Promise<void> {
  const { heard } = canaries;
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

async function rotate({ canaries }: World, api: Client, id: string): Promise<void> {
  const { plant, heard } = canaries;
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
