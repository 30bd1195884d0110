import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../src/db/embedded/start.ts';
import { migrate } from '../src/db/migrate.ts';
import { type Database, openDatabase } from '../src/db/open.ts';
import { type Instance, openInstance } from '../src/instance/instance.ts';
import { machineFile } from '../src/instance/machine-file.ts';
import { instanceStore } from '../src/instance/store.ts';
import { systemClock } from '../src/lib/clock.ts';
import { silentLog } from '../src/lib/log.ts';
import { instanceCopy, instanceKeep, instanceStatus } from '../src/operator/instance.ts';
import { type Client, startApp, type TestApp } from './app.ts';
import { copyDatabase, type TestDatabase } from './database.ts';
import { type SignInTrial, startSignInTrial, WHO_AM_I } from './sign-in-trial.ts';
import { until } from './until.ts';

/**
 * An original that people signed in on, at a provider that ends a grant whose refresh token comes twice; and copies of its
 * database, each with a server of its own that has the master key.
 */
let trial: SignInTrial;
let connectionId: string;
let runId: string;
let webhookId: string;
const copies: { app: TestApp; database: TestDatabase }[] = [];

beforeAll(async () => {
  // Only answers requests, so that its run waits for a worker that does not come.
  trial = await startSignInTrial({
    provider: { strict: true },
    file: WHO_AM_I,
    settings: { KEYRAIL_ROLE: 'api' },
  });
  const { id } = await trial.signIn();
  connectionId = (await trial.app.owner.get(`/v1/oauth/authorizations/${id}`)).json.connection_id;
  runId = await startRun(trial.app.owner);
  webhookId = (await trial.app.owner.post('/v1/webhooks', { url: 'https://hooks.example.com/' })).json.id;
});
afterAll(async () => {
  for (const { app, database } of copies) {
    await app.close();
    await database.close();
  }
  await trial.close();
});

async function startRun(owner: Client): Promise<string> {
  const table = (await owner.post('/v1/tables', { name: 'People', columns: [{ name: 'Of', type: 'text' }] }))
    .json;
  const [of] = table.columns;
  await owner.post(`/v1/tables/${table.id}/rows`, { rows: [{ values: { [of.id]: 'somebody' } }] });
  const inputs = { of: { kind: 'column', column_id: of.id } };
  const action = { integration: 'trial', action: 'me', connection_id: null, inputs };
  const column = await owner.post(`/v1/tables/${table.id}/columns`, { name: 'Me', type: 'action', action });
  const runs = `/v1/tables/${table.id}/columns/${column.json.id}/runs`;
  return (await owner.post(runs, { scope: 'all' })).json.id;
}

const stateOfRun = async ({ owner }: TestApp) => (await owner.get(`/v1/runs/${runId}`)).json.state;

