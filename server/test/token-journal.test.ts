import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, clientOf } from './app.ts';
import { type Door, doorTo } from './door.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { type SignInTrial, startSignInTrial } from './sign-in-trial.ts';

/** A real process whose database goes away at the moment a provider answers that takes no refresh token twice. */
let trial: SignInTrial;
let door: Door;
let client: Client;
let connection: string;
const folder = mkdtempSync(join(tmpdir(), 'keyrail-journal-'));
const running: ServerProcess[] = [];
beforeAll(async () => {
  trial = await startSignInTrial({ provider: { strict: true }, method: 'refresh: rotating' });
  door = await doorTo(trial.app.database.url);
  client = await trial.app.token();
  const { id } = await trial.signIn();
  connection = (await trial.app.owner.get(`/v1/oauth/authorizations/${id}`)).json.connection_id;
});
afterAll(async () => {
  await door.open();
  await Promise.all(running.map((one) => one.end('SIGKILL')));
  await door.shut();
  await trial.close();
  rmSync(folder, { recursive: true });
});

function start(): ServerProcess {
  const { config } = trial.app;
  const made = startServer({
    HOME: config.dataDir,
    DATABASE_URL: door.url,
    KEYRAIL_DATA_DIR: config.dataDir,
    KEYRAIL_JOURNAL_DIR: folder,
    KEYRAIL_MASTER_KEY_FILE: config.masterKeyFile,
    KEYRAIL_CATALOG_DIR: config.catalogDir ?? '',
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${trial.provider.port}`,
    KEYRAIL_DRAIN_TIMEOUT_SECONDS: '1',
  });
  running.push(made);
  return made;
}

async function me(of: ServerProcess) {
  return clientOf(await of.url(), client.headers).get(`/v1/proxy/${connection}/me`);
}

const kept = () => readdirSync(folder).filter((name) => name.endsWith('.json'));

/** The provider has given a new token, and the database is away when it arrives. */
async function losingTheDatabase(of: ServerProcess): Promise<void> {
  await of.url();
  await trial.app.database.db.systemPool.query('update tokens set forced_at = null');
  trial.provider.endAccessTokens();
  let act = () => {};
  let release = () => {};
  const acted = new Promise<void>((resolve) => (act = resolve));
  const until = new Promise<void>((resolve) => (release = resolve));
  trial.provider.fail({ kind: 'hold_answer', acted: act, until });
  void me(of).catch(() => null);
  await acted;
  await door.shut();
  release();
  await of.says(/a new token was written to the journal/);
}

test('a process that is told to stop while the database is away leaves its new token to the next start', async () => {
  const leaving = start();
  await losingTheDatabase(leaving);
  await leaving.end('SIGTERM');
  expect(kept()).toHaveLength(1);
  await door.open();
  const before = trial.provider.tokenRequests.length;
  const next = start();
  expect((await me(next)).status).toBe(200);
  expect(kept()).toEqual([]);
  // The provider would have ended everything, had the old refresh token been sent again.
  expect(trial.provider.tokenRequests.length).toBe(before);
  const shown = (await trial.app.owner.get(`/v1/connections/${connection}`)).json;
  expect([shown.status, shown.token.ended_because]).toEqual(['connected', null]);
});
