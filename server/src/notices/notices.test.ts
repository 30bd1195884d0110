import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { newId } from '../lib/id.ts';
import { scopesOfRole } from '../workspaces/policy.ts';
import type { Who } from '../workspaces/who.ts';
import { letGo, needAttention } from './raise.ts';
import {
  breakDown,
  DAY_MS,
  HOUR_MS,
  heal,
  MINUTE_MS,
  openStage,
  SALES,
  type Stage,
  warn,
} from './under-test.ts';

let database: TestDatabase;
let stage: Stage;
beforeAll(async () => {
  database = await freshDatabase();
  stage = openStage(database);
});
afterAll(async () => {
  await stage.close();
  await database.close();
});

const now = () => stage.clock.now();
async function listed(who: Who, more: Partial<Parameters<Stage['notices']['list']>[1]> = {}) {
  const page = { kind: undefined, isUnread: undefined, before: null, limit: 50, ...more };
  return stage.notices.list(who, page);
}
/** Oldest first: what kind, and whether it is over. */
async function story(who: Who): Promise<string[]> {
  const { notices } = await listed(who);
  return notices.reverse().map(({ kind, overAt }) => (overAt === null ? kind : `${kind} (over)`));
}

test('a trouble is one notice, however often and by however many it is told', async () => {
  const who = await stage.owner();
  const told = await Promise.all(Array.from({ length: 8 }, () => breakDown(database, who, now())));
  expect(told.filter(Boolean)).toHaveLength(1);
  stage.clock.forward(HOUR_MS);
  expect(await breakDown(database, who, now(), { about: 'expired', message: 'It has expired.' })).toBe(false);
  const { notices } = await listed(who);
  expect(notices).toMatchObject([
    { kind: 'needs_attention', message: 'It has expired.', overAt: null, subject: { name: 'Sales' } },
  ]);
});

test('a change that is rolled back is told to nobody', async () => {
  const who = await stage.owner();
  await expect(
    database.db.transact(who.workspaceId, async (tx) => {
      await needAttention(tx, {
        ...{ workspaceId: who.workspaceId, subject: SALES, about: 'invalid', title: 'T', message: 'M' },
        ...{ whenOver: null, at: now() },
      });
      throw new Error('rolled back');
    }),
  ).rejects.toThrow('rolled back');
  expect(await story(who)).toEqual([]);
});

test('what works again is said once it has held, and only to who was told of the trouble', async () => {
  const who = await stage.owner();
  await heal(database, who, now());
  expect(await story(who)).toEqual([]);
  await breakDown(database, who, now());
  await heal(database, who, now());
  await stage.notices.sweep();
  expect(await story(who)).toEqual(['needs_attention (over)']);
  stage.clock.forward(11 * MINUTE_MS);
  await Promise.all([stage.notices.sweep(), stage.notices.sweep()]);
  expect(await story(who)).toEqual(['needs_attention (over)', 'recovered']);
});

test('what somebody put right, and was checked, is said at once', async () => {
  const who = await stage.owner();
  await breakDown(database, who, now());
  stage.clock.forward(1);
  await heal(database, who, now(), { isProven: true });
  expect(await story(who)).toEqual(['needs_attention (over)', 'recovered']);
});

test('a connection that turns back and forth every minute for two hours is one trouble, with one end', async () => {
  const who = await stage.owner();
  for (let minute = 0; minute < 2 * 60; minute += 2) {
    await breakDown(database, who, now());
    stage.clock.forward(MINUTE_MS);
    await heal(database, who, now());
    stage.clock.forward(MINUTE_MS);
    if (minute % 30 === 0) await stage.notices.sweep();
  }
  expect(await story(who)).toEqual(['needs_attention (over)']);
  stage.clock.forward(11 * MINUTE_MS);
  await stage.notices.sweep();
  expect(await story(who)).toEqual(['needs_attention (over)', 'recovered']);
});

test('what breaks again and again after longer rests holds four times as long each time before it counts as well', async () => {
  const who = await stage.owner();
  for (let round = 0; round < 15; round += 1) {
    await breakDown(database, who, now());
    stage.clock.forward(MINUTE_MS);
    await heal(database, who, now());
    stage.clock.forward(35 * MINUTE_MS);
    await stage.notices.sweep();
  }
  const told = await story(who);
  expect(told.length).toBeLessThanOrEqual(5);
});

test('what stops everything is told beside what stopped a part, and not the other way round', async () => {
  const who = await stage.owner();
  expect(await breakDown(database, who, now(), { about: 'limited' })).toBe(true);
  stage.clock.forward(1);
  expect(await breakDown(database, who, now(), { about: 'expired' })).toBe(true);
  expect(await breakDown(database, who, now(), { about: 'limited' })).toBe(false);
  expect(await story(who)).toEqual(['needs_attention (over)', 'needs_attention']);
});

test('what a person disconnects or deletes is over, and nothing is said of it', async () => {
  const who = await stage.owner();
  await breakDown(database, who, now());
  stage.clock.forward(1);
  await warn(database, who, now(), 7);
  await heal(database, who, now());
  await database.db.transact(who.workspaceId, (tx) =>
    letGo(tx, { workspaceId: who.workspaceId, subject: SALES, at: now() }),
  );
  stage.clock.forward(DAY_MS);
  await stage.notices.sweep();
  expect(await story(who)).toEqual(['needs_attention (over)', 'expires_soon (over)']);
});

