import { createHmac } from 'node:crypto';
import { sql } from 'kysely';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import {
  ALL,
  atWallTime,
  channel,
  database,
  log,
  now,
  receiver,
  stage,
  trouble,
  useReceivers,
  verified,
  webhook,
  who,
} from './deliveries-under-test.ts';
import { breakDown, HOUR_MS, heal, SALES, status } from './under-test.ts';

useReceivers();

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
