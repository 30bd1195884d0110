import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { createCatalog } from '../catalog/catalog.ts';
import { sameForAll } from '../catalog/catalogs.ts';
import type { Definition } from '../catalog/definition.ts';
import { stamped, unstamped } from '../catalog/files/address-stamp.ts';
import type { Who } from '../workspaces/who.ts';
import { createSweepStore } from './sweep-store.ts';
import { tokenEvents } from './token-events.ts';
import {
  account,
  definitionAt,
  GOOD_KEY,
  jobsOf,
  json,
  OTHER_GOOD_KEY,
  openRoom,
  type Provider,
  type Room,
  standingClock,
  startProvider,
  told,
} from './under-test.ts';

/** Each start is a room of its own over the same database, with the files that are there by then. */
let database: TestDatabase;
let provider: Provider;
let who: Who;
const rooms: Room[] = [];
const clock = standingClock();

const here = () => `http://127.0.0.1:${provider.port}`;
const acme = (more: Parameters<typeof definitionAt>[1] = {}) => definitionAt(here(), more);
/** With its methods under these ids. */
const withMethods = (...ids: string[]) => {
  const [method] = acme().auth;
  return { ...acme(), auth: ids.map((id) => ({ ...method, id })) } as Definition;
};

async function start(definitions: readonly Definition[], readLast = true): Promise<Room> {
  const room = openRoom({
    database,
    definitions,
    ports: [provider.port],
    clock,
    readLast: async () => readLast,
  });
  rooms.push(room);
  await room.connections.followFiles(createCatalog(definitions, []));
  return room;
}

async function connected(room: Room, method: string | undefined = undefined) {
  const { connection } = await room.connections.connect(who, {
    integration: 'acme',
    name: undefined,
    method,
    credentials: { api_key: GOOD_KEY },
    saveUnverified: false,
    makeDefault: false,
  });
  return connection.id;
}

const listed = async (room: Room, status: 'connected' | 'unverified' | 'invalid') =>
  (
    await room.connections.list(who, { integration: undefined, status, limit: 10, cursor: undefined })
  ).data.map(({ id }) => id);
const worst = async (room: Room) =>
  (await room.connections.apps(who, { limit: null, cursor: undefined })).data.map(
    ({ worstStatus }) => worstStatus,
  );
/** Sorted: they are of one moment. */
const kinds = async (room: Room, id: string) =>
  (await room.connections.events(who, id, { limit: 20, cursor: undefined })).data
    .map(({ kind }) => kind)
    .sort();

beforeAll(async () => {
  database = await freshDatabase();
  provider = await startProvider();
});
beforeEach(async () => {
  const room = await start([]);
  who = await room.owner();
  for (const key of [GOOD_KEY, OTHER_GOOD_KEY]) provider.on(key, account('acc_1', 'jane@acme.example'));
});
afterAll(async () => {
  for (const room of rooms) await room.close();
  await provider.close();
  await database.close();
});

