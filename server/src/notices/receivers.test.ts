import { describe, expect, test } from 'vitest';
import {
  ALL,
  actAs,
  channel,
  database,
  log,
  now,
  receiver,
  slow,
  stage,
  trouble,
  useReceivers,
  webhook,
  who,
} from './deliveries-under-test.ts';
import { DAY_MS, HOUR_MS, heal, MINUTE_MS, openStage, status } from './under-test.ts';

useReceivers();

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
    actAs(others);
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
    actAs(hog);
    expect(await log()).toEqual(Array.from({ length: 6 }, () => 'delivered 1 200'));
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
