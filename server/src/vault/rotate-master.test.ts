import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { openListener } from '../db/listen.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { makeKeyFile, nextKeyFile, promoteNextKey, readKeyFile } from './key-file.ts';
import type { MasterKey } from './master-key.ts';
import { openMasterKeys } from './master-keys.ts';
import { rotateMaster } from './rotate-master.ts';
import { masterKeyStore } from './rotation-store.ts';
import {
  bytesIn,
  database,
  folder,
  isOpened,
  keyFile,
  rotate,
  start,
  useVault,
  workspaceWith,
} from './rotation-under-test.ts';
import { watchVault } from './watch.ts';

useVault();

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

async function promoteCopy(from: string, to: string): Promise<void> {
  const { copyFile, mkdir, chmod } = await import('node:fs/promises');
  await mkdir(join(to, '..'), { recursive: true });
  await copyFile(from, to);
  await chmod(to, 0o600);
}
