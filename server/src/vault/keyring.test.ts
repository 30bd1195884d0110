import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { Secret } from '../lib/secret.ts';
import { newDataKey } from './data-key.ts';
import { createKeyring, type KeyringLimits } from './keyring.ts';
import { masterKey } from './master-key.ts';
import { onlyKey } from './master-keys.ts';
import { open } from './open.ts';
import { seal } from './seal.ts';
import { dataKeyStore } from './store.ts';

const master = masterKey(randomBytes(32));
let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

function keyring(limits?: Partial<KeyringLimits>, key = master) {
  return createKeyring({
    store: dataKeyStore(database.db.system),
    masterKeys: onlyKey(key),
    ...(limits && { limits }),
  });
}

const placeIn = (workspaceId: string) => ({
  workspaceId,
  recordId: 'con_1',
  version: 1,
  purpose: 'credential',
});
const secret = new Secret('fake-key-good-0001');

describe('the keyring', () => {
  it('makes a data key for each workspace, and one process opens what another sealed', async () => {
    const record = await seal({ keyring: keyring() }, placeIn('wsp_a'), secret);
    const other = await seal({ keyring: keyring() }, placeIn('wsp_b'), secret);
    expect(record.split('.')[1]).not.toBe(other.split('.')[1]);

    const opened = await open({ keyring: keyring() }, placeIn('wsp_a'), record);
    expect(opened.kind === 'opened' && opened.plaintext.reveal()).toBe('fake-key-good-0001');
    expect(inspect(opened, { depth: 9 })).not.toContain('fake-key');
  });

  it('makes one key where many seal at once for the first time', async () => {
    const records = await Promise.all(
      Array.from({ length: 12 }, () => seal({ keyring: keyring() }, placeIn('wsp_race'), secret)),
    );
    expect(new Set(records.map((record) => record.split('.')[1])).size).toBe(1);
    for (const record of records) {
      expect((await open({ keyring: keyring() }, placeIn('wsp_race'), record)).kind).toBe('opened');
    }
  });

  it('sets uses aside once for many who seal at once, and keeps nothing that was read before it was told to forget', async () => {
    const store = dataKeyStore(database.db.system);
    let asides = 0;
    const counting = createKeyring({
      store: { ...store, setAside: (...of) => store.setAside(...of).finally(() => (asides += 1)) },
      masterKeys: onlyKey(master),
    });
    await Promise.all(
      Array.from({ length: 50 }, () => seal({ keyring: counting }, placeIn('wsp_many'), secret)),
    );
    expect(asides).toBe(1);
    const old = (await counting.keyForSealing('wsp_many')).id;
    counting.forget('wsp_many');
    // Read just before another key takes over.
    const reading = counting.keyForSealing('wsp_many');
    await store.addCurrent('wsp_many', async () => newDataKey(master, 'wsp_many'), old);
    counting.forget('wsp_many');
    await reading;
    expect((await counting.keyForSealing('wsp_many')).id).not.toBe(old);
  });

  it('finds no key of one workspace from another', async () => {
    const record = await seal({ keyring: keyring() }, placeIn('wsp_mine'), secret);
    const stolen = await open({ keyring: keyring() }, placeIn('wsp_other'), record);
    expect(stolen).toMatchObject({ kind: 'unreadable' });
  });

  it('calls a record unreadable that another master key wrapped the key of, and the others stay readable', async () => {
    const record = await seal({ keyring: keyring() }, placeIn('wsp_c'), secret);
    const foreign = keyring({}, masterKey(randomBytes(32)));
    expect((await open({ keyring: foreign }, placeIn('wsp_c'), record)).kind).toBe('unreadable');
    expect((await open({ keyring: keyring() }, placeIn('wsp_c'), record)).kind).toBe('opened');
    expect(await open({ keyring: keyring() }, placeIn('wsp_c'), 'v1.dk_gone.AAAA')).toMatchObject({
      kind: 'unreadable',
    });
  });

  it('does not open a workspace with a data key copied from another one', async () => {
    const record = await seal({ keyring: keyring() }, placeIn('wsp_d'), secret);
    const system = database.db.system;
    await system
      .updateTable('data_keys')
      .set({ workspace_id: 'wsp_thief' })
      .where('workspace_id', '=', 'wsp_d')
      .execute();
    expect((await open({ keyring: keyring() }, placeIn('wsp_thief'), record)).kind).toBe('unreadable');
  });

  it('puts a new key in place of one that was used too often, and the old one still opens', async () => {
    const warnings: string[] = [];
    const store = dataKeyStore(database.db.system);
    const worn = createKeyring({
      store,
      masterKeys: onlyKey(master),
      warn: (message) => warnings.push(message),
      limits: { usesAhead: 10, retireAtUses: 15 },
    });
    const records: string[] = [];
    for (let count = 0; count < 25; count += 1) {
      records.push(await seal({ keyring: worn }, placeIn('wsp_worn'), secret));
    }
    expect(new Set(records.map((record) => record.split('.')[1])).size).toBe(2);
    expect(warnings).toHaveLength(1);
    for (const record of records) {
      expect((await open({ keyring: worn }, placeIn('wsp_worn'), record)).kind).toBe('opened');
    }
  });

  it('keeps no more keys in memory than it may', async () => {
    let reads = 0;
    const store = dataKeyStore(database.db.system);
    const small = createKeyring({
      store: { ...store, byId: (workspaceId, id) => store.byId(workspaceId, id).finally(() => (reads += 1)) },
      masterKeys: onlyKey(master),
      limits: { cachedKeys: 2 },
    });
    const places = ['wsp_e', 'wsp_f', 'wsp_g'].map(placeIn);
    const records = await Promise.all(places.map((place) => seal({ keyring: small }, place, secret)));
    const openAt = (index: number) => {
      const place = places[index];
      if (!place) throw new Error('no place');
      return open({ keyring: small }, place, records[index] ?? '');
    };
    for (const index of [0, 1, 1, 0, 2, 1]) await openAt(index);
    expect(reads).toBe(4);
  });
});

describe('the table of data keys', () => {
  it('holds no usable key and is closed to the role that requests work under', async () => {
    await seal({ keyring: keyring() }, placeIn('wsp_h'), secret);
    const rows = await database.db.system.selectFrom('data_keys').selectAll().execute();
    expect(rows.every((row) => row.wrapped.startsWith(`v1.${master.id}.`))).toBe(true);
    const asRequest = database.db.transact('wsp_h', (tx) =>
      (tx as unknown as typeof database.db.system).selectFrom('data_keys').selectAll().execute(),
    );
    await expect(asRequest).rejects.toThrow(/permission denied/);
  });
});
