import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import type { Who } from '../workspaces/who.ts';
import type { Listed } from './look.ts';
import {
  account,
  definitionAt,
  forgetJobs,
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
  trace,
} from './under-test.ts';

const HOUR = 3_600_000;
let database: TestDatabase;
let provider: Provider;
let room: Room;
let who: Who;
const clock = standingClock();

const open = () =>
  openRoom({
    database,
    definitions: [definitionAt(`http://127.0.0.1:${provider.port}`)],
    ports: [provider.port],
    clock,
    settings: { checkTimeoutMs: 2_000 },
  });

beforeAll(async () => {
  database = await freshDatabase();
  provider = await startProvider();
  room = open();
});
afterAll(async () => {
  await room.close();
  await provider.close();
  await database.close();
});
beforeEach(async () => {
  who = await room.owner();
  works(GOOD_KEY);
  works(OTHER_GOOD_KEY);
});

const works = (key: string) => provider.on(key, account('acc_1', 'jane@acme.example'));
const isRefused = (key: string) => provider.on(key, json(401, { message: 'bad key' }));
const isDown = (key: string) => provider.on(key, json(500, { message: 'down' }));

async function connected(): Promise<Listed> {
  const { connection } = await room.connections.connect(who, {
    integration: 'acme',
    name: undefined,
    method: 'api_key',
    credentials: { api_key: GOOD_KEY },
    saveUnverified: false,
    makeDefault: false,
  });
  await forgetJobs(database);
  return connection;
}

const get = (id: string) => room.connections.get(who, id);
const check = (id: string) => room.connections.check(who.workspaceId, id);
const waitMs = ({ nextCheckAt }: Listed) => (nextCheckAt?.getTime() ?? 0) - clock.now().getTime();
const replacing = (api_key: string) => ({ name: undefined, credentials: { api_key }, saveUnverified: false });

describe('a later check', () => {
  it('turns a refused connection invalid, says why, and heals it when it is accepted again', async () => {
    const made = await connected();
    isRefused(GOOD_KEY);
    const { connection, verdict } = await room.connections.verify(who, made.id);
    expect(verdict).toMatchObject({
      kind: 'rejected',
      next_step: 'Copy it again from Settings > API keys, without spaces.',
    });
    expect(connection).toMatchObject({ status: 'invalid', statusReason: 'Acme did not accept this key.' });
    expect(connection.version).toBe(made.version);
    expect(await jobsOf(database, 'connections.healed')).toEqual([]);

    works(GOOD_KEY);
    await check(made.id);
    expect(await get(made.id)).toMatchObject({ status: 'connected', statusReason: null });
    expect(await jobsOf(database, 'connections.healed')).toEqual([made.id]);
  });

  it.each([
    ['expired', json(401, { code: 'expired' })],
    ['revoked', json(401, { code: 'revoked' })],
    ['limited', json(403, { needs: 'contacts.read' })],
    ['out_of_credits', json(402, {})],
    ['invalid', json(404, {})],
  ] as const)('gives the status %s', async (status, behaviour) => {
    const made = await connected();
    provider.on(GOOD_KEY, behaviour);
    clock.move(1000);
    await check(made.id);
    const now = await get(made.id);
    expect(now).toMatchObject({ status, account: made.account });
    expect(now.statusSince.getTime()).toBe(clock.now().getTime());
  });

  it('turns nothing red while the provider is down, and comes again soon, then less and less often', async () => {
    const made = await connected();
    isDown(GOOD_KEY);
    const waits: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      clock.move(1_000);
      await check(made.id);
      const now = await get(made.id);
      expect(now).toMatchObject({
        status: 'connected',
        statusReason: null,
        lastVerdict: { kind: 'provider_error' },
      });
      waits.push(waitMs(now));
    }
    expect(waits[0]).toBeLessThan(70_000);
    for (const [index, wait] of waits.slice(1).entries())
      expect(wait).toBeGreaterThan((waits[index] ?? 0) * 1.5);
    works(GOOD_KEY);
    clock.move(1_000);
    await check(made.id);
    expect(waitMs(await get(made.id))).toBeGreaterThan(20 * HOUR);
    const { data } = await room.connections.events(who, made.id, { limit: 10, cursor: undefined });
    expect(data.map((event) => event.kind)).toEqual(['checked', 'checked', 'created']);
  });

  it('about a credential that was replaced meanwhile changes nothing', async () => {
    const made = await connected();
    let replaced: Promise<unknown> = Promise.resolve();
    provider.on(GOOD_KEY, (response, key, request) => {
      replaced = room.connections.update(who, made.id, replacing(OTHER_GOOD_KEY), null).then(() => {
        json(401, {})(response, key, request);
      });
    });
    await check(made.id);
    await replaced;
    expect(await get(made.id)).toMatchObject({ status: 'connected', credentialVersion: 2 });
  });

  it('comes by itself when it is due, spread over the day, and only then', async () => {
    const made = await Promise.all([1, 2, 3, 4, 5].map(connected));
    const waits = made.map(waitMs);
    for (const wait of waits) expect(Math.abs(wait - 24 * HOUR)).toBeLessThan(2.5 * HOUR);
    expect(new Set(waits).size).toBe(5);
    await room.connections.sweep();
    const ids = new Set(made.map((one) => one.id as string));
    const due = async () => (await jobsOf(database, 'connections.check')).filter((id) => ids.has(id));
    expect(await due()).toEqual([]);
    clock.move(27 * HOUR);
    await room.connections.sweep();
    expect((await due()).sort()).toEqual([...ids].sort());
    await forgetJobs(database);
    await room.connections.sweep();
    expect(await due()).toEqual([]);
  });
});