describe('a connection whose file', () => {
  test('is gone says so in every list and count, and is as it was once it is back', async () => {
    const before = await start([acme()]);
    const id = await connected(before);
    provider.on(GOOD_KEY, json(403, { needs: 'contacts.read' }));
    await before.connections.check(who.workspaceId, id);
    const asItWas = await before.connections.get(who, id);
    expect(asItWas.status).toBe('limited');
    for (let starts = 0; starts < 2; starts++) {
      const without = await start([]);
      const gone = await without.connections.get(who, id);
      expect(gone).toMatchObject({
        status: 'unverified',
        statusReason: expect.stringContaining('no “acme” any more'),
      });
      expect([await listed(without, 'unverified'), await listed(without, 'connected')]).toEqual([[id], []]);
      expect(await worst(without)).toEqual(['unverified']);
    }
    clock.move(1_000);
    const back = await start([acme()]);
    const now = await back.connections.get(who, id);
    const { status, statusReason, statusSince, lastVerdict } = asItWas;
    expect(now).toMatchObject({ status, statusReason, statusSince, lastVerdict, nextCheckAt: clock.now() });
    expect(await kinds(back, id)).toEqual(['created', 'status_changed', 'status_changed', 'status_changed']);
    expect(await jobsOf(database, 'connections.healed')).toContain(id);
  });

  test('is gone while what comes along under its name leads elsewhere says so at the start, and sends nothing there', async () => {
    const elsewhere = unstamped(definitionAt('http://127.0.0.1:1/api'));
    const id = await connected(await start([stamped(acme(), elsewhere)]));
    const asked = provider.seen.length;
    const without = await start([elsewhere]);
    expect(await without.connections.get(who, id)).toMatchObject({
      status: 'invalid',
      statusReason: 'The address changed. Enter the credentials again.',
    });
    expect([await listed(without, 'invalid'), await worst(without)]).toEqual([[id], ['invalid']]);
    expect(await kinds(without, id)).toEqual(['address_changed', 'created']);
    expect(await told(database, who)).toEqual(['needs_attention connection']);
    await expect(without.connections.verify(who, id)).rejects.toMatchObject({ reason: 'address_changed' });
    expect(provider.seen.length).toBe(asked);
    const back = await start([stamped(acme(), elsewhere)]);
    expect((await back.connections.get(who, id)).status).toBe('connected');
  });

  test('has its method no more, or under another name, says which and what to do, and is healed by another one', async () => {
    const id = await connected(await start([withMethods('key', 'other')]), 'key');
    const renamed = await start([withMethods('new_key', 'other')]);
    const gone = await renamed.connections.get(who, id);
    expect(gone).toMatchObject({
      status: 'invalid',
      statusReason:
        'The catalog file of Acme has no auth method “key” any more, which this connection was made with. Reconnect it in a way there is now, or put the file back as it was.',
    });
    expect(await listed(renamed, 'invalid')).toEqual([id]);
    const again = { credentials: { api_key: OTHER_GOOD_KEY }, saveUnverified: false };
    await expect(renamed.connections.verify(who, id)).rejects.toMatchObject({ reason: 'method_gone' });
    const back = await start([withMethods('key')]);
    expect(await back.connections.get(who, id)).toMatchObject({ status: 'connected', statusReason: null });
    const last = await start([withMethods('new_key')]);
    const { connection } = await last.connections.reconnect(who, id, again, null);
    expect(connection).toMatchObject({ status: 'connected', methodId: 'new_key', misfit: null });
    await last.connections.sweep();
    expect((await last.connections.get(who, id)).status).toBe('connected');
  });

  test('is gone stays broken where it was, and disconnected where somebody disconnected it', async () => {
    const before = await start([acme()]);
    const [refused, disconnected] = [await connected(before), await connected(before)];
    provider.on(GOOD_KEY, json(401, { code: 'revoked' }));
    await before.connections.check(who.workspaceId, refused);
    await before.connections.disconnect(who, disconnected);
    const without = await start([]);
    const statuses = [refused, disconnected].map(
      async (id) => (await without.connections.get(who, id)).status,
    );
    expect(await Promise.all(statuses)).toEqual(['revoked', 'disconnected']);
  });
});

describe('while its file or method is away, a connection', () => {
  test('that needed somebody is not told of as working again, until it does', async () => {
    const before = await start([acme()]);
    const id = await connected(before);
    provider.on(GOOD_KEY, json(403, { needs: 'contacts.read' }));
    await before.connections.check(who.workspaceId, id);
    const open = async () => (await told(database, who)).filter((one) => !one.endsWith('(over)'));
    for (const definitions of [[acme()], [], [withMethods('other')], [], [acme()]]) {
      await start(definitions);
      expect(await open()).toEqual(['needs_attention connection']);
    }
    expect((await before.connections.get(who, id)).status).toBe('limited');
    provider.on(GOOD_KEY, account('acc_1', 'jane@acme.example'));
    await before.connections.check(who.workspaceId, id);
    expect(await open()).toEqual([]);
  });

  test('of which an end is taken away, or entered, has that once it is back', async () => {
    const id = await connected(await start([acme()]));
    const without = () => start([]);
    const ending = async (room: Room, endsAt: Date | null) => {
      const change = { name: undefined, credentials: undefined, saveUnverified: false, dates: { endsAt } };
      await room.connections.update(who, id, change, null);
    };
    const soon = new Date(clock.now().getTime() + 5 * 86_400_000);
    await ending(await without(), soon);
    const back = await start([acme()]);
    expect((await back.connections.get(who, id)).status).toBe('expiring_soon');
    const away = await without();
    await ending(away, null);
    expect((await away.connections.get(who, id)).status).toBe('unverified');
    const last = await (await start([acme()])).connections.get(who, id);
    expect(last).toMatchObject({ status: 'connected', statusReason: null, misfit: null, before: null });
  });

  test('of which another process hears that its access was withdrawn says that, also once the file is back', async () => {
    const id = await connected(await start([withMethods('key')]));
    await start([withMethods('other')]);
    const { credentialVersion } = await (await start([withMethods('other')])).connections.get(who, id);
    const owner = {
      workspaceId: who.workspaceId,
      connectionId: id,
      credentialVersion: credentialVersion ?? 0,
    };
    const { transact } = database.db;
    const catalogs = sameForAll(createCatalog([withMethods('key')], []));
    const write = await tokenEvents({ transact, catalogs, clock }).ended(owner, 'revoked', null);
    await transact(who.workspaceId, (tx) => write(tx));
    const back = await start([withMethods('key')]);
    expect(await back.connections.get(who, id)).toMatchObject({
      status: 'revoked',
      misfit: null,
      before: null,
    });
  });
});

