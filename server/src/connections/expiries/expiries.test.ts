import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/database.ts';
import type { Who } from '../../workspaces/who.ts';
import { expiryTell } from '../announce.ts';
import type { GivenDates } from '../dates.ts';
import {
  account,
  definitionAt,
  forgetJobs,
  GOOD_KEY,
  json,
  OTHER_GOOD_KEY,
  openRoom,
  type Provider,
  type Room,
  standingClock,
  startProvider,
  whoIn,
} from '../under-test.ts';

/** Ends of connections, sign-in setups and API tokens: what is listed, and what people are told of it, once. */
const DAY_MS = 86_400_000;
const clock = standingClock();
const inDays = (days: number) => new Date(clock.now().getTime() + days * DAY_MS);
let database: TestDatabase;
let provider: Provider;
let room: Room;
let other: Room;
let who: Who;

beforeAll(async () => {
  database = await freshDatabase();
  provider = await startProvider();
  const definitions = [definitionAt(`http://127.0.0.1:${provider.port}`)];
  const options = { database, definitions, ports: [provider.port], clock };
  room = openRoom(options);
  other = openRoom(options);
});
afterAll(async () => {
  await room.close();
  await other.close();
  await provider.close();
  await database.close();
});
beforeEach(async () => {
  who = await room.owner();
  await forgetJobs(database);
  await run('delete from expiries');
  for (const key of [GOOD_KEY, OTHER_GOOD_KEY]) provider.on(key, account('acc_1', 'jane@acme.example'));
});

async function run(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  return (await database.db.systemPool.query(text, values)).rows;
}

async function connected(dates: GivenDates = {}): Promise<string> {
  const { connection } = await room.connections.connect(who, {
    integration: 'acme',
    name: undefined,
    method: 'api_key',
    credentials: { api_key: GOOD_KEY },
    saveUnverified: false,
    makeDefault: false,
  });
  if (dates.endsAt !== undefined || dates.rotateAt !== undefined) await dated(connection.id, dates);
  return connection.id;
}

const dated = (id: string, dates: GivenDates) =>
  room.connections.update(
    who,
    id,
    { name: undefined, credentials: undefined, saveUnverified: false, dates },
    null,
  );
const replaced = (id: string, api_key: string, dates: GivenDates = {}) =>
  room.connections.update(
    who,
    id,
    { name: undefined, credentials: { api_key }, saveUnverified: false, dates },
    null,
  );

async function listed(as: Who = who) {
  const ask = { from: null, until: null, kind: undefined, limit: 50, cursor: undefined };
  const { data } = await room.connections.expiries(as, ask);
  return data.map(
    ({ expiry, ...one }) => [expiry.subject.id, expiry.kind, expiry.source, expiry.endsAt, one] as const,
  );
}

/** What a minute brings: the sweep, and the jobs it makes, done by two processes at once. */
async function minute(): Promise<void> {
  await room.connections.sweepExpiries();
  const jobs = await run(
    `select payload->>'workspace_id' as workspace, payload->>'id' as id
     from graphile_worker._private_jobs jobs
     join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id where tasks.identifier = $1`,
    [expiryTell.name],
  );
  await forgetJobs(database);
  for (const { workspace, id } of jobs)
    await Promise.all(
      [room, other, room].map(({ connections }) => connections.tellExpiry(String(workspace), String(id))),
    );
}

const told = async () =>
  (await run('select title from notices where workspace_id = $1 order by at, id', [who.workspaceId])).map(
    ({ title }) => title,
  );
const isOver = async () =>
  (await run('select over_at from notices where workspace_id = $1 order by at, id', [who.workspaceId])).map(
    ({ over_at }) => over_at !== null,
  );

