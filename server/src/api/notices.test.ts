import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, startApp, type TestApp } from '../../test/app.ts';
import { emptyConnection } from '../../test/furnished.ts';
import { newId } from '../lib/id.ts';
import { createLog } from '../lib/log.ts';
import { needAttention } from '../notices/raise.ts';
import { type Receiver, startReceiver, status } from '../notices/under-test.ts';

let app: TestApp;
let receiver: Receiver;
let mailServer: SMTPServer;
const mails: string[] = [];
let logged = '';

beforeAll(async () => {
  receiver = await startReceiver();
  mailServer = new SMTPServer({
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData: (stream, session, done) => {
      mails.push(...session.envelope.rcptTo.map(({ address }) => address));
      stream.resume();
      stream.on('end', () => done());
    },
  });
  await new Promise<void>((resolve) => mailServer.listen(0, '127.0.0.1', resolve));
  const { port } = mailServer.server.address() as { port: number };
  const destination = {
    write: (line: string) => {
      logged += line;
    },
  };
  app = await startApp({
    log: createLog({ level: 'debug', destination }).log,
    settings: {
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${receiver.port}`,
      KEYRAIL_SMTP_URL: `smtp://127.0.0.1:${port}?starttls=optional`,
      KEYRAIL_MAIL_FROM: 'Keyrail <keyrail@example.com>',
    },
  });
});
afterAll(async () => {
  await app.close();
  await receiver.close();
  await new Promise<void>((resolve) => mailServer.close(() => resolve()));
});

const CON = newId<string>('con');
const trouble = (id = CON) =>
  app.database.db.transact(app.workspaceId, (tx) =>
    needAttention(tx, {
      workspaceId: app.workspaceId,
      subject: { kind: 'connection', id, name: 'Sales', integration: 'hunter' },
      about: 'invalid',
      title: 'Hunter needs attention: Sales',
      message: 'Hunter did not accept this key.',
      whenOver: null,
      at: new Date(),
    }),
  );
const created = async (path: string, body: object, by: Client = app.owner) => {
  const answer = await by.post(path, body);
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
};

it('a notice is in the app, in the mailbox and at the webhook within a moment, and its log says so', async () => {
  const hook = await created('/v1/webhooks', { url: receiver.url() });
  expect(hook).toMatchObject({ secret: expect.stringMatching(/^whsec_/), is_stopped: false, problem: null });
  await created('/v1/notification-channels', { kind: 'email', name: 'Team', addresses: ['ada@example.com'] });
  await trouble();
  await expect.poll(() => [mails, receiver.received.length]).toEqual([['ada@example.com'], 1]);
  const { json } = await app.owner.get('/v1/notices');
  expect(json).toMatchObject({
    unread_count: 1,
    next_cursor: null,
    data: [
      {
        kind: 'needs_attention',
        subject: { id: CON, integration: 'hunter' },
        is_read: false,
        is_over: false,
      },
    ],
  });
  expect((await app.owner.post('/v1/notices/read', { until: json.data[0].id })).status).toBe(204);
  expect((await app.owner.get('/v1/notices?unread=true')).json).toMatchObject({ unread_count: 0, data: [] });
  await expect
    .poll(async () => (await app.owner.get('/v1/deliveries?state=delivered')).json.data)
    .toMatchObject([
      { title: 'Hunter needs attention: Sales', notice_id: json.data[0].id, attempts: 1 },
      { title: 'Hunter needs attention: Sales', notice_id: json.data[0].id, attempts: 1 },
    ]);
  const metrics = await app.anonymous.get('/metrics');
  expect(metrics.text).toContain('keyrail_notice_attempts_total{channel="webhook",outcome="delivered"} 1');
});

it('a signing secret is shown once, by whatever way it is asked for again', async () => {
  const key = { 'idempotency-key': newId<string>('key') };
  const first = await app.owner.post('/v1/webhooks', { url: receiver.url('/once') }, key);
  const again = await app.owner.post('/v1/webhooks', { url: receiver.url('/once') }, key);
  const { secret, id, secret_hint: hint } = first.json;
  expect(again.json).toMatchObject({ id, secret: null, secret_hint: hint });
  const rotated = await app.owner.post(`/v1/webhooks/${id}/rotate-secret`);
  expect(rotated.json).toMatchObject({ secret: expect.stringMatching(/^whsec_/), version: 2 });
  expect(rotated.json.previous_secret_until).not.toBeNull();
  const said = await Promise.all(
    ['/v1/webhooks', `/v1/webhooks/${id}`, '/v1/audit', '/v1/deliveries'].map((path) => app.owner.get(path)),
  );
  for (const text of [...said.map((answer) => answer.text), logged])
    for (const one of [secret, rotated.json.secret]) expect(text).not.toContain(one.slice('whsec_'.length));
});

