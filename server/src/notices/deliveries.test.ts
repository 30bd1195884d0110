import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import type { Who } from '../workspaces/who.ts';
import {
  breakDown,
  DAY_MS,
  HOUR_MS,
  heal,
  MINUTE_MS,
  openStage,
  type Receiver,
  SALES,
  type Stage,
  startReceiver,
  status,
} from './under-test.ts';

const ALL = ['needs_attention', 'expires_soon', 'recovered'] as const;

let database: TestDatabase;
let receiver: Receiver;
let slow: Receiver;
let stage: Stage;
let who: Who;
beforeAll(async () => {
  database = await freshDatabase();
  receiver = await startReceiver();
  slow = await startReceiver();
  stage = openStage(database, { ports: [receiver.port, slow.port] });
});
beforeEach(async () => {
  receiver.received.length = 0;
  slow.received.length = 0;
  receiver.answers(status(200));
  slow.answers(status(200));
  who = await stage.owner();
  // What the test before left waiting.
  await sql`delete from deliveries`.execute(database.db.system);
});
afterAll(async () => {
  await receiver.close();
  await slow.close();
  await stage.close();
  await database.close();
});

const now = () => stage.clock.now();
async function webhook(url = receiver.url()) {
  const made = await stage.notices.createChannel(who, { kind: 'webhook', url, kinds: ALL });
  return { id: made.channel.id, secret: made.secret?.reveal() ?? '' };
}
const channel = (id: string) => stage.notices.channel(who, 'webhook', id);
async function log(channelId?: string) {
  const found = await stage.notices.deliveries(who, {
    channel: channelId,
    state: undefined,
    before: null,
    limit: 50,
  });
  return found.map(({ state, attempts, lastAnswer }) => `${state} ${attempts} ${lastAnswer}`);
}
const verified = (secret: string, index = 0): unknown => {
  const one = receiver.received[index];
  return new StandardWebhook(secret).verify(one?.body ?? '', one?.headers as Record<string, string>);
};
const trouble = () => breakDown(database, who, now());

/** The library looks at the wall's clock. */
function atWallTime(): Stage {
  const wall = { ...systemClock, forward: () => {}, sleep: () => new Promise<void>(() => {}) };
  return openStage(database, { ports: [receiver.port], clock: wall });
}

