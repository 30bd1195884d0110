import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { copyDatabase, freshDatabase, type TestDatabase } from '../../test/database.ts';
import { doorTo } from '../../test/door.ts';
import { openListener } from '../db/listen.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { type Instance, type InstanceDeps, openInstance } from './instance.ts';
import { machineFile } from './machine-file.ts';
import { type InstanceStore, instanceStore } from './store.ts';
import { watchInstance } from './watch.ts';
import { whileConfirmed } from './while-confirmed.ts';

let database: TestDatabase;
let home: string;
const opened: Instance[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  home = mkdtempSync(join(tmpdir(), 'keyrail-instance-'));
});
beforeEach(async () => {
  for (const one of opened.splice(0)) one.close();
  await database.db.system.deleteFrom('instance').execute();
});
afterAll(async () => {
  for (const one of opened) one.close();
  await database.close();
  rmSync(home, { recursive: true });
});

async function open(machine: string, more: Partial<InstanceDeps> = {}): Promise<Instance> {
  const instance = await openInstance({
    store: instanceStore(database.db.system),
    file: machineFile(join(home, machine)),
    setting: null,
    folder: null,
    clock: systemClock,
    log: silentLog,
    announce: () => {},
    ...more,
  });
  opened.push(instance);
  return instance;
}

/** Older than the minute in which processes that start together are taken for each other's. */
const age = () =>
  database.db.system
    .updateTable('instance')
    .set({ created_at: new Date(0) })
    .execute();
const because = (instance: Instance) => {
  const standing = instance.standing();
  return standing.kind === 'confirmed' ? null : standing.because;
};

test('a database without an id is given one, once, and its machine is known from then on', async () => {
  const together = await Promise.all([open('together-1'), open('together-2'), open('together-3')]);
  expect(together.map((one) => one.standing().kind)).toEqual(['confirmed', 'confirmed', 'confirmed']);
  expect(new Set(together.map((one) => one.standing().id)).size).toBe(1);
  await age();
  expect((await open('together-1')).isQuarantined()).toBe(false);
  expect(because(await open('another'))).toBe('unknown_machine');
});

test('a container without a disk is known by its setting, which also names a new instance', async () => {
  const first = await open('disk-1', { setting: 'keyrail-production' });
  expect(first.standing()).toEqual({ kind: 'confirmed', id: 'keyrail-production' });
  await age();
  expect((await open('disk-2', { setting: 'keyrail-production' })).isQuarantined()).toBe(false);
  expect(because(await open('disk-3', { setting: 'keyrail-staging' }))).toBe('other_instance');
  // A file of no use: the folder's place is taken.
  writeFileSync(join(home, 'taken'), '');
  expect(because(await open('taken'))).toBe('unknown_machine');
});

test('a new machine is vouched for by a process at work on the very database, and by none on a copy', async () => {
  const listener = await openListener({ clock: systemClock, log: silentLog }, database.url);
  const worker = await open('worker');
  await watchInstance({ instance: worker, listener, log: silentLog });
  await age();
  expect((await open('second')).isQuarantined()).toBe(false);
  await listener.close();
  expect((await open('second')).isQuarantined()).toBe(false);
  expect(because(await open('third'))).toBe('unknown_machine');

  const copy = await copyDatabase(database);
  expect(because(await open('worker', { store: instanceStore(copy.db.system) }))).toBe('moved');
  await copy.close();
});

test('an operator’s word reaches every process that runs, and the file of each machine', async () => {
  await open('heard');
  await age();
  const paused = await open('far-away');
  expect(() => paused.mayLeave()).toThrow(expect.objectContaining({ code: 'quarantined' }));
  const listener = await openListener({ clock: systemClock, log: silentLog }, database.url);
  await watchInstance({ instance: paused, listener, log: silentLog });
  const turned = new Promise<void>((resolve) => paused.onChange(resolve));
  const store = instanceStore(database.db.system);
  await store.decide(paused.standing().id, (await store.look()).place);
  await turned;
  expect(paused.mayLeave()).toBeUndefined();
  await listener.close();
  expect((await open('far-away')).isQuarantined()).toBe(false);
});

test('a database that was lost and is back goes on; nothing leaves before it was looked at', async () => {
  const door = await doorTo(database.url);
  const through = await openThrough(door.url);
  const instance = await open('lost', { store: through.store });
  await watchInstance({ instance, listener: through.listener, log: silentLog });
  await door.shut();
  await untilInDoubt(instance);
  let isThrough = false;
  const passed = instance.mayLeave()?.then(() => (isThrough = true));
  await sleep(50);
  expect(isThrough).toBe(false);
  await door.open();
  await passed;
  expect(instance.mayLeave()).toBeUndefined();
  await through.close();
  await door.shut();
});

test('a copy that is put in the place of a database under a running server pauses it', async () => {
  const original = instanceStore(database.db.system);
  let present: InstanceStore = original;
  const store: InstanceStore = {
    look: () => present.look(),
    make: (...given) => present.make(...given),
    decide: (...given) => present.decide(...given),
  };
  const instance = await open('swapped', { store });
  const begun: string[] = [];
  const work = await whileConfirmed({ instance, log: silentLog }, async () => {
    begun.push('begun');
    return { stop: async () => void begun.push('ended') };
  });
  const copy = await copyDatabase(database);
  present = instanceStore(copy.db.system);
  instance.doubt();
  await expect(instance.mayLeave()).rejects.toMatchObject({ code: 'quarantined' });
  expect(because(instance)).toBe('moved');
  present = original;
  await instance.look();
  expect(instance.isQuarantined()).toBe(false);
  await work.stop();
  expect(begun).toEqual(['begun', 'ended', 'begun', 'ended']);
  await copy.close();
});

async function openThrough(url: string) {
  const { openDatabase } = await import('../db/open.ts');
  const db = openDatabase({
    url,
    appPoolSize: 1,
    systemPoolSize: 1,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 5_000,
    onIdleError: () => {},
  });
  const listener = await openListener({ clock: systemClock, log: silentLog }, url);
  return {
    store: instanceStore(db.system),
    listener,
    close: async () => {
      await listener.close();
      await db.close();
    },
  };
}

/** Until the loss has been noticed. */
async function untilInDoubt(instance: Instance): Promise<void> {
  while (instance.mayLeave() === undefined) await sleep(5);
}
