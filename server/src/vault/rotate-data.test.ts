import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { surroundings } from '../../test/server-process.ts';
import { allSealedRecords } from '../compose/vault.ts';
import type { Keyring } from './keyring.ts';
import { KEPT_AFTER_USE_MS, reencrypt, sweepKeys } from './reencrypt.ts';
import { rotateDataKey } from './rotate-data.ts';
import { retiredKeyStore } from './rotation-store.ts';
import {
  bytesIn,
  database,
  isOpened,
  keyFile,
  start,
  underRetired,
  useVault,
  workspaceWith,
} from './rotation-under-test.ts';
import { dataKeyStore } from './store.ts';

useVault();

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
    let left = await underRetired(workspaceId);
    // Each as soon as it has done so many; the last one is let finish.
    for (const some of [1, 10, 20]) {
      const { child, done } = await worker(workspaceId);
      let isDone = false;
      void done.then(() => (isDone = true));
      while (!isDone && (await underRetired(workspaceId)) > left - some);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const now = await underRetired(workspaceId);
      expect(now).toBeLessThan(left);
      left = now;
    }
    expect(left).toBeGreaterThan(0);
    const { child, done } = await worker(workspaceId, 50);
    expect(await done).toBe(true);
    if (child.exitCode === null) await once(child, 'exit');
    expect(await reading.stop()).toEqual({ failed: 0 });
    expect(await underRetired(workspaceId)).toBe(0);
    for (const id of ids) expect(await isOpened(keyring, workspaceId, id)).toBe(true);
  });
});

async function killable(count: number) {
  const { keyring, masterKeys } = await start();
  return { keyring, masterKeys, ...(await workspaceWith(count, keyring)) };
}

const program = fileURLToPath(new URL('../../test/reencrypt-process.ts', import.meta.url));

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
