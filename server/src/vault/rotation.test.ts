import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Insertable, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { surroundings } from '../../test/server-process.ts';
import { allSealedRecords } from '../compose/vault.ts';
import { credentialPlace } from '../connections/credential.ts';
import { openListener } from '../db/listen.ts';
import type { DB } from '../db/schema.ts';
import { systemClock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { silentLog } from '../lib/log.ts';
import { Secret } from '../lib/secret.ts';
import { makeKeyFile, nextKeyFile, promoteNextKey, readKeyFile } from './key-file.ts';
import { createKeyring, type Keyring } from './keyring.ts';
import type { MasterKey } from './master-key.ts';
import { type MasterKeys, openMasterKeys } from './master-keys.ts';
import { open } from './open.ts';
import { KEPT_AFTER_USE_MS, reencrypt, sweepKeys } from './reencrypt.ts';
import { rotateDataKey } from './rotate-data.ts';
import { rotateMaster } from './rotate-master.ts';
import { masterKeyStore, retiredKeyStore } from './rotation-store.ts';
import { seal } from './seal.ts';
import { canaryStore, dataKeyStore } from './store.ts';
import { unlock } from './unlock.ts';
import { watchVault } from './watch.ts';

let database: TestDatabase;
let folder: string;
let keyFile: string;
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

/** As a process starts: the vault with the keys it finds. */
async function start(settings: { key?: string; nextKey?: string; keyFile?: string } = {}) {
  const store = canaryStore(database.db.system);
  const vault = await unlock(
    { store, announce: () => {} },
    { key: settings.key, nextKey: settings.nextKey, keyFile: settings.keyFile ?? keyFile },
  );
  const keyring = createKeyring({ store: dataKeyStore(database.db.system), masterKeys: vault.masterKeys });
  return { ...vault, keyring };
}

const SECRET = 'fake-key-good-0001';

async function isOpened(keyring: Keyring, workspaceId: string, connectionId: string, version = 1) {
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
async function workspaceWith(count: number, keyring: Keyring) {
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

async function underRetired(workspaceId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from credentials c join data_keys k on k.id = c.key_id
    where c.workspace_id = ${workspaceId} and not k.is_current`.execute(database.db.system);
  return rows[0]?.count ?? -1;
}

/** What `key rotate master` does with key files. */
async function rotate(masterKeys: MasterKeys): Promise<MasterKey> {
  await makeKeyFile(nextKeyFile(keyFile));
  const next = await readKeyFile(nextKeyFile(keyFile));
  if (next === null) throw new Error('no next key');
  const store = masterKeyStore(database.db.system);
  const outcome = await rotateMaster({ store, masterKeys, sleep, waitMs: 500 }, next);
  if (outcome.kind !== 'rotated') throw new Error(outcome.kind);
  await promoteNextKey(keyFile);
  return next;
}

describe('a new master key', () => {
  it('opens everything from one moment on, and what is derived stays as it was', async () => {
    const before = await start();
    const { workspaceId, ids } = await workspaceWith(3, before.keyring);
    const next = await rotate(before.masterKeys);
    const after = await start();
    expect(after.id).toBe(next.id);
    expect(after.id).not.toBe(before.id);
    for (const id of ids) expect(await isOpened(after.keyring, workspaceId, id)).toBe(true);
    expect(after.derive('anything').reveal()).toEqual(before.derive('anything').reveal());
    const { rows } = await sql<{ id: string }>`
      select master_key_id as id from data_keys union select master_key_id from vault_canary`.execute(
      database.db.system,
    );
    expect(rows).toEqual([{ id: next.id }]);
  });

  it('is found by a process that runs, also one that asks for a key it never heard of', async () => {
    const running = await start();
    const { workspaceId, ids } = await workspaceWith(2, running.keyring);
    await rotate(running.masterKeys);
    running.keyring.forget(null);
    expect(await isOpened(running.keyring, workspaceId, ids[0] ?? '')).toBe(true);
    // And what it seals from now on, in a workspace that had no key, the newest process opens.
    const other = await workspaceWith(1, running.keyring);
    const newest = await start();
    expect(await isOpened(newest.keyring, other.workspaceId, other.ids[0] ?? '')).toBe(true);
  });

  it('is not put in place while a server that runs does not hold it, which is named; nothing is changed', async () => {
    const other = { keyFile: join(folder, 'elsewhere', 'master.key') };
    const { id, masterKeys } = await start();
    const listener = await openListener({ clock: systemClock, log: silentLog }, database.url);
    try {
      const elsewhere = await openMasterKeys({ key: undefined, keyFile: other.keyFile });
      await watchVault({ masterKeys: elsewhere, keyring: { forget: () => {} }, listener, log: silentLog });
      await expect(rotate(masterKeys)).rejects.toThrow('not_everywhere');
      expect((await start()).id).toBe(id);
      // As soon as it holds it, which it says by itself, the same command goes through with the same key.
      const waiting = await readKeyFile(nextKeyFile(keyFile));
      await promoteCopy(nextKeyFile(keyFile), other.keyFile);
      expect((await rotate(masterKeys)).id).toBe(waiting?.id);
    } finally {
      await listener.close();
    }
  });

  it('is whole or not at all: a process killed in the middle leaves the old one, and one killed after it both files', async () => {
    const { id, masterKeys, keyring } = await start();
    const { workspaceId, ids } = await workspaceWith(1, keyring);
    await makeKeyFile(nextKeyFile(keyFile));
    const next = await readKeyFile(nextKeyFile(keyFile));
    if (next === null) throw new Error('no next key');
    const store = masterKeyStore(database.db.system);
    const cutOff = {
      ...store,
      change: (work: Parameters<typeof store.change>[0]) =>
        store.change(async (changing) => {
          await work(changing);
          throw new Error('killed');
        }),
    };
    await expect(rotateMaster({ store: cutOff, masterKeys, sleep }, next)).rejects.toThrow('killed');
    expect((await start()).id).toBe(id);
    // The database is changed, and the files are not yet.
    await rotateMaster({ store, masterKeys, sleep }, next);
    const between = await start();
    expect(between.id).toBe(next.id);
    expect(await isOpened(between.keyring, workspaceId, ids[0] ?? '')).toBe(true);
    // A process that found the old key first makes no data key under it any more.
    const { workspaceId: newer } = await workspaceWith(1, between.keyring);
    const { master_key_id: under } = await database.db.system
      .selectFrom('data_keys')
      .select('master_key_id')
      .where('workspace_id', '=', newer)
      .executeTakeFirstOrThrow();
    expect(under).toBe(next.id);
    // The command given again ends it, and makes no third key.
    expect(await rotateMaster({ store, masterKeys, sleep }, next)).toEqual({ kind: 'was_rotated' });
    const { keptAs } = await promoteNextKey(keyFile);
    expect(keptAs).toBe(`${keyFile}.${id}`);
    expect((await readKeyFile(keptAs ?? ''))?.id).toBe(id);
    expect((await start()).id).toBe(next.id);
    expect(await readKeyFile(nextKeyFile(keyFile))).toBeNull();
  });

  it('given by a setting is held beside the old one, and each alone opens what it should', async () => {
    const [present, next] = [
      await bytesIn(keyFile),
      Buffer.alloc(32, 'a new key of 32 bytes, not known').toString('base64'),
    ];
    const both = await start({ key: present, nextKey: next });
    const { workspaceId, ids } = await workspaceWith(1, both.keyring);
    const nextKey = both.masterKeys.held()[1];
    if (nextKey === undefined) throw new Error('no next key');
    const store = masterKeyStore(database.db.system);
    expect(await rotateMaster({ store, masterKeys: both.masterKeys, sleep }, nextKey)).toMatchObject({
      kind: 'rotated',
      left: 0,
    });
    for (const settings of [{ key: present, nextKey: next }, { key: next }]) {
      const { keyring } = await start(settings);
      expect(await isOpened(keyring, workspaceId, ids[0] ?? '')).toBe(true);
    }
    await expect(start({ key: present })).rejects.toThrow(nextKey.id);
    // Back to the file for those that come after.
    const old = (await readKeyFile(keyFile)) as MasterKey;
    await rotateMaster({ store, masterKeys: both.masterKeys, sleep }, old);
  });

  it('takes a backup from before along only with the key from before', async () => {
    const before = await start();
    const { workspaceId, ids } = await workspaceWith(1, before.keyring);
    const { system } = database.db;
    const backup = {
      canary: await system.selectFrom('vault_canary').select(['sealed', 'root']).executeTakeFirstOrThrow(),
      keys: await system.selectFrom('data_keys').select(['id', 'wrapped']).execute(),
    };
    const after = await rotate(before.masterKeys);
    await system.updateTable('vault_canary').set(backup.canary).execute();
    for (const { id, wrapped } of backup.keys)
      await system.updateTable('data_keys').set({ wrapped }).where('id', '=', id).execute();
    const retired = `${keyFile}.${before.id}`;
    const alone = join(folder, 'alone.key');
    await promoteCopy(keyFile, alone);
    await expect(start({ keyFile: alone })).rejects.toThrow(
      `needs ${before.id}, the key given is ${after.id}`,
    );
    const again = await start({ keyFile: retired });
    expect(await isOpened(again.keyring, workspaceId, ids[0] ?? '')).toBe(true);
    await rotateMaster(
      { store: masterKeyStore(system), masterKeys: (await start()).masterKeys, sleep },
      after,
    );
  });
});

describe('a new data key', () => {
  it('is used at once, and what was sealed before is sealed anew, a record that changes meanwhile as it was changed', async () => {
    const { keyring, masterKeys } = await start();
    const { workspaceId, ids } = await workspaceWith(120, keyring);
    const store = dataKeyStore(database.db.system);
    const old = await keyring.keyForSealing(workspaceId);
    expect(await rotateDataKey({ store, masterKeys }, workspaceId)).toBe(true);
    keyring.forget(workspaceId);
    expect((await keyring.keyForSealing(workspaceId)).id).not.toBe(old.id);
    expect(await underRetired(workspaceId)).toBe(120);
    // Somebody changes one right between reading and writing.
    const [first = ''] = ids;
    const records = allSealedRecords(database.db).map((kind) => ({
      ...kind,
      replace: async (changes: Parameters<typeof kind.replace>[0]) => {
        if (changes.some(({ row }) => row.key[0] === first)) await destroy(first);
        return kind.replace(changes);
      },
    }));
    const deps = { store: retiredKeyStore(database.db.system), keyring, records, rest: async () => {} };
    const done = await reencrypt(deps, workspaceId, new AbortController().signal);
    expect(done).toEqual({ records: 119, unreadable: 0, outcome: 'left' });
    expect(await underRetired(workspaceId)).toBe(0);
    expect(await reencrypt(deps, workspaceId, new AbortController().signal)).toMatchObject({
      records: 0,
      outcome: 'done',
    });
    const { sealed } = await database.db.system
      .selectFrom('credentials')
      .select('sealed')
      .where('connection_id', '=', first)
      .executeTakeFirstOrThrow();
    expect(sealed).toBeNull();
    for (const id of ids.slice(1)) expect(await isOpened(keyring, workspaceId, id)).toBe(true);
  });

  it('stops between two batches when told, and goes on with what is left', async () => {
    const { keyring, masterKeys } = await start();
    const { workspaceId } = await workspaceWith(40, keyring);
    await rotateDataKey({ store: dataKeyStore(database.db.system), masterKeys }, workspaceId);
    keyring.forget(workspaceId);
    const stopping = new AbortController();
    let batches = 0;
    const deps = {
      store: retiredKeyStore(database.db.system),
      keyring,
      records: allSealedRecords(database.db),
      rest: async () => {
        batches += 1;
        if (batches === 2) stopping.abort();
      },
      limits: { batch: 10 },
    };
    expect(await reencrypt(deps, workspaceId, stopping.signal)).toMatchObject({
      records: 20,
      outcome: 'left',
    });
    expect(await underRetired(workspaceId)).toBe(20);
    expect(await reencrypt(deps, workspaceId, new AbortController().signal)).toMatchObject({
      records: 20,
      outcome: 'done',
    });
  });

  it('leaves a damaged record where it is and says whose it is, keeps its key, and seals all others anew', async () => {
    const { keyring, masterKeys } = await start();
    const { workspaceId, ids } = await workspaceWith(8, keyring);
    const [damaged = ''] = ids;
    const { id: oldKey } = await keyring.keyForSealing(workspaceId);
    await sql`update credentials set sealed = overlay(sealed placing 'AAAA' from 60) where connection_id = ${damaged}`.execute(
      database.db.system,
    );
    await rotateDataKey({ store: dataKeyStore(database.db.system), masterKeys }, workspaceId);
    keyring.forget(workspaceId);
    const said: string[] = [];
    const records = allSealedRecords(database.db, async (_, connectionId) => {
      said.push(connectionId);
    });
    const store = retiredKeyStore(database.db.system);
    const done = await reencrypt(
      { store, keyring, records, rest: async () => {} },
      workspaceId,
      new AbortController().signal,
    );
    expect(done).toEqual({ records: 7, unreadable: 1, outcome: 'done' });
    expect(said).toEqual([damaged]);
    const muchLater = () => new Date(Date.now() + 2 * KEPT_AFTER_USE_MS);
    await sweepKeys({ store, records, now: muchLater });
    expect((await store.retiredOf(workspaceId)).map(({ id }) => id)).toEqual([oldKey]);
  });

  it('takes the place of the old one, which is destroyed when nothing has needed it for thirty days, and not before', async () => {
    const { keyring, masterKeys } = await start();
    const { workspaceId } = await workspaceWith(3, keyring);
    const { id: oldKey } = await keyring.keyForSealing(workspaceId);
    await rotateDataKey({ store: dataKeyStore(database.db.system), masterKeys }, workspaceId);
    const store = retiredKeyStore(database.db.system);
    const records = allSealedRecords(database.db);
    const muchLater = () => new Date(Date.now() + 2 * KEPT_AFTER_USE_MS);
    // In use: kept however long ago it was retired, and its workspace named.
    expect((await sweepKeys({ store, records, now: muchLater })).workspaces).toContain(workspaceId);
    await reencrypt(
      { store, keyring, records, rest: async () => {} },
      workspaceId,
      new AbortController().signal,
    );
    await sweepKeys({ store, records, now: () => new Date() });
    expect((await store.retiredOf(workspaceId)).map(({ id }) => id)).toEqual([oldKey]);
    await sweepKeys({ store, records, now: muchLater });
    expect(await store.retiredOf(workspaceId)).toEqual([]);
  });

  it('knows every column that holds sealed records', async () => {
    const { rows } = await sql<{ name: string }>`
      select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = current_schema() and column_name ~ '(^|_)sealed$' order by 1`.execute(
      database.db.system,
    );
    const known = allSealedRecords(database.db).map(({ column }) => `${column.table}.${column.column}`);
    // The vault's own, under the master key.
    expect([...known, 'vault_canary.sealed'].sort()).toEqual(rows.map(({ name }) => name));
  });

  it('loses nothing when whoever seals anew is killed again and again, and every record opens all the time', async () => {
    const { keyring, masterKeys, workspaceId, ids } = await killable(150);
    await rotateDataKey({ store: dataKeyStore(database.db.system), masterKeys }, workspaceId);
    keyring.forget(workspaceId);
    const reading = readAllTheTime(keyring, workspaceId, ids);
    let kills = 0;
    let left = await underRetired(workspaceId);
    while (left > 0) {
      const { child, done } = await worker(workspaceId);
      const isDone = await Promise.race([done, sleep(Math.random() * 60).then(() => false)]);
      if (!isDone) {
        child.kill('SIGKILL');
        kills += 1;
      }
      await once(child, 'exit').catch(() => {});
      const now = await underRetired(workspaceId);
      expect(now).toBeLessThanOrEqual(left);
      left = now;
      // The last one is let finish.
      if (kills === 3) break;
    }
    const { child, done } = await worker(workspaceId, 50);
    expect(await done).toBe(true);
    if (child.exitCode === null) await once(child, 'exit');
    expect(await reading.stop()).toEqual({ failed: 0 });
    expect(kills).toBeGreaterThan(1);
    expect(await underRetired(workspaceId)).toBe(0);
    for (const id of ids) expect(await isOpened(keyring, workspaceId, id)).toBe(true);
  }, 30_000);
});

async function killable(count: number) {
  const { keyring, masterKeys } = await start();
  return { keyring, masterKeys, ...(await workspaceWith(count, keyring)) };
}

const program = fileURLToPath(new URL('../../test/reencrypt-process.ts', import.meta.url));

/** Resolves when the process has begun; `done`: true when it has nothing left to do. */
async function worker(workspaceId: string, batch = 2) {
  const key = await bytesIn(keyFile);
  const child = spawn(process.execPath, [program, database.url, key, workspaceId, String(batch)], {
    env: surroundings(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  const says = (words: string) =>
    new Promise<boolean>((resolve) => {
      const look = () => {
        if (said.includes(words)) resolve(true);
      };
      child.stdout.on('data', look);
      child.once('exit', () => resolve(said.includes(words)));
    });
  child.stdout.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const done = says('done');
  await says('begun');
  return { child, done };
}

function readAllTheTime(keyring: Keyring, workspaceId: string, ids: readonly string[]) {
  let isStopped = false;
  let failed = 0;
  const reading = (async () => {
    for (let at = 0; !isStopped; at += 1) {
      if (!(await isOpened(keyring, workspaceId, ids[at % ids.length] ?? ''))) failed += 1;
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await reading;
      return { failed };
    },
  };
}

async function destroy(connectionId: string): Promise<void> {
  await sql`update credentials set sealed = null, destroyed_at = now(), state = 'retired'
    where connection_id = ${connectionId}`.execute(database.db.system);
}

async function bytesIn(path: string): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  return (await readFile(path, 'utf8')).trim();
}

async function promoteCopy(from: string, to: string): Promise<void> {
  const { copyFile, mkdir, chmod } = await import('node:fs/promises');
  await mkdir(join(to, '..'), { recursive: true });
  await copyFile(from, to);
  await chmod(to, 0o600);
}