describe('an end that a person entered', () => {
  test('is listed, told 30, 7 and 1 days ahead, once each over all processes, and shown on the connection', async () => {
    const id = await connected({ endsAt: inDays(40), rotateAt: null });
    expect(await listed()).toMatchObject([
      [id, 'key', 'entered', inDays(40), { nextWarningAt: inDays(10), name: 'Acme', dependentsCount: 0 }],
    ]);
    await minute();
    expect(await told()).toEqual([]);
    clock.move(10 * DAY_MS);
    await minute();
    await minute();
    expect(await told()).toEqual(['Acme ends in 30 days: Acme']);
    const shown = await room.connections.get(who, id);
    expect(shown.status).toBe('expiring_soon');
    expect(shown.statusReason).toContain('by the date entered here');
    clock.move(23 * DAY_MS);
    await minute();
    clock.move(6 * DAY_MS);
    await minute();
    await minute();
    expect(await told()).toEqual([
      'Acme ends in 30 days: Acme',
      'Acme ends in 7 days: Acme',
      'Acme ends within a day: Acme',
    ]);
    expect((await listed())[0]?.[4].nextWarningAt).toBeNull();
    clock.move(2 * DAY_MS);
    await minute();
    expect((await told()).length).toBe(3);
    // It still works, so it is not called broken.
    expect((await room.connections.verify(who, id)).connection).toMatchObject({
      status: 'expiring_soon',
      statusReason: expect.stringContaining('but they still work'),
    });
    expect((await listed())[0]?.[4].message).toContain('ended on');
  });

  test('that passed day 30 and day 7 while no server ran is told once, with the days that are left', async () => {
    await connected({ endsAt: inDays(40), rotateAt: null });
    clock.move(35 * DAY_MS);
    await minute();
    await minute();
    expect(await told()).toEqual(['Acme ends in 5 days: Acme']);
    clock.move(4.5 * DAY_MS);
    await minute();
    expect(await told()).toHaveLength(2);
  });

  test('that passed while no server ran is said afterwards, once', async () => {
    await connected({ endsAt: inDays(40), rotateAt: null });
    clock.move(45 * DAY_MS);
    await minute();
    await minute();
    expect(await told()).toEqual(['Acme has ended: Acme']);
  });

  test('that was two days ahead when it was entered is told a day ahead, and a nearer one when it has come', async () => {
    await connected({ endsAt: inDays(2) });
    clock.move(1.2 * DAY_MS);
    await minute();
    expect(await told()).toEqual(['Acme ends within a day: Acme']);
    await connected({ endsAt: inDays(0.7) });
    await minute();
    clock.move(0.8 * DAY_MS);
    await minute();
    expect((await told()).toSorted()).toEqual(['Acme ends within a day: Acme', 'Acme has ended: Acme 2']);
  });

  test('within 30 days makes the connection say so at once and tells nobody what somebody has just entered', async () => {
    const id = await connected({ endsAt: inDays(20) });
    await minute();
    expect(await told()).toEqual([]);
    expect((await room.connections.get(who, id)).status).toBe('expiring_soon');
    await dated(id, { endsAt: inDays(200) });
    expect(await room.connections.get(who, id)).toMatchObject({ status: 'connected', statusReason: null });
    const events = (await room.connections.events(who, id, { limit: 10, cursor: undefined })).data;
    expect(events.filter(({ kind }) => kind === 'dates_changed')).toHaveLength(2);
  });

  test('goes with its credential: a new one has none, a roll-back brings it back, and is not told again', async () => {
    const id = await connected({ endsAt: inDays(40), rotateAt: inDays(300) });
    clock.move(10 * DAY_MS);
    await minute();
    expect([await told(), await isOver()]).toEqual([['Acme ends in 30 days: Acme'], [false]]);
    await replaced(id, OTHER_GOOD_KEY);
    expect(await listed()).toEqual([]);
    expect(await room.connections.get(who, id)).toMatchObject({
      status: 'connected',
      endsAt: null,
      rotateAt: null,
    });
    await minute();
    expect(await isOver()).toEqual([true]);
    await room.connections.rollBack(who, id, null);
    expect((await listed()).map(([, kind]) => kind)).toEqual(['key', 'rotation']);
    await minute();
    expect(await told()).toHaveLength(1);
    await replaced(id, OTHER_GOOD_KEY, { endsAt: inDays(100) });
    expect(await listed()).toMatchObject([[id, 'key', 'entered', inDays(100), {}]]);
    await room.connections.disconnect(who, id);
    expect(await listed()).toEqual([]);
    await expect(dated(id, { endsAt: inDays(1) })).rejects.toMatchObject({ code: 'connection_broken' });
  });

  test('of a credential that is refused leaves the verdict alone', async () => {
    const id = await connected({ endsAt: inDays(2) });
    clock.move(3 * DAY_MS);
    provider.on(GOOD_KEY, json(401, { code: 'unknown' }));
    expect((await room.connections.verify(who, id)).connection.status).toBe('invalid');
  });

  test('cannot be lost to two who change things at once', async () => {
    const id = await connected();
    const [one, two] = await Promise.allSettled([
      dated(id, { endsAt: inDays(90) }),
      replaced(id, OTHER_GOOD_KEY, { endsAt: inDays(60) }),
    ]);
    expect([one.status, two.status]).toEqual(['fulfilled', 'fulfilled']);
    const { endsAt } = await room.connections.get(who, id);
    expect((await listed()).map(([, , , at]) => at)).toEqual(endsAt === null ? [] : [endsAt]);
  });
});

