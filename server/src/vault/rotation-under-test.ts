import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Insertable, sql } from 'kysely';
import { afterAll, beforeAll } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { credentialPlace } from '../connections/credential.ts';
import type { DB } from '../db/schema.ts';
import { newId } from '../lib/id.ts';
import { Secret } from '../lib/secret.ts';
import { makeKeyFile, nextKeyFile, promoteNextKey, readKeyFile } from './key-file.ts';
import { createKeyring, type Keyring } from './keyring.ts';
import type { MasterKey } from './master-key.ts';
import type { MasterKeys } from './master-keys.ts';
import { open } from './open.ts';
import { rotateMaster } from './rotate-master.ts';
import { masterKeyStore } from './rotation-store.ts';
import { seal } from './seal.ts';
import { canaryStore, dataKeyStore } from './store.ts';
import { unlock } from './unlock.ts';

export let database: TestDatabase;
export let folder: string;
export let keyFile: string;

/** A database and a key file for the tests of one file. */
export function useVault(): void {
  beforeAll(async () => {
    database = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), 'rotation-'));
    keyFile = join(folder, 'master.key');
    await start();
  });
  afterAll(async () => {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });
}

/** As a process starts: the vault with the keys it finds. */
export async function start(settings: { key?: string; nextKey?: string; keyFile?: string } = {}) {
  const store = canaryStore(database.db.system);
  const vault = await unlock(
    { store, announce: () => {} },
    { key: settings.key, nextKey: settings.nextKey, keyFile: settings.keyFile ?? keyFile },
  );
  const keyring = createKeyring({ store: dataKeyStore(database.db.system), masterKeys: vault.masterKeys });
  return { ...vault, keyring };
}

const SECRET = 'fake-key-good-0001';

export async function isOpened(keyring: Keyring, workspaceId: string, connectionId: string, version = 1) {
  const { sealed } = await database.db.system
    .selectFrom('credentials')
    .select('sealed')
    .where('connection_id', '=', connectionId)
    .where('version', '=', version)
    .executeTakeFirstOrThrow();
  const result = await open({ keyring }, credentialPlace(workspaceId, connectionId, version), sealed ?? '');
  return result.kind === 'opened' && result.plaintext.reveal() === SECRET;
}

/** A workspace with so many connections, each with a credential. */
export async function workspaceWith(count: number, keyring: Keyring) {
  const { system } = database.db;
  const workspaceId = newId<string>('wsp');
  const ids = Array.from({ length: count }, () => newId<string>('con'));
  const now = new Date();
  await system.insertInto('workspaces').values({ id: workspaceId, name: 'Acme' }).execute();
  const shared = { workspace_id: workspaceId, method: 'api_key', method_id: 'api_key', created_at: now };
  const made = { ...shared, integration: 'tool', status: 'connected', status_since: now, updated_at: now };
  const connections = ids.map((id) => ({ ...made, id, name: id, name_key: id }));
  const credentials: Insertable<DB['credentials']>[] = [];
  for (const id of ids) {
    const sealed = await seal({ keyring }, credentialPlace(workspaceId, id, 1), new Secret(SECRET));
    credentials.push({ ...shared, connection_id: id, version: 1, state: 'current', sealed });
  }
  await system.insertInto('connections').values(connections).execute();
  await system.insertInto('credentials').values(credentials).execute();
  return { workspaceId, ids };
}

export async function underRetired(workspaceId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from credentials c join data_keys k on k.id = c.key_id
    where c.workspace_id = ${workspaceId} and not k.is_current`.execute(database.db.system);
  return rows[0]?.count ?? -1;
}

/** What `key rotate master` does with key files. */
export async function rotate(masterKeys: MasterKeys): Promise<MasterKey> {
  await makeKeyFile(nextKeyFile(keyFile));
  const next = await readKeyFile(nextKeyFile(keyFile));
  if (next === null) throw new Error('no next key');
  const store = masterKeyStore(database.db.system);
  const outcome = await rotateMaster({ store, masterKeys, sleep, waitMs: 500 }, next);
  if (outcome.kind !== 'rotated') throw new Error(outcome.kind);
  await promoteNextKey(keyFile);
  return next;
}

export async function bytesIn(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return (await readFile(path, 'utf8')).trim();
}