it('two people who change a channel at once do not overwrite each other', async () => {
  const made = await created('/v1/notification-channels', {
    ...{ kind: 'slack', name: 'Alerts', url: 'https://hooks.example.com/services/T0/B0/fake-0001' },
  });
  expect(made).toMatchObject({ kind: 'slack', url_hint: 'hooks.example.com …0001', version: 1 });
  expect(JSON.stringify(made)).not.toContain('fake-');
  const path = `/v1/notification-channels/${made.id}`;
  const [one, other] = await Promise.all([
    app.owner.patch(path, { name: 'One' }, { 'if-match': '"1"' }),
    app.owner.patch(path, { name: 'Other' }, { 'if-match': '"1"' }),
  ]);
  expect([one.status, other.status].sort()).toEqual([200, 412]);
  expect((await app.owner.patch(path, { addresses: ['a@example.com'] })).status).toBe(400);
  expect((await app.owner.get(`/v1/webhooks/${made.id}`)).status).toBe(404);
  expect((await app.owner.delete(path)).status).toBe(204);
  expect((await app.owner.get(path)).status).toBe(404);
});

it.each([
  ['/v1/webhooks', { url: 'ftp://example.com/' }],
  ['/v1/webhooks', { url: 'https://example.com/', kinds: [] }],
  ['/v1/webhooks', { url: 'https://example.com/', secret: 'whsec_own' }],
  ['/v1/notification-channels', { kind: 'slack', name: 'X', url: 'http://example.com/' }],
  [
    '/v1/notification-channels',
    { kind: 'email', name: 'X', addresses: ['a@example.com\r\nBcc: b@example.com'] },
  ],
  ['/v1/notification-channels', { kind: 'email', name: 'X', addresses: ['a@example.com, b@example.com'] }],
  ['/v1/notification-channels', { kind: 'email', name: 'X', addresses: [] }],
])('%s takes no %j', async (path, body) => {
  expect((await app.owner.post(path, body)).status).toBe(400);
});

it('who may see connections sees notices, and only owners and admins where they go', async () => {
  const viewer = await app.member('viewer');
  expect((await viewer.get('/v1/notices')).status).toBe(200);
  for (const path of ['/v1/webhooks', '/v1/notification-channels', '/v1/deliveries'])
    expect((await viewer.get(path)).status).toBe(403);
  const hidden = await app.owner.patch('/v1/workspace', { connections_visible_to: 'admins' });
  expect(hidden.status, hidden.text).toBe(200);
  expect((await viewer.get('/v1/notices')).status).toBe(403);
  expect((await (await app.member('admin')).get('/v1/notices')).status).toBe(200);
  await app.owner.patch('/v1/workspace', { connections_visible_to: 'everybody' });
});

it('a token that is bound to connections has no part in where notices go', async () => {
  const { id } = (await created('/v1/webhooks', { url: receiver.url('/bound') })) as { id: string };
  const con = await emptyConnection(app, app.workspaceId, 'Bound');
  const token = await created('/v1/tokens', {
    ...{ name: 'Bound', scopes: ['workspace:admin', 'connections:read'], connection_ids: [con] },
  });
  const bound = app.as({ authorization: `Bearer ${token.token}` });
  expect((await bound.get('/v1/notices')).json.data).toEqual([]);
  for (const path of ['/v1/webhooks', `/v1/webhooks/${id}`, '/v1/notification-channels', '/v1/deliveries'])
    expect((await bound.get(path)).status).toBe(403);
});

it('a test message says at once that it is on its way, and then what came of it', async () => {
  const { id } = await created('/v1/webhooks', { url: receiver.url('/test') });
  receiver.answers(status(410));
  const begun = await app.owner.post(`/v1/webhooks/${id}/test`);
  expect(begun.status).toBe(202);
  expect(begun.json.data).toMatchObject([
    { notice_id: null, state: 'pending', title: 'Test message from Keyrail' },
  ]);
  await expect
    .poll(async () => (await app.owner.get(`/v1/deliveries?channel=${id}`)).json.data)
    .toMatchObject([{ state: 'failed', last_answer: '410' }]);
  expect((await app.owner.get(`/v1/webhooks/${id}`)).json.is_stopped).toBe(true);
  const resumed = await app.owner.patch(`/v1/webhooks/${id}`, { is_paused: false });
  expect(resumed.json).toMatchObject({ is_stopped: false, problem: null });
});
