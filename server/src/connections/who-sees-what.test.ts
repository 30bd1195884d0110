import type { ConnectionId } from '@keyrail/contract/ids';
import { describe, expect, it } from 'vitest';
import {
  all,
  change,
  connected,
  database,
  provider,
  replacing,
  room,
  sentBy,
  useConnections,
  who,
} from './lifecycle-under-test.ts';
import { GOOD_KEY, OTHER_GOOD_KEY, trace, whoIn } from './under-test.ts';

useConnections();

describe('names and the default', () => {
  it('the first connection of an integration is its default, the second only when asked', async () => {
    const first = await connected();
    const second = await connected();
    expect([first.isDefault, second.isDefault]).toEqual([true, false]);
    const third = await connected({ makeDefault: true });
    expect(third.isDefault).toBe(true);
    expect((await room.connections.get(who, first.id)).isDefault).toBe(false);
    expect((await connected({ integration: 'other' })).isDefault).toBe(true);
    expect((await room.connections.makeDefault(who, second.id)).isDefault).toBe(true);
    const { data } = await room.connections.list(who, all);
    expect(data.filter((one) => one.integration === 'acme' && one.isDefault).map((one) => one.id)).toEqual([
      second.id,
    ]);
  });

  it('many made at once have one default and a name each', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => connected()));
    expect(new Set(made.map((one) => one.name)).size).toBe(6);
    const { data } = await room.connections.list(who, all);
    expect(data.filter((one) => one.isDefault)).toHaveLength(1);
  });

  it('a name is numbered where taken, and a chosen one that is taken is a conflict, in any case and form', async () => {
    expect((await connected()).name).toBe('Acme');
    expect((await connected()).name).toBe('Acme 2');
    await connected({ name: 'Verkäufe' });
    for (const name of ['verkäufe', '  Verka\u0308ufe ', 'VERKÄUFE']) {
      await expect(connected({ name })).rejects.toMatchObject({ code: 'conflict', reason: 'name_taken' });
    }
    const other = await connected({ name: 'Sales' });
    await expect(room.connections.update(who, other.id, change('acme'), null)).rejects.toMatchObject({
      code: 'conflict',
    });
    const renamed = await room.connections.update(who, other.id, change('SALES'), null);
    expect(renamed.connection.name).toBe('SALES');
    expect((await connected({ name: 'Acme', integration: 'other' })).name).toBe('Acme');
  });

  it('a change based on an old version is refused', async () => {
    const made = await connected();
    const renamed = await room.connections.update(who, made.id, change('Sales'), made.version);
    expect(renamed.connection.version).toBeGreaterThan(made.version);
    for (const stale of [change('Again'), replacing(OTHER_GOOD_KEY)]) {
      await expect(room.connections.update(who, made.id, stale, made.version)).rejects.toMatchObject({
        code: 'edited_meanwhile',
      });
    }
    expect(await sentBy(made.id)).toBe(GOOD_KEY);
  });
});

describe('who sees a connection', () => {
  it('only its own workspace does, whatever is done with its id', async () => {
    const made = await connected();
    const stranger = await room.owner();
    const { connections } = room;
    const deeds = [
      () => connections.get(stranger, made.id),
      () => connections.update(stranger, made.id, change('Mine'), null),
      () => connections.update(stranger, made.id, replacing(GOOD_KEY), null),
      () =>
        connections.reconnect(
          stranger,
          made.id,
          { credentials: { api_key: GOOD_KEY }, saveUnverified: false },
          null,
        ),
      () => connections.verify(stranger, made.id),
      () => connections.makeDefault(stranger, made.id),
      () => connections.disconnect(stranger, made.id),
      () => connections.rollBack(stranger, made.id, null),
      () => connections.remove(stranger, made.id, { newDefault: undefined, version: null }),
      () => connections.destroyPrevious(stranger, made.id, null),
      () => connections.dependents(stranger, made.id),
      () => connections.events(stranger, made.id, { limit: 10, cursor: undefined }),
      () => connections.usage(stranger, made.id),
    ];
    const [before, seen] = [await trace(database, who), provider.seen.length];
    for (const deed of deeds) await expect(deed()).rejects.toMatchObject({ code: 'not_found' });
    expect(provider.seen).toHaveLength(seen);
    expect(await trace(database, who)).toBe(before);
    expect((await connections.list(stranger, all)).data).toEqual([]);
    expect((await connections.apps(stranger, allApps)).data).toEqual([]);
  });

  it('a token bound to connections sees these alone, and adds none', async () => {
    const [mine, other] = [await connected(), await connected()];
    const bound = whoIn(who.workspaceId, [mine.id as ConnectionId]);
    expect((await room.connections.list(bound, all)).data.map((one) => one.id)).toEqual([mine.id]);
    expect((await room.connections.apps(bound, allApps)).data).toMatchObject([{ connectionCount: 1 }]);
    await expect(room.connections.get(bound, other.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(connected({}, bound)).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('lists come in pages, filtered, and the apps with their worst status first', async () => {
    const made = [await connected(), await connected(), await connected({ integration: 'other' })];
    const last = made[2];
    if (last) await room.connections.disconnect(who, last.id);
    const first = await room.connections.list(who, { ...all, limit: 2 });
    expect(first.data.map((one) => one.id)).toEqual(made.slice(0, 2).map((one) => one.id));
    const second = await room.connections.list(who, {
      ...all,
      limit: 2,
      cursor: first.nextCursor ?? undefined,
    });
    expect([second.data.map((one) => one.id), second.nextCursor]).toEqual([[last?.id], null]);
    const broken = await room.connections.list(who, { ...all, status: 'disconnected' });
    expect(broken.data.map((one) => one.id)).toEqual([last?.id]);
    const [worst, best] = [
      { integration: 'other', connectionCount: 1, worstStatus: 'disconnected' },
      { integration: 'acme', connectionCount: 2, worstStatus: 'connected' },
    ];
    expect((await room.connections.apps(who, allApps)).data).toMatchObject([worst, best]);
    const [one, two] = [
      await room.connections.apps(who, { limit: 1, cursor: undefined }),
      await room.connections.apps(who, { limit: 1, cursor: Buffer.from('8:other').toString('base64url') }),
    ];
    expect([one.data, two.data]).toMatchObject([[worst], [best]]);
    expect([one.nextCursor, two.nextCursor]).toEqual([Buffer.from('8:other').toString('base64url'), null]);
    await expect(room.connections.list(who, { ...all, cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });
});

const allApps = { limit: null, cursor: undefined };