describe('a process that has read other files than the one started last', () => {
  test('finds out nothing that unsays what that one has said, nor what it was before', async () => {
    const older = await start([withMethods('key')], false);
    const id = await connected(older);
    const without = await start([withMethods('other')]);
    const said = await without.connections.get(who, id);
    expect(said).toMatchObject({ status: 'invalid', misfit: 'method_gone' });
    for (const behaviour of [account('acc_1', 'jane@acme.example'), json(503, {})]) {
      provider.on(GOOD_KEY, behaviour);
      await older.connections.check(who.workspaceId, id);
      const { status, statusReason, misfit, before, lastVerdict } = said;
      const now = await without.connections.get(who, id);
      expect(now).toMatchObject({ status, statusReason, misfit, before, lastVerdict });
    }
    const back = await start([withMethods('key')]);
    expect(await back.connections.get(who, id)).toMatchObject({ status: 'connected', statusReason: null });
  });

  test('says nothing on connections, neither at its start nor by a check, and leaves the check to others', async () => {
    const newer = await start([acme()]);
    const id = await connected(newer);
    const older = await start([], false);
    await older.connections.sweep();
    await older.connections.check(who.workspaceId, id);
    const now = await older.connections.get(who, id);
    expect(now).toMatchObject({ status: 'connected', misfit: null });
    expect((now.nextCheckAt?.getTime() ?? 0) - clock.now().getTime()).toBeLessThan(3_600_000);
    await expect(older.connections.verify(who, id)).rejects.toMatchObject({ reason: 'not_in_catalog' });
    expect((await newer.connections.get(who, id)).status).toBe('connected');
  });

  test('is followed by a sweep once it has the last word', async () => {
    const id = await connected(await start([acme()]));
    let isLast = false;
    const room = openRoom({ database, definitions: [], ports: [], clock, readLast: async () => isLast });
    rooms.push(room);
    await room.connections.followFiles(createCatalog([], []));
    expect((await room.connections.get(who, id)).status).toBe('connected');
    isLast = true;
    await room.connections.sweep();
    expect((await room.connections.get(who, id)).status).toBe('unverified');
  });
});

test('what connections stand on is told once each, without what workspaces describe themselves', async () => {
  const room = await start([withMethods('key', 'other')]);
  await connected(room, 'key');
  await connected(room, 'key');
  const others = await connected(room, 'other');
  const own = await connected(room, 'other');
  for (const [id, integration] of [
    [own, 'custom-thing'],
    [others, 'zebra'],
  ] as const)
    await database.db.system.updateTable('connections').set({ integration }).where('id', '=', id).execute();
  const store = createSweepStore(database.db.system);
  const found = (await store.footings()).filter(({ integration }) => integration !== 'acme');
  expect(found).toEqual([{ integration: 'zebra', methodId: 'other', stamp: null, misfit: null }]);
  const [acmes] = (await store.footings()).filter(
    ({ methodId, misfit }) => methodId === 'key' && misfit === null,
  );
  if (acmes === undefined) throw new Error('not told');
  expect((await store.standingOn(acmes, 1)).length).toBe(1);
});

test('what connections stand on is read without reading the connections', async () => {
  const { system: db, systemPool } = database.db;
  await systemPool.query(
    `insert into connections (id, workspace_id, integration, name, name_key, method, method_id, status, status_since, created_at, updated_at)
     select 'con_' || n, $1, case when n % 2 = 0 then 'custom-' || n else 'tool' || n % 5 end, 'N' || n, 'n' || n, 'api_key', 'api_key',
       'connected', now(), now(), now() from generate_series(1, 5000) n`,
    [who.workspaceId],
  );
  await systemPool.query('analyze connections');
  await db.transaction().execute(async (transaction) => {
    const found = await createSweepStore(transaction).footings();
    expect(found.filter(({ integration }) => integration.startsWith('tool'))).toHaveLength(5);
    // Counted by PostgreSQL for this very transaction.
    const { rows } = await sql<{ read: string }>`
      select seq_tup_read + coalesce(idx_tup_fetch, 0) as read from pg_stat_xact_user_tables where relname = 'connections'`.execute(
      transaction,
    );
    expect(Number(rows[0]?.read)).toBeLessThan(2 * found.length + 10);
  });
  await db.deleteFrom('connections').where('name', 'like', 'N%').execute();
});