describe('while a credential is checked for the first time', () => {
  it('nothing is written yet, so that a process killed there leaves nothing', async () => {
    const before = await trace(database, who);
    let during = '';
    provider.on(GOOD_KEY, async (response, key, request) => {
      during = await trace(database, who);
      account('acc_1', 'jane@acme.example')(response, key, request);
    });
    const made = await connected();
    expect(during).toBe(before);
    expect(await trace(database, who)).toContain(made.id);
    expect(await trace(database, who)).not.toContain(GOOD_KEY);
  });
});

describe('the credential of a saved connection', () => {
  const source = (id: string, of = room) => of.connections.credentialSource(who.workspaceId, id, {});
  async function sent(id: string, of = room): Promise<string | undefined> {
    const current = await source(id, of).current();
    if (current.kind !== 'credential') return current.because;
    const request = { method: 'GET', url: 'http://127.0.0.1/', headers: {} };
    return (await current.credential.apply(request, new Date())).headers['x-api-key'];
  }

  it('replaced by another process is found by a call that was refused, which is then repeated', async () => {
    const made = await connected();
    const elsewhere = open();
    expect(await sent(made.id, elsewhere)).toBe(GOOD_KEY);
    await room.connections.update(who, made.id, replacing(OTHER_GOOD_KEY), null);
    expect(await sent(made.id, elsewhere)).toBe(GOOD_KEY);
    expect(await source(made.id, elsewhere).refused(1)).toMatchObject({ version: 2 });
    expect(await sent(made.id, elsewhere)).toBe(OTHER_GOOD_KEY);
    expect(await jobsOf(database, 'connections.check')).toEqual([]);
    await elsewhere.close();
  });

  it('is dropped from memory when another process says that something changed', async () => {
    const made = await connected();
    const elsewhere = open();
    expect(await sent(made.id, elsewhere)).toBe(GOOD_KEY);
    await room.connections.disconnect(who, made.id);
    elsewhere.connections.forget(who.workspaceId);
    expect(await sent(made.id, elsewhere)).toBe('missing');
    await elsewhere.close();
  });

  it('refused in a hundred calls at once is checked once, and only found invalid by that check', async () => {
    const made = await connected();
    isRefused(GOOD_KEY);
    const asked = provider.seen.length;
    const answers = await Promise.all(Array.from({ length: 100 }, () => source(made.id).refused(1)));
    expect(new Set(answers)).toEqual(new Set([null]));
    expect(await jobsOf(database, 'connections.check')).toEqual([made.id]);
    expect((await get(made.id)).status).toBe('connected');
    await check(made.id);
    expect(provider.seen.length).toBe(asked + 1);
    expect((await get(made.id)).status).toBe('invalid');
    expect(await sent(made.id)).toBe('broken');
    await forgetJobs(database);
    await room.connections.reportUnauthenticated(who.workspaceId, made.id, 1);
    expect(await jobsOf(database, 'connections.check')).toEqual([]);
  });

  it('refused again and again by one address alone, while checks find it fine, is checked once a minute', async () => {
    const made = await connected();
    const report = () => room.connections.reportUnauthenticated(who.workspaceId, made.id, 1);
    await report();
    expect(await waitingChecks()).toEqual([0]);
    await check(made.id);
    await forgetJobs(database);
    for (let times = 0; times < 5; times += 1) await report();
    expect(await waitingChecks()).toEqual([60_000]);
    clock.move(61_000);
    await forgetJobs(database);
    await report();
    expect(await waitingChecks()).toEqual([59_000]);
    await room.connections.update(who, made.id, replacing(OTHER_GOOD_KEY), null);
    await forgetJobs(database);
    await report();
    expect(await waitingChecks()).toEqual([]);
    await room.connections.reportUnauthenticated(who.workspaceId, made.id, 2);
    expect(await waitingChecks()).toEqual([0]);
  });

  it('that was used is shown as used, to the minute; a check is no use', async () => {
    const made = await connected();
    await check(made.id);
    expect((await get(made.id)).lastUsedAt).toBeNull();
    await sent(made.id);
    expect((await get(made.id)).lastUsedAt).toEqual(clock.now());
  });

  it('that is damaged marks its connection, breaks no list, and is healed by entering it again', async () => {
    const [bad, good] = [await connected(), await connected()];
    const sealed = await sealedOf(good.id);
    // A ciphertext of another row, a flipped bit, no ciphertext at all, plain text, and other algorithms.
    const plain = '{"api_key":"fake-key-plain"}';
    const others = ['none.', 'aes-256-cbc.'].map((name) => sealed.replace('v1.', name));
    const forms = [sealed, `${sealed.slice(0, -2)}AA`, 'v1.nothing', plain, ...others];
    for (const [index, text] of forms.entries()) {
      await overwrite(bad.id, text);
      room.connections.forget(null);
      expect(await sent(bad.id), String(index)).toBe('unreadable');
      expect(await get(bad.id)).toMatchObject({
        status: 'invalid',
        statusReason: expect.stringMatching(/no longer be read/),
      });
      expect((await room.connections.list(who, all)).data).toHaveLength(2);
      await expect(room.connections.verify(who, bad.id)).rejects.toMatchObject({ code: 'connection_broken' });
      const healed = await room.connections.reconnect(
        who,
        bad.id,
        { credentials: { api_key: GOOD_KEY }, saveUnverified: false },
        null,
      );
      expect(healed.connection.status).toBe('connected');
      expect(await sent(bad.id)).toBe(GOOD_KEY);
    }
    expect(await sent(good.id)).toBe(GOOD_KEY);
    expect(JSON.stringify(room.logged)).not.toContain('fake-key');
  });
});