describe('a signed message', () => {
  test('is taken by the library that its receivers use, and says what happened without a secret', async () => {
    const wall = atWallTime();
    const { secret } = await webhook();
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await breakDown(database, who, new Date());
    await wall.drain();
    expect(verified(secret)).toMatchObject({
      type: 'connection.needs_attention',
      data: {
        workspace_id: who.workspaceId,
        subject: { kind: 'connection', id: SALES.id, name: 'Sales', integration: 'acme' },
        title: 'Acme needs attention: Sales',
        url: 'https://keyrail.example.com/settings/connections/acme',
      },
    });
    await wall.close();
  });

  test('with another body, an old time or under another secret is refused by it', async () => {
    const wall = atWallTime();
    const { secret } = await webhook();
    await breakDown(database, who, new Date());
    await wall.drain();
    const [one] = receiver.received;
    const headers = one?.headers as Record<string, string>;
    const library = new StandardWebhook(secret);
    expect(() => library.verify(`${one?.body} `, headers)).toThrow(/signature/i);
    expect(() => verified(`whsec_${Buffer.alloc(32).toString('base64')}`)).toThrow(/signature/i);
    // Six minutes old, rightly signed.
    const then = String(Math.floor(Date.now() / 1000) - 360);
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signed = `${headers['webhook-id']}.${then}.${one?.body}`;
    const signature = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`;
    const old = { ...headers, 'webhook-timestamp': then, 'webhook-signature': signature };
    expect(() => library.verify(one?.body ?? '', old)).toThrow(/old/i);
    await wall.close();
  });

  test('is signed with the secret before, too, for a day after a new one was made, and then no more', async () => {
    const { id, secret } = await webhook();
    const rotated = await stage.notices.rotateSecret(who, id, null);
    expect(rotated.secret.reveal()).not.toBe(secret);
    await trouble();
    await stage.drain();
    stage.clock.forward(25 * HOUR_MS);
    await heal(database, who, now(), { isProven: true });
    await stage.drain();
    // It is destroyed soon after, too.
    await stage.notices.sweep();
    const signatures = receiver.received.map(({ headers }) =>
      String(headers['webhook-signature']).split(' '),
    );
    expect(signatures.map((all) => all.length)).toEqual([2, 1]);
    const [first] = receiver.received;
    for (const [index, one] of [rotated.secret.reveal(), secret].entries()) {
      const key = Buffer.from(one.slice('whsec_'.length), 'base64');
      const { 'webhook-id': messageId, 'webhook-timestamp': at } = first?.headers ?? {};
      const expected = createHmac('sha256', key).update(`${messageId}.${at}.${first?.body}`).digest('base64');
      expect(signatures[0]?.[index]).toBe(`v1,${expected}`);
    }
    expect((await channel(id)).previousSecretUntil).toBeNull();
  });

  test('keeps what it is signed with when its address changes, and goes to the new one', async () => {
    const { id, secret } = await webhook();
    const hint = (await channel(id)).hint;
    await stage.notices.updateChannel(who, 'webhook', id, { url: receiver.url('/moved') }, null);
    expect((await channel(id)).hint).toBe(hint);
    expect(secret.replace(/=$/, '').endsWith(hint ?? '-')).toBe(true);
    await trouble();
    await stage.drain();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/moved']);
  });
});

describe('a receiver that', () => {
  test('fails is tried eight times within a day, with the same id, and then given up', async () => {
    const { id } = await webhook();
    receiver.answers(status(500));
    await trouble();
    const began = now().getTime();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await stage.drain();
      const [pending] = await stage.notices.deliveries(who, {
        channel: id,
        state: 'pending',
        before: null,
        limit: 1,
      });
      if (pending?.nextAttemptAt == null) break;
      const waitMs = pending.nextAttemptAt.getTime() - now().getTime();
      waits.push(waitMs);
      stage.clock.forward(waitMs - 1);
      await stage.drain();
      stage.clock.forward(1);
    }
    expect(receiver.received).toHaveLength(8);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect([...waits].sort((a, b) => a - b)).toEqual(waits);
    expect(now().getTime() - began).toBeGreaterThan(22 * HOUR_MS);
    expect(now().getTime() - began).toBeLessThan(26 * HOUR_MS);
    expect(await log(id)).toEqual(['failed 8 500']);
    expect(await channel(id)).toMatchObject({ problem: '500', stoppedAt: null });
  });

  test('says when to come again is not asked before', async () => {
    await webhook();
    receiver.answers(status(429, { 'retry-after': '1800' }));
    await trouble();
    await stage.drain();
    stage.clock.forward(29 * MINUTE_MS);
    await stage.drain();
    expect(receiver.received).toHaveLength(1);
    receiver.answers(status(204));
    stage.clock.forward(2 * MINUTE_MS);
    await stage.drain();
    expect(await log()).toEqual(['delivered 2 204']);
  });

  test('answers with a redirect is not followed', async () => {
    await webhook();
    receiver.answers(status(302, { location: receiver.url('/elsewhere') }));
    await trouble();
    await stage.drain();
    expect(receiver.received.map(({ path }) => path)).toEqual(['/hooks']);
    expect(await log()).toEqual(['pending 1 302 (a redirect is not followed)']);
  });

  test('answers 410 is stopped at once, the others are told, and a person resumes it', async () => {
    const { id } = await webhook();
    const other = await webhook(slow.url());
    receiver.answers(status(410));
    await trouble();
    await stage.drain();
    expect(await log(id)).toEqual(['failed 1 410']);
    expect((await channel(id)).stoppedAt).not.toBeNull();
    const types = slow.received.map(({ body }) => JSON.parse(body).type).sort();
    expect(types).toEqual(['connection.needs_attention', 'webhook.needs_attention']);
    // Of the stopped one its host, and nothing that may be a key in its path.
    expect(slow.received.map(({ body }) => body).join()).not.toContain('/hooks');
    await heal(database, who, now(), { isProven: true });
    await stage.drain();
    expect(receiver.received).toHaveLength(1);
    receiver.answers(status(200));
    await stage.notices.updateChannel(who, 'webhook', id, { isPaused: false }, null);
    await trouble();
    await stage.drain();
    expect(receiver.received).toHaveLength(2);
    const { notices } = await stage.notices.list(who, {
      ...{ kind: 'needs_attention', isUnread: undefined, before: null, limit: 10 },
    });
    expect(notices.find(({ subject }) => subject.kind === 'webhook')?.overAt).not.toBeNull();
    expect(other.id).not.toBe(id);
  });

  test('takes nothing for days is stopped, and that is a notice', async () => {
    const { id } = await webhook();
    receiver.answers(status(503));
    for (let day = 0; day < 4; day += 1) {
      await trouble();
      for (let hour = 0; hour < 27; hour += 1) {
        await stage.drain();
        stage.clock.forward(HOUR_MS);
      }
      await heal(database, who, now(), { isProven: true });
    }
    await stage.drain();
    expect((await channel(id)).stoppedAt).not.toBeNull();
    const asked = receiver.received.length;
    await stage.drain();
    stage.clock.forward(DAY_MS);
    await stage.drain();
    expect(receiver.received).toHaveLength(asked);
    expect((await log(id)).some((line) => line.startsWith('pending'))).toBe(false);
  });

  test('hangs gets so long and no longer', async () => {
    await webhook();
    receiver.answers(() => {});
    await trouble();
    const hasty = openStage(database, {
      ...{ ports: [receiver.port], clock: stage.clock, settings: { attemptTimeoutMs: 100 } },
    });
    await hasty.drain();
    await hasty.close();
    expect(await log()).toEqual(['pending 1 No answer within 1 seconds']);
  });

  test('sends 10 MB, or a body without an end, has answered with its status', async () => {
    await webhook();
    await webhook(slow.url());
    let written = 0;
    receiver.answers((response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && written < 10_000_000 && response.write(Buffer.alloc(65_536)))
          written += 65_536;
        if (!response.destroyed && written < 10_000_000) response.once('drain', more);
      };
      more();
    });
    slow.answers((response) => {
      response.writeHead(200);
      response.write('never ends');
    });
    await trouble();
    await stage.drain();
    expect(await log()).toEqual(['delivered 1 200', 'delivered 1 200']);
    expect(written).toBeLessThan(10_000_000);
  });

  test('is slow holds up nobody else', async () => {
    const held: (() => void)[] = [];
    slow.answers((response) => held.push(() => status(200)(response)));
    for (let index = 0; index < 6; index += 1) await webhook(slow.url(`/${index}`));
    const others = await stage.owner();
    await trouble();
    const hog = who;
    who = others;
    await webhook();
    await trouble();
    const begun = await stage.notices.dispatcher.look();
    // Four of the one with slow receivers, and the other's.
    expect(begun).toHaveLength(5);
    await expect.poll(() => log()).toEqual(['delivered 1 200']);
    await expect.poll(() => held.length).toBe(4);
    expect(await stage.notices.dispatcher.look()).toHaveLength(0);
    slow.answers(status(200));
    for (const answer of held) answer();
    await Promise.all(begun);
    await stage.drain();
    who = hog;
    expect(await log()).toEqual(Array.from({ length: 6 }, () => 'delivered 1 200'));
  });
});

describe('a message', () => {
  test('whose process was killed while it was sent is sent again by another, with the same id', async () => {
    await webhook();
    await trouble();
    // What a killed process leaves behind: taken, and nobody to settle it.
    await sql`update deliveries set attempts = 1, next_attempt_at = ${new Date(now().getTime() + 120_000)}
      where workspace_id = ${who.workspaceId}`.execute(database.db.system);
    await stage.drain();
    expect(receiver.received).toEqual([]);
    stage.clock.forward(121_000);
    await stage.drain();
    expect(await log()).toEqual(['delivered 2 200']);
  });

  test('that two processes find at the same moment is sent once', async () => {
    await webhook();
    await trouble();
    const second = openStage(database, { ports: [receiver.port], clock: stage.clock });
    await Promise.all([stage.drain(), second.drain(), stage.drain(), second.drain()]);
    expect(receiver.received).toHaveLength(1);
    await second.close();
  });

  test('that another process takes at this very moment is not taken as well', async () => {
    await webhook();
    await trouble();
    let look: Promise<Promise<void>[]> | undefined;
    await database.db.system.transaction().execute(async (transaction) => {
      // As the other process does, before it has committed.
      await sql`update deliveries set attempts = 1, next_attempt_at = ${new Date(now().getTime() + HOUR_MS)}`.execute(
        transaction,
      );
      look = stage.notices.dispatcher.look();
      await expect
        .poll(async () => {
          const { rows } = await sql`select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db.system);
          return rows.length;
        })
        .toBe(1);
    });
    expect(await look).toEqual([]);
  });

  test('what an overtaken attempt found out late counts no more', async () => {
    await webhook();
    let answerLate = () => {};
    receiver.answers((response) => {
      answerLate = () => status(500)(response);
    });
    await trouble();
    const [first] = await stage.notices.dispatcher.look();
    await expect.poll(() => receiver.received.length).toBe(1);
    await sql`update deliveries set attempts = 2 where workspace_id = ${who.workspaceId}`.execute(
      database.db.system,
    );
    answerLate();
    await first;
    expect(await log()).toEqual(['pending 2 null']);
  });

  test('of before an operator said which instance this is, is not sent: the original may have sent it', async () => {
    const { id } = await webhook();
    await trouble();
    await sql`insert into instance (id, place, decided_at) values ('ins_x', '{}', clock_timestamp())`.execute(
      database.db.system,
    );
    await stage.drain();
    expect(receiver.received).toEqual([]);
    expect(await log(id)).toMatchObject([expect.stringMatching(/^failed 1 Not sent: this database was/)]);
    expect((await channel(id)).problem).toBeNull();
    await heal(database, who, now(), { isProven: true });
    await stage.drain();
    expect(receiver.received).toHaveLength(1);
    await sql`delete from instance`.execute(database.db.system);
  });

  test('is not sent while nothing may leave, and no attempt of it is used up', async () => {
    await webhook();
    await trouble();
    const paused = openStage(database, {
      ports: [receiver.port],
      clock: stage.clock,
      mayLeave: () => {
        throw new AppError('quarantined');
      },
    });
    await expect(paused.drain()).rejects.toMatchObject({ code: 'quarantined' });
    expect([receiver.received, await log()]).toEqual([[], ['pending 0 null']]);
    await paused.close();
  });

  test('that was paused meanwhile is not sent, then or later', async () => {
    const { id } = await webhook();
    await trouble();
    await stage.notices.updateChannel(who, 'webhook', id, { isPaused: true }, null);
    await heal(database, who, now(), { isProven: true });
    await stage.notices.updateChannel(who, 'webhook', id, { isPaused: false }, null);
    await stage.drain();
    expect(receiver.received).toEqual([]);
    expect(await log(id)).toEqual(['failed 0 Not sent: it was paused.']);
  });

  test('goes only where its kind is wanted', async () => {
    await stage.notices.createChannel(who, { kind: 'webhook', url: receiver.url(), kinds: ['recovered'] });
    await trouble();
    await heal(database, who, now(), { isProven: true });
    await stage.drain();
    expect(receiver.received.map(({ body }) => JSON.parse(body).type)).toEqual(['connection.recovered']);
  });

  test('is sent once more when somebody asks for it, as it was', async () => {
    await webhook();
    await trouble();
    await stage.drain();
    const [sent] = await stage.notices.deliveries(who, {
      ...{ channel: undefined, state: 'delivered', before: null, limit: 1 },
    });
    await stage.notices.resend(who, sent?.id ?? '');
    await stage.drain();
    const [first, second] = receiver.received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  });

  test('for trying arrives even where nothing is sent now, and only so many do', async () => {
    const { id } = await webhook();
    await stage.notices.updateChannel(who, 'webhook', id, { isPaused: true }, null);
    for (let count = 0; count < 10; count += 1) await stage.notices.sendTest(who, 'webhook', id);
    await expect(stage.notices.sendTest(who, 'webhook', id)).rejects.toMatchObject({
      code: 'too_many_requests',
    });
    await stage.drain();
    expect(receiver.received).toHaveLength(10);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      type: 'test',
      data: { subject: null },
    });
  });

  test('is forgotten with its log after a month, and what waits is not', async () => {
    const { id } = await webhook();
    await trouble();
    await stage.drain();
    stage.clock.forward(31 * DAY_MS);
    receiver.answers(status(500));
    await heal(database, who, now(), { isProven: true });
    await stage.drain();
    await stage.notices.sweep();
    expect(await log(id)).toEqual(['pending 1 500']);
  });
});

