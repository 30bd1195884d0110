import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { AppError } from '../lib/app-error.ts';
import {
  channel,
  database,
  log,
  now,
  receiver,
  stage,
  trouble,
  useReceivers,
  webhook,
  who,
} from './deliveries-under-test.ts';
import { DAY_MS, HOUR_MS, heal, openStage, status } from './under-test.ts';

useReceivers();

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

test('what is counted is how attempts ended', async () => {
  stage.counted.length = 0;
  await webhook();
  receiver.answers(status(500));
  await trouble();
  await stage.drain();
  expect(stage.counted).toEqual(['webhook later']);
});