describe('what others ask about a connection', () => {
  const resolve = (integration: string, connectionId: string | null) =>
    database.db.transact(who.workspaceId, (tx) =>
      room.connections.resolve(tx, who.workspaceId, { integration, connectionId }),
    );
  const forCall = () => resolve('acme', null);

  it('is whether there is one to use, and it changes at once with what is done to it', async () => {
    expect(await forCall()).toEqual({ kind: 'missing', because: 'none' });
    const made = await connected();
    expect(await forCall()).toMatchObject({ kind: 'usable', connection: { id: made.id, method: 'api_key' } });
    isRefused(GOOD_KEY);
    await room.connections.verify(who, made.id);
    expect(await forCall()).toMatchObject({
      kind: 'broken',
      status: 'invalid',
      reason: 'Acme did not accept this key.',
    });
    await room.connections.disconnect(who, made.id);
    expect(await forCall()).toEqual({ kind: 'missing', because: 'disconnected' });
    expect(await resolve('other', made.id)).toMatchObject({
      kind: 'missing',
    });
  });

  it('credits used up are said at once and healed by a check, which tells what waits', async () => {
    const made = await connected();
    await room.connections.reportOutOfCredits(who.workspaceId, made.id, 'Out of credits at Acme.');
    const now = await get(made.id);
    expect(now).toMatchObject({ status: 'out_of_credits', statusReason: 'Out of credits at Acme.' });
    expect(waitMs(now)).toBeLessThan(2 * HOUR);
    await check(made.id);
    expect((await get(made.id)).status).toBe('connected');
    expect(await jobsOf(database, 'connections.healed')).toEqual([made.id]);
  });
});