test('a warning is one notice for each stage of an end, and the newest is the open one', async () => {
  const who = await stage.owner();
  const told = await Promise.all(Array.from({ length: 6 }, () => warn(database, who, now(), 30)));
  expect(told.filter(Boolean)).toHaveLength(1);
  stage.clock.forward(23 * DAY_MS);
  expect(await warn(database, who, now(), 7)).toBe(true);
  expect(await warn(database, who, now(), 7)).toBe(false);
  expect(await story(who)).toEqual(['expires_soon (over)', 'expires_soon']);
});

test('each person has read up to where they have read, and a token nothing', async () => {
  const who = await stage.owner();
  await warn(database, who, now(), 30);
  stage.clock.forward(1000);
  await breakDown(database, who, now());
  const all = await listed(who);
  expect(all.unreadCount).toBe(2);
  const [newest, oldest] = all.notices;
  await stage.notices.markRead(who, oldest?.id ?? '');
  expect(await listed(who)).toMatchObject({
    unreadCount: 1,
    notices: [{ isRead: false }, { isRead: true }],
  });
  expect((await listed(who, { isUnread: true })).notices.map(({ id }) => id)).toEqual([newest?.id]);
  expect((await listed(who, { isUnread: false })).notices.map(({ id }) => id)).toEqual([oldest?.id]);
  await stage.notices.markRead(who, newest?.id ?? '');
  await stage.notices.markRead(who, oldest?.id ?? '');
  expect((await listed(who)).unreadCount).toBe(0);
  const token = { ...who, tokenId: newId('tok') } as Who;
  expect((await listed(token)).unreadCount).toBe(2);
  await expect(stage.notices.markRead(token, newest?.id ?? '')).rejects.toMatchObject({ code: 'forbidden' });
  await expect(stage.notices.markRead(who, newId('ntc'))).rejects.toMatchObject({ code: 'not_found' });
});

test('a new member has nothing unread of the time before they came', async () => {
  const who = await stage.owner();
  await breakDown(database, who, now());
  await database.db.system
    .updateTable('members')
    .set({ created_at: new Date(now().getTime() + 1000) })
    .where('user_id', '=', who.userId ?? '')
    .execute();
  const { unreadCount, notices } = await listed(who);
  expect([unreadCount, notices[0]?.isRead]).toEqual([0, true]);
});

test('who may not see a thing sees no notice of it', async () => {
  const who = await stage.owner();
  const hook = {
    kind: 'webhook',
    id: newId<string>('hook'),
    name: 'hooks.example.com',
    integration: null,
  } as const;
  const other = { ...SALES, id: newId<string>('con'), name: 'Other' };
  await breakDown(database, who, now(), { subject: hook });
  await breakDown(database, who, now());
  await breakDown(database, who, now(), { subject: other });
  const names = async (asking: Who) =>
    (await listed(asking)).notices.map(({ subject }) => subject.name).sort();
  expect(await names(who)).toEqual(['Other', 'Sales', 'hooks.example.com']);
  const viewer: Who = { ...who, role: 'viewer', scopes: scopesOfRole.viewer };
  expect(await names(viewer)).toEqual(['Other', 'Sales']);
  expect((await listed(viewer)).unreadCount).toBe(2);
  const bound: Who = { ...who, connectionIds: new Set([SALES.id]) };
  expect(await names(bound)).toEqual(['Sales']);
  expect(await names(await stage.owner())).toEqual([]);
});

test('the bell costs the same however many notices are stored', async () => {
  const [who, other] = [await stage.owner(), await stage.owner()];
  await sql`insert into notices (id, workspace_id, kind, subject_kind, subject_id, subject_name, about, event_key, title,
      message, for_admins, at)
    select 'ntc_' || to_char(n, 'FM00000000000000000000000000'),
      case when n <= 5000 then ${who.workspaceId} else ${other.workspaceId} end, 'expires_soon', 'connection', 'con_x', 'X', '',
      n::text, 'T', 'M', n % 2 = 0, now() from generate_series(1, 20000) n`.execute(database.db.system);
  await sql`vacuum analyze notices`.execute(database.db.system);
  const viewer: Who = { ...who, scopes: scopesOfRole.viewer };
  await stage.notices.markRead(who, `ntc_${'4990'.padStart(26, '0')}`);
  const { rows } = await sql<{ 'QUERY PLAN': string }>`explain select id from notices
    where workspace_id = ${who.workspaceId} and not for_admins and id > ${`ntc_${'4990'.padStart(26, '0')}`}
    order by id desc limit 100`.execute(database.db.system);
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index.*notices_for_all/);
  expect((await listed(viewer)).unreadCount).toBe(5);
});

test('old notices go, and those of a year stay', async () => {
  const who = await stage.owner();
  await breakDown(database, who, new Date(now().getTime() - 366 * DAY_MS));
  await warn(database, who, new Date(now().getTime() - 364 * DAY_MS), 30);
  await stage.notices.sweep();
  expect(await story(who)).toEqual(['expires_soon']);
});