describe('a chat channel', () => {
  const SECRET = '/services/T0FAKE/B0FAKE/fakefakefakefake0001';
  const chat = async () =>
    (
      await stage.notices.createChannel(who, {
        ...{ kind: 'slack', name: 'Alerts', url: receiver.url(SECRET), kinds: ALL },
      })
    ).channel;

  test('gets a text in which nothing is a mention, a link or a form of letters', async () => {
    await chat();
    const name = '<!channel> & <https://evil.example|click> *bold* _it_ `code`\n>quote';
    await breakDown(database, who, now(), { title: `Acme needs attention: ${name}`, message: name });
    await stage.drain();
    const { text } = JSON.parse(receiver.received[0]?.body ?? '');
    expect(receiver.received[0]?.path).toBe(SECRET);
    expect(text.match(/<[^>]*>/g)).toEqual([
      '<https://keyrail.example.com/settings/connections/acme|Open Keyrail>',
    ]);
    expect(text).toContain('&lt;!channel&gt; &amp; &lt;https://evil.example|click&gt;');
    expect(text.split('\n')).toHaveLength(3);
  });

  test.each([
    [200, 'ok', 'delivered 1 200 ok', false],
    [404, 'no_service', 'failed 1 404 no_service', true],
    [410, 'channel_is_archived', 'failed 1 410 channel_is_archived', true],
    [403, 'action_prohibited', 'failed 1 403 action_prohibited', true],
    [404, '<html>', 'pending 1 404', false],
    [400, 'invalid_payload', 'failed 1 400 invalid_payload', false],
    [500, 'rollup_error', 'pending 1 500 rollup_error', false],
  ])('that answers %s %s: %s', async (code, body, line, isStopped) => {
    const { id } = await chat();
    receiver.answers(status(code, {}, body));
    await trouble();
    await stage.drain();
    expect(await log(id)).toEqual([line]);
    expect((await stage.notices.channel(who, 'channel', id)).stoppedAt !== null).toBe(isStopped);
  });

  test('has an address that stands nowhere in the clear, whatever the receiver repeats', async () => {
    const made = await chat();
    expect(made.hint).toBe(`127.0.0.1:${receiver.port} …0001`);
    receiver.answers((response, request) => status(500, {}, `no ${request.url}`)(response));
    await trouble();
    await stage.drain();
    const stored = await sql<{ all: string }>`select (select json_agg(c)::text from notice_channels c)
      || (select json_agg(d)::text from deliveries d) || (select json_agg(a)::text from audit_entries a)
      || (select coalesce(json_agg(j)::text, '') from graphile_worker._private_jobs j) as all`.execute(
      database.db.system,
    );
    for (const text of [stored.rows[0]?.all ?? SECRET, JSON.stringify([stage.logged, await log(made.id)])])
      expect(text).not.toContain('fakefakefakefake0001');
  });

  test('that cannot be opened any more says so, and the others get theirs', async () => {
    const { id } = await chat();
    await webhook();
    await sql`update notice_channels set sealed = 'v1.x.broken' where id = ${id}`.execute(database.db.system);
    await trouble();
    await stage.drain();
    expect(await log(id)).toEqual([expect.stringMatching(/^failed 1 Not sent: what is stored/)]);
    expect(receiver.received).toHaveLength(1);
  });
});

test.each([
  'http://127.0.0.1:1/',
  'http://[::1]/',
  'http://2130706433/',
  'http://169.254.169.254/latest/meta-data/',
  'http://10.0.0.5/',
  'http://localhost./',
  'http://[::ffff:127.0.0.1]/',
  'https://metadata.google.internal/',
])('%s is no place for notices: refused when it is entered', async (url) => {
  for (const kind of ['webhook', 'slack'] as const)
    await expect(
      stage.notices.createChannel(who, { kind, name: 'X', url, kinds: ALL }),
    ).rejects.toMatchObject({ code: 'egress_denied' });
  const { id } = await webhook();
  await expect(stage.notices.updateChannel(who, 'webhook', id, { url }, null)).rejects.toMatchObject({
    code: 'egress_denied',
  });
});

test('what is counted is how attempts ended', async () => {
  stage.counted.length = 0;
  await webhook();
  receiver.answers(status(500));
  await trouble();
  await stage.drain();
  expect(stage.counted).toEqual(['webhook later']);
});