describe('people are told', () => {
  const STOPPED = ['needs_attention connection'];
  const OVER = ['needs_attention connection (over)'];

  it('once that a connection stopped, whatever else is found out about it, and at once that somebody reconnected it', async () => {
    const made = await connected();
    isRefused(GOOD_KEY);
    await check(made.id);
    await check(made.id);
    provider.on(GOOD_KEY, json(401, { code: 'expired', message: 'expired' }));
    await check(made.id);
    expect(await told(database, who)).toEqual(STOPPED);
    const notice = await database.db.system
      .selectFrom('notices')
      .selectAll()
      .where('subject_id', '=', made.id);
    expect(await notice.executeTakeFirst()).toMatchObject({
      title: 'Acme needs attention: Acme',
      subject_name: 'Acme',
      integration: 'acme',
      about: 'expired',
    });
    clock.move(1);
    const { connection } = await room.connections.reconnect(
      who,
      made.id,
      { credentials: { api_key: OTHER_GOOD_KEY }, saveUnverified: false },
      null,
    );
    expect(connection.status).toBe('connected');
    expect(await told(database, who)).toEqual([...OVER, 'recovered connection']);
  });

  it('nothing of a provider that is down, of what heals by itself before it was told, or of what they did themselves', async () => {
    const made = await connected();
    isDown(GOOD_KEY);
    await check(made.id);
    works(GOOD_KEY);
    await check(made.id);
    await room.connections.disconnect(who, made.id);
    expect(await told(database, who)).toEqual([]);
  });

  it('once of credits that are used up and back again and again, and of a check that heals nothing for sure yet', async () => {
    const made = await connected();
    for (let round = 0; round < 6; round += 1) {
      await room.connections.reportOutOfCredits(who.workspaceId, made.id, 'Out of credits at Acme.');
      clock.move(60_000);
      await check(made.id);
      clock.move(60_000);
    }
    expect(await told(database, who)).toEqual(OVER);
  });

  it('of a permission that is missing since, and besides when nothing works any more', async () => {
    const made = await connected();
    provider.on(GOOD_KEY, json(403, { needs: 'people:read' }));
    await check(made.id);
    clock.move(1);
    isRefused(GOOD_KEY);
    await check(made.id);
    expect(await told(database, who)).toEqual([...OVER, ...STOPPED]);
  });

  it('of a connection that is deleted no more', async () => {
    const made = await connected();
    isRefused(GOOD_KEY);
    await check(made.id);
    await room.connections.remove(who, made.id, { newDefault: undefined, version: null });
    expect(await told(database, who)).toEqual(OVER);
  });

  it('of credentials that cannot be read any more', async () => {
    const made = await connected();
    await database.db.system
      .updateTable('credentials')
      .set({ sealed: 'v1.none.broken' })
      .where('connection_id', '=', made.id)
      .execute();
    const other = open();
    await expect(other.connections.verify(who, made.id)).rejects.toMatchObject({ code: 'connection_broken' });
    expect(await told(database, who)).toEqual(STOPPED);
    await other.close();
  });
});

const all = { integration: undefined, status: undefined, limit: 50, cursor: undefined };

/** How long, in milliseconds, until each waiting check. */
async function waitingChecks(): Promise<number[]> {
  const { rows } = await database.db.systemPool.query<{ run_at: Date }>(
    `select run_at from graphile_worker._private_jobs jobs
     join graphile_worker._private_tasks tasks on tasks.id = jobs.task_id
     where tasks.identifier = 'connections.check'`,
  );
  return rows.map((row) => row.run_at.getTime() - clock.now().getTime());
}

async function sealedOf(id: string): Promise<string> {
  const row = await database.db.system
    .selectFrom('credentials')
    .select('sealed')
    .where('connection_id', '=', id)
    .where('state', '=', 'current')
    .executeTakeFirstOrThrow();
  return row.sealed ?? '';
}

async function overwrite(id: string, sealed: string): Promise<void> {
  await database.db.system
    .updateTable('credentials')
    .set({ sealed })
    .where('connection_id', '=', id)
    .where('state', '=', 'current')
    .execute();
}