describe('an end that a credential or the tool names', () => {
  test('of a certificate within 30 days is told at once, since nobody may have looked', async () => {
    const id = await connected();
    await run('update credentials set expires_at = $2 where connection_id = $1', [id, inDays(3)]);
    expect(await listed()).toMatchObject([[id, 'key', 'credential', inDays(3), {}]]);
    await minute();
    expect(await told()).toEqual(['Acme ends in 3 days: Acme']);
  });

  test('of an access that people signed in for follows its token; for disuse it ends only while renewing fails', async () => {
    const id = await connected();
    await run("update credentials set method = 'oauth2' where connection_id = $1", [id]);
    await run(
      `insert into tokens (id, workspace_id, connection_id, credential_version, made_from, generation, sealed,
         has_refresh_token, minted_at, grant_ends_at, grant_warns_at, idle_seconds)
       values ('tkn_' || $2, $1, $2, 1, 'refresh_token', 1, 'v1.dk_x.y', true, $3, $4, $5, 86400 * 14)`,
      [who.workspaceId, id, clock.now(), inDays(90), inDays(68)],
    );
    expect(await listed()).toMatchObject([[id, 'sign_in', 'tool', inDays(90), {}]]);
    await run('update tokens set failures = 1 where connection_id = $1', [id]);
    expect((await listed()).map(([, , source, at]) => [source, at])).toEqual([
      ['forecast', inDays(14)],
      ['tool', inDays(90)],
    ]);
    await run('update tokens set failures = 0, minted_at = $2 where connection_id = $1', [id, inDays(1)]);
    expect((await listed()).map(([, , source]) => source)).toEqual(['tool']);
    await run("update tokens set ended_because = 'revoked' where connection_id = $1", [id]);
    expect(await listed()).toEqual([]);
  });
});

describe('the list', () => {
  async function apiToken(days: number): Promise<string> {
    const id = `tok_${'0'.repeat(20)}${String(Math.random()).slice(2, 8)}`;
    await run(
      `insert into api_tokens (id, workspace_id, name, token_hash, hint, role, scopes, created_at, expires_at)
       values ($1, $2, 'CI', sha256($1::text::bytea), 'kr_…', 'admin', '{}', $3, $4)`,
      [id, who.workspaceId, clock.now(), inDays(days)],
    );
    return id;
  }

  test('shows API tokens to those who manage them alone, and a bound token its own connections alone', async () => {
    const id = await connected({ endsAt: inDays(10) });
    await connected({ endsAt: inDays(5) });
    const tokenId = await apiToken(30);
    await run(
      `insert into oauth_apps (id, workspace_id, integration, method_id, client_id, updated_at, client_secret_ends_at, dates_set_at)
       values ('app_' || $1, $1, 'acme', 'oauth2', 'x', $2, $3, $2)`,
      [who.workspaceId, clock.now(), inDays(20)],
    );
    expect((await listed()).map(([subject, kind]) => [subject, kind])).toEqual([
      [expect.stringMatching(/^con_/), 'key'],
      [id, 'key'],
      ['acme', 'client_secret'],
      [tokenId, 'api_token'],
    ]);
    const viewer = { ...who, role: 'viewer' as const, scopes: new Set(['connections:read'] as const) };
    expect((await listed(viewer)).map(([, kind]) => kind)).toEqual(['key', 'key', 'client_secret']);
    const bound = whoIn(who.workspaceId, [id as never]);
    expect((await listed(bound)).map(([subject]) => subject)).toEqual([id]);
    expect(await listed(await room.owner())).toEqual([]);
    // A token made for thirty days is told of in time, and not on its first day.
    await minute();
    expect(await told()).toEqual([]);
    clock.move(23 * DAY_MS);
    await minute();
    expect(await told()).toContain('API token ends in 7 days: CI');
    await run('delete from api_tokens where id = $1', [tokenId]);
    expect((await listed()).map(([, kind]) => kind)).not.toContain('api_token');
  });

  test('goes on where its page ended, whatever has the same date, within the dates asked for', async () => {
    const at = inDays(50);
    for (let made = 0; made < 5; made += 1) await connected({ endsAt: at, rotateAt: inDays(60 + made) });
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const ask = { from: null, until: null, kind: undefined, limit: 3, cursor };
      const page = await room.connections.expiries(who, ask);
      seen.push(...page.data.map(({ expiry }) => expiry.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(new Set(seen).size).toBe(10);
    expect(seen).toHaveLength(10);
    const only = {
      from: inDays(61),
      until: inDays(63),
      kind: 'rotation' as const,
      limit: 50,
      cursor: undefined,
    };
    expect((await room.connections.expiries(who, only)).data).toHaveLength(3);
    const wrong = { ...only, cursor: 'no-cursor' };
    await expect(room.connections.expiries(who, wrong)).rejects.toMatchObject({ code: 'invalid_input' });
  });
});

test('a sweep reads what is due and not what is stored, and forgets what is long over', async () => {
  const id = await connected();
  await run(
    `insert into expiries (id, workspace_id, subject_kind, subject_id, connection_id, kind, source, ends_at, warns_from, due_at, is_current)
     select 'exp_' || n, $1, 'connection', $2, $2, 'key', 'entered', $3::timestamptz + n * interval '1 minute', $3, null, n > 20
     from generate_series(1, 20000) n`,
    [who.workspaceId, id, inDays(-200)],
  );
  await run('analyze expiries');
  const [plan] = await run(
    `explain (format json) select id from expiries where due_at <= $1 order by due_at limit 500 for update skip locked`,
    [clock.now()],
  );
  expect(JSON.stringify(plan)).toContain('expiries_due');
  await minute();
  const [{ count = 0 } = {}] = await run('select count(*)::int as count from expiries');
  expect(count).toBe(19_980);
});
