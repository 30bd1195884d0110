import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { type Client, clientOf } from './app.ts';
import type { AuthorizationServer, AuthorizationServerOptions } from './authorization-server.ts';
import { expire } from './chaos/expire.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { type SignInTrial, startSignInTrial, WHO_AM_I } from './sign-in-trial.ts';
import { setOff, until } from './until.ts';

/** Real processes on one database, and a real authorization server that counts what it is asked. */
const running: { trial: SignInTrial; others: ServerProcess[] }[] = [];
afterEach(async () => {
  for (const { trial, others } of running.splice(0)) {
    await Promise.all(others.map((one) => one.end('SIGKILL')));
    await trial.close();
  }
});

const clientCredentials = ({ tokenUrl }: AuthorizationServer) => `
  - type: oauth2_client_credentials
    fields:
      - { name: client_id, label: Client ID, secret: false }
      - { name: client_secret, label: Client secret }
    token_url: ${tokenUrl}
    scopes:
      - { name: contacts.read }
`;

async function start(
  provider: AuthorizationServerOptions,
  processes: number,
  settings: Record<string, string> = {},
) {
  const trial = await startSignInTrial({ provider, methods: clientCredentials, file: WHO_AM_I });
  const { config } = trial.app;
  const others = Array.from({ length: processes }, () =>
    startServer({
      HOME: config.dataDir,
      DATABASE_URL: trial.app.database.url,
      KEYRAIL_DATA_DIR: config.dataDir,
      KEYRAIL_MASTER_KEY_FILE: config.masterKeyFile,
      KEYRAIL_CATALOG_DIR: config.catalogDir ?? '',
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${trial.provider.port}`,
      KEYRAIL_REQUESTS_PER_SECOND: '10000',
      ...settings,
    }),
  );
  running.push({ trial, others });
  const { headers } = await trial.app.token();
  const clients = await Promise.all(others.map(async (one) => clientOf(await one.url(), headers)));
  return { trial, others, clients, provider: trial.provider };
}

async function connected({ app, signIn }: SignInTrial): Promise<string> {
  const { id } = await signIn();
  return (await app.owner.get(`/v1/oauth/authorizations/${id}`)).json.connection_id;
}

const me = (client: Client, id: string) => client.get(`/v1/proxy/${id}/me`);

test('two processes that use one connection renew its token once for each expiry, and no call fails', async () => {
  const { trial, clients, provider } = await start({ strict: true }, 2);
  const id = await connected(trial);
  const before = provider.tokenRequests.length;
  const statuses: number[] = [];
  let isOver = false;
  const caller = async (client: Client) => {
    while (!isOver) {
      statuses.push((await me(client, id)).status);
      await sleep(20);
    }
  };
  const callers = clients.flatMap((client) => [caller(client), caller(client), caller(client)]);
  const { systemPool } = trial.app.database.db;
  const generation = async () => (await systemPool.query('select generation from tokens')).rows[0].generation;
  for (let turn = 0; turn < 3; turn += 1) {
    const had = await generation();
    await expire(systemPool, [id]);
    await until(async () => (await generation()) > had);
  }
  isOver = true;
  await Promise.all(callers);
  const renewals = provider.tokenRequests.slice(before);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(renewals.map((one) => one.status)).toEqual([200, 200, 200]);
  const used = renewals.map((one) => one.parameters.get('refresh_token'));
  expect(new Set(used).size).toBe(renewals.length);
});

test('a process that is killed while it renews leaves nothing stuck', async () => {
  const { trial, others, clients, provider } = await start({}, 2, { KEYRAIL_TOKEN_LEASE_SECONDS: '2' });
  const [doomed, other] = clients as [Client, Client];
  const id = await connected(trial);
  provider.endAccessTokens();
  const { arrived } = holdNext(provider);
  const lost = me(doomed, id).catch(() => null);
  await arrived;
  await others[0]?.end('SIGKILL');
  await lost;
  // Not before its lease of two seconds is over: it might have lived. A call waits for longer.
  const answer = await me(other, id);
  expect(answer.status, answer.text).toBe(200);
  expect((await trial.app.owner.get(`/v1/connections/${id}`)).json.status).toBe('connected');
});

test('a process that is told to stop brings its renewal to an end first', async () => {
  const { trial, others, clients, provider } = await start({ strict: true }, 2);
  const [leaving, other] = clients as [Client, Client];
  const id = await connected(trial);
  provider.endAccessTokens();
  const { arrived, release } = holdNext(provider);
  // Whoever asked has hung up: nobody waits for the answer but the store.
  const hangingUp = new AbortController();
  const url = `${await others[0]?.url()}/v1/proxy/${id}/me`;
  const last = fetch(url, { headers: leaving.headers, signal: hangingUp.signal }).catch(() => null);
  await arrived;
  hangingUp.abort();
  await last;
  const ended = others[0]?.end('SIGTERM');
  await sleep(300);
  release();
  expect(await ended).toBe(0);
  const before = provider.tokenRequests.length;
  const answer = await me(other, id);
  expect(answer.status, answer.text).toBe(200);
  expect(provider.tokenRequests.length).toBe(before);
});

test('a new token is kept though the request that set it off comes to nothing', async () => {
  const { trial, provider } = await start({ strict: true }, 0);
  const { owner } = trial.app;
  const id = await connected(trial);
  provider.endAccessTokens();
  const { arrived, release } = holdNext(provider);
  const checking = owner.post(`/v1/connections/${id}/verify`, undefined, { 'idempotency-key': 'check-once' });
  await arrived;
  // Another attempt took the request over, so that nothing of this one may be written any more.
  await database(trial, "update idempotency_keys set claim = 'clm_other' where key = 'check-once'");
  release();
  expect((await checking).status).toBe(409);
  const before = provider.tokenRequests.length;
  const answer = await me(owner, id);
  expect(answer.status, answer.text).toBe(200);
  expect(provider.tokenRequests.length).toBe(before);
});

test('a token that is due is renewed in the background, without anybody using it', async () => {
  const { trial, provider } = await start({ strict: true }, 1);
  await connected(trial);
  const before = provider.tokenRequests.length;
  await database(trial, "update tokens set renew_at = now() - interval '1 second'");
  await database(trial, "update keyrail_periodic set due_at = now() where name = 'tokens.sweep'");
  await until(async () => provider.tokenRequests.length > before);
  expect(provider.tokenRequests.slice(before).map((one) => one.grantType)).toEqual(['refresh_token']);
});

test('access that was withdrawn is said once on the connection, with Reconnect, and signing in again heals it', async () => {
  const { trial, clients, provider } = await start({ strict: true }, 2);
  const { owner } = trial.app;
  const id = await connected(trial);
  const run = await startRun(trial, 6);
  expect(run).toMatchObject({ state: 'done', counts: { done: 6 } });
  provider.withdraw();
  const before = provider.tokenRequests.length;
  const answers = await Promise.all(clients.flatMap((client) => [1, 2, 3].map(() => me(client, id))));
  for (const answer of answers) {
    expect([answer.status, answer.json.code]).toEqual([409, 'connection_broken']);
  }
  const broken = (await owner.get(`/v1/connections/${id}`)).json;
  expect(broken.status).toBe('revoked');
  expect(broken.status_reason).toMatch(/^Access was withdrawn at Trial\..*Reconnect it\.$/);
  const events = (await owner.get(`/v1/connections/${id}/events`)).json.data;
  expect(events.filter((event: { kind: string }) => event.kind === 'status_changed')).toHaveLength(1);
  expect(provider.tokenRequests.length - before).toBe(1);

  const waiting = await startRun(trial, 6, (now) => now.state === 'waiting');
  expect(waiting.message).toMatch(/Trial/);
  expect(waiting.counts.error).toBe(0);
  await trial.signIn({ connection: id });
  expect((await owner.get(`/v1/connections/${id}`)).json.status).toBe('connected');
  expect((await me(clients[0] as Client, id)).status).toBe(200);
  await until(async () => (await owner.get(`/v1/runs/${waiting.id}`)).json.state === 'done');
});

test('a new refresh token is kept though the rest of its answer is nonsense', async () => {
  const { trial, clients, provider } = await start({ strict: true }, 1);
  const [client] = clients as [Client];
  const id = await connected(trial);
  const nonsense = (answer: Record<string, unknown>) => {
    const { token_type: _, ...rest } = answer;
    return { body: JSON.stringify({ ...rest, expires_in: -1 }) };
  };
  provider.fail({ kind: 'rewrite', rewrite: nonsense });
  const before = provider.tokenRequests.length;
  provider.endAccessTokens();
  expect((await me(client, id)).status).toBe(200);
  // The strict server would end everything, were the old one sent again.
  await database(trial, 'update tokens set forced_at = null');
  provider.endAccessTokens();
  expect((await me(client, id)).status).toBe(200);
  expect(provider.tokenRequests.slice(before).map((one) => one.status)).toEqual([200, 200]);
});

test('while no new token can be had, the old one is used until its end, and nothing turns red', async () => {
  const { trial, clients, provider } = await start({}, 1);
  const [client] = clients as [Client];
  const id = await connected(trial);
  provider.failAlways({ kind: 'answer', status: 503, body: '{"error":"temporarily_unavailable"}' });
  const { systemPool } = trial.app.database.db;
  const before = provider.tokenRequests.length;
  // Near enough to its end to be renewed by whoever uses it, and not to be over before that one has used it.
  await expire(systemPool, [id], { inSeconds: 25 });
  expect(
    (
      await (
        await setOff(
          () => me(client, id),
          () => provider.tokenRequests.length > before,
        )
      ).answer
    ).status,
  ).toBe(200);
  await expire(systemPool, [id]);
  let last = await me(client, id);
  await until(async () => {
    last = await me(client, id);
    return last.status !== 200;
  });
  expect(last.status).toBe(503);
  expect(last.json).toMatchObject({ code: 'unavailable', reason: 'not_renewed' });
  expect((await trial.app.owner.get(`/v1/connections/${id}`)).json.status).toBe('connected');
  provider.failAlways(null);
  await until(async () => (await me(client, id)).status === 200);
});

test('a client id and secret that were entered buy one token for each expiry, and wrong ones are not saved', async () => {
  const { trial, clients, provider } = await start({}, 2);
  const { clientId, clientSecret } = await provider.addClient({});
  const enter = (secret: string) =>
    trial.app.owner.post('/v1/connections', {
      integration: 'trial',
      method: 'oauth2_client_credentials',
      credentials: { client_id: clientId, client_secret: secret },
    });
  const wrong = await enter('fake-client-secret-wrong');
  expect([wrong.status, wrong.json.code, wrong.json.verdict?.kind]).toEqual([
    422,
    'credential_rejected',
    'rejected',
  ]);
  const made = await enter(clientSecret);
  expect(made.status, made.text).toBe(201);
  expect(made.json.account.name).toBe(`Application ${clientId}`);
  // The token it was checked with is its first.
  const before = provider.tokenRequests.length;
  const use = () => Promise.all(clients.flatMap((client) => [1, 2, 3].map(() => me(client, made.json.id))));
  expect(new Set((await use()).map((one) => one.status))).toEqual(new Set([200]));
  expect(provider.tokenRequests.length).toBe(before);
  await expire(trial.app.database.db.systemPool, [made.json.id]);
  // Who has not heard yet answers from memory.
  await until(async () => {
    expect(new Set((await use()).map((one) => one.status))).toEqual(new Set([200]));
    return provider.tokenRequests.length > before;
  });
  expect(new Set((await use()).map((one) => one.status))).toEqual(new Set([200]));
  expect(provider.tokenRequests.length - before).toBe(1);
});

/** The next token request waits at the provider until it is released. */
function holdNext(provider: AuthorizationServer) {
  let arrive = () => {};
  let release = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  const until = new Promise<void>((resolve) => (release = resolve));
  provider.fail({ kind: 'hold', arrived: arrive, until });
  return { arrived, release };
}

interface Run {
  id: string;
  state: string;
  message: string | null;
  counts: Record<string, number>;
}

/** A table of so many rows and a run of the trial's action over them, followed until it is as wanted. */
async function startRun(
  { app }: SignInTrial,
  count: number,
  isEnough: (run: Run) => boolean = (run) => run.state === 'done',
): Promise<Run> {
  const { owner } = app;
  const columns = [{ name: 'Of', type: 'text' }];
  const table = (await owner.post('/v1/tables', { name: `T${Date.now()}`, columns })).json;
  const [of] = table.columns;
  const rows = Array.from({ length: count }, (_, n) => ({ values: { [of.id]: `row ${n}` } }));
  await owner.post(`/v1/tables/${table.id}/rows`, { rows });
  const inputs = { of: { kind: 'column', column_id: of.id } };
  const action = { integration: 'trial', action: 'me', connection_id: null, inputs };
  const column = await owner.post(`/v1/tables/${table.id}/columns`, { name: 'Me', type: 'action', action });
  expect(column.status, column.text).toBe(201);
  const started = await owner.post(`/v1/tables/${table.id}/columns/${column.json.id}/runs`, { scope: 'all' });
  expect(started.status, started.text).toBe(201);
  let run: Run = started.json;
  await until(async () => {
    run = (await owner.get(`/v1/runs/${started.json.id}`)).json;
    return isEnough(run);
  });
  return run;
}

async function database({ app }: SignInTrial, statement: string): Promise<void> {
  await app.database.db.systemPool.query(statement);
}