async function startCopy(settings: Record<string, string> = {}): Promise<TestApp> {
  const { config } = trial.app;
  const database = await copyDatabase(trial.app.database);
  const app = await startApp({
    database,
    keyFile: config.masterKeyFile,
    settings: {
      KEYRAIL_CATALOG_DIR: config.catalogDir ?? '',
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${trial.provider.port}`,
      ...settings,
    },
  });
  copies.push({ app, database });
  return app;
}

/** A call that needs a new token, since the provider has ended the one there is. */
async function callsWithNewToken({ owner, database }: TestApp): Promise<number> {
  // Refused twice within a moment, it would be taken for refused whatever its age.
  await database.db.system.updateTable('tokens').set({ forced_at: null }).execute();
  trial.provider.endAccessTokens();
  return (await me(owner)).status;
}

const me = (client: Client) => client.get(`/v1/proxy/${connectionId}/me`);
const deedOf = (app: TestApp) => ({ db: app.database.db, config: app.config, clock: systemClock });
const isPaused = async ({ owner }: TestApp) => (await owner.get('/v1/session')).json.is_quarantined;

async function untilPaused(app: TestApp, wanted: boolean): Promise<void> {
  await until(async () => (await isPaused(app)) === wanted);
}

test('a server on a copied database reads and edits but sends nothing, and the original loses no token', async () => {
  const copy = await startCopy();
  expect(await isPaused(copy)).toBe(true);
  expect(await isPaused(trial.app)).toBe(false);
  expect((await copy.anonymous.get('/health/live')).status).toBe(200);
  expect((await copy.anonymous.get('/health/ready')).json).toMatchObject({
    status: 'ready',
    is_quarantined: true,
  });
  expect(await instanceStatus.run(deedOf(copy), {})).toMatch(/QUARANTINE[\s\S]*instance keep/);

  const renamed = await copy.owner.patch(`/v1/connections/${connectionId}`, { name: 'On the copy' });
  expect(renamed.status, renamed.text).toBe(200);

  const asked = trial.provider.tokenRequests.length;
  const calls = [trial.provider.apiAnswers(200), trial.provider.apiAnswers(401)];
  trial.provider.endAccessTokens();
  const refused = await Promise.all([
    me(copy.owner),
    copy.owner.post(`/v1/connections/${connectionId}/verify`),
    copy.owner.post('/v1/oauth/authorizations', { integration: 'trial' }),
    copy.owner.post(`/v1/runs/${runId}/resume`),
    copy.owner.post(`/v1/webhooks/${webhookId}/test`),
  ]);
  expect(refused.map(({ status, json }) => [status, json.code])).toEqual(
    refused.map(() => [503, 'quarantined']),
  );
  // What the background would do is due, and nobody does it.
  await copy.database.db.system
    .updateTable('tokens')
    .set({ renew_at: new Date(0), expires_at: new Date(0) })
    .execute();
  const { status, json } = await copy.owner.get(`/v1/connections/${connectionId}/credentials`);
  expect([status, json.code]).toEqual([503, 'quarantined']);
  expect(trial.provider.tokenRequests.length).toBe(asked);
  expect([trial.provider.apiAnswers(200), trial.provider.apiAnswers(401)]).toEqual(calls);

  expect(await stateOfRun(copy)).toBe('queued');
  // The original does no background work either, so there is none but what the copy's server would have begun.
  const { rows } = await copy.database.db.systemPool.query('select name from keyrail_periodic');
  expect(rows).toEqual([]);

  for (let round = 0; round < 3; round += 1) expect(await callsWithNewToken(trial.app)).toBe(200);
  expect(trial.provider.counts().refresh_token?.reuses ?? 0).toBe(0);
});

test('a database that its operator calls a copy gets an id of its own and gives the sign-ins up, without a restart and without a word to the provider', async () => {
  const copy = await startCopy();
  const asked = trial.provider.tokenRequests.length;
  const said = await instanceCopy.run(deedOf(copy), {});
  expect(said).toMatch(
    /id of its own: ins_\w+[\s\S]*must sign in again here: 1\. Runs that were paused: 1\.[\s\S]*channels for notices that were paused: 1\./,
  );
  await untilPaused(copy, false);
  const { json } = await copy.owner.get(`/v1/connections/${connectionId}`);
  expect(json).toMatchObject({ status: 'disconnected', status_reason: expect.stringMatching(/copy/) });
  expect((await me(copy.owner)).json.code).toBe('connection_missing');
  expect(await stateOfRun(copy)).toBe('paused');
  expect((await copy.owner.get(`/v1/webhooks/${webhookId}`)).json.is_paused).toBe(true);
  expect((await copy.owner.post('/v1/oauth/authorizations', { integration: 'trial' })).status).toBe(201);
  // Not even by a disconnect or delete is the original's access withdrawn.
  expect((await copy.owner.delete(`/v1/connections/${connectionId}`)).status).toBe(204);
  expect(trial.provider.tokenRequests.length).toBe(asked);
  expect(await callsWithNewToken(trial.app)).toBe(200);
  // The original is none, so it is not made one by a slip.
  await expect(instanceCopy.run(deedOf(trial.app), {})).rejects.toThrow(/not in quarantine/);
  await expect(instanceCopy.run(deedOf(trial.app), { of: 'ins_another' })).rejects.toThrow(
    /Nothing was changed/,
  );
});

test('a server whose KEYRAIL_INSTANCE_ID names another instance pauses, and one that names its own is not believed on a copy', async () => {
  const { id } = await trial.app.database.db.system
    .selectFrom('instance')
    .select('id')
    .executeTakeFirstOrThrow();
  const copy = await startCopy({ KEYRAIL_INSTANCE_ID: id });
  expect(await isPaused(copy)).toBe(true);
  const deed = deedOf(copy);
  const other = { ...deed, config: { ...deed.config, instanceId: 'ins_of_something_else' } };
  expect(await instanceStatus.run(other, {})).toMatch(/KEYRAIL_INSTANCE_ID is ins_of_something_else/);
  await expect(instanceKeep.run(other, {})).rejects.toThrow(/KEYRAIL_INSTANCE_ID/);
});

/** What the pause is for: without it, as after a wrong word of the operator, the copy takes the original's access along. */
test('a copy that is called the original goes on within seconds, and the grant of the real one ends: the control', async () => {
  const copy = await startCopy();
  await instanceKeep.run(deedOf(copy), {});
  await untilPaused(copy, false);
  // What waited goes on by itself: the run, with the token that still is good.
  await until(async () => (await stateOfRun(copy)) === 'done');
  expect(await callsWithNewToken(trial.app)).toBe(200);
  await callsWithNewToken(copy);
  expect(trial.provider.counts().refresh_token?.reuses).toBeGreaterThan(0);
  expect(await callsWithNewToken(trial.app)).not.toBe(200);
});

test('the copied folder of a stopped embedded database is told from the original, and moving it back is no change', async () => {
  const home = mkdtempSync(join(tmpdir(), 'keyrail-instance-'));
  try {
    const [original, copied] = [join(home, 'data'), join(home, 'copied')];
    expect(await standingIn(original, home)).toMatchObject({ kind: 'confirmed' });
    cpSync(original, copied, { recursive: true });
    expect(await standingIn(copied, home)).toMatchObject({ kind: 'quarantined', because: 'moved' });
    // The same folder on a machine where nobody has said a word.
    const elsewhere = await standingIn(original, join(home, 'another-machine'));
    expect(elsewhere).toMatchObject({ kind: 'quarantined', because: 'unknown_machine' });
    expect(await standingIn(original, home)).toMatchObject({ kind: 'confirmed' });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

async function standingIn(dataDir: string, keyFolder: string): Promise<ReturnType<Instance['standing']>> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: silentLog, durable: false });
  const db = open(postgres.url);
  try {
    await migrate({ url: postgres.url });
    const instance = await openInstance({
      store: instanceStore(db.system),
      file: machineFile(keyFolder),
      setting: null,
      folder: dataDir,
      clock: systemClock,
      log: silentLog,
      announce: () => {},
    });
    instance.close();
    // Older than the minute in which several processes may start on a new database.
    await db.system
      .updateTable('instance')
      .set({ created_at: new Date(0) })
      .execute();
    return instance.standing();
  } finally {
    await db.close();
    await postgres.stop();
  }
}

function open(url: string): Database {
  return openDatabase({
    url,
    appPoolSize: 2,
    systemPoolSize: 2,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 20_000,
    onIdleError: () => {},
  });
}
