import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, cookieOf, OWNER, startApp, type TestApp } from '../../test/app.ts';
import { movableClock } from '../../test/clock.ts';
import { until } from '../../test/until.ts';
import { newId } from '../lib/id.ts';

let app: TestApp;
let admin: Client;
const clock = movableClock();
beforeAll(async () => {
  app = await startApp({ clock });
  admin = await app.member('admin');
});
afterAll(() => app.close());

const DAY_MS = 86_400_000;
const invite = async (by: Client, role: string, note?: string) => {
  const made = await by.post('/v1/invitations', { role, ...(note !== undefined && { note }) });
  expect(made.status, made.text).toBe(201);
  const code = new URL(made.json.link).searchParams.get('code') ?? '';
  return { id: made.json.id as string, code, link: made.json.link as string };
};
const person = (name: string) => ({
  name,
  email: `${name.toLowerCase()}-${newId('usr').slice(-6)}@example.com`,
  password: 'a-fine-Password-0002',
});
const stateOf = async (code: string) => (await app.anonymous.get(`/v1/invitations/state?code=${code}`)).json;

test('somebody new follows a link, gets an account and is in the workspace with the role of the invitation', async () => {
  const { code, link } = await invite(admin, 'editor', 'Ed, from sales');
  expect(link).toBe(`${app.url}/invitation?code=${code}`);
  expect(await stateOf(code)).toMatchObject({
    state: 'open',
    workspace_name: 'Acme',
    role: 'editor',
    invited_by: 'A admin',
  });
  const who = person('Ed');
  const joined = await app.anonymous.post('/v1/invitations/accept', { code, ...who });
  expect(joined.status, joined.text).toBe(201);
  expect(joined.json).toMatchObject({ joined: app.workspaceId, workspaces: [{ role: 'editor' }] });
  const ed = app.as({ cookie: cookieOf(joined), 'keyrail-workspace': app.workspaceId });
  expect((await ed.get('/v1/workspace')).json).toMatchObject({ role: 'editor', name: 'Acme' });
  const { data } = (await app.owner.get('/v1/audit?action=member.joined')).json;
  expect(data[0]).toMatchObject({ actor: { label: 'Ed' }, detail: { role: 'editor' }, ip: '127.0.0.1' });
  expect((await app.anonymous.post('/v1/session', who)).status).toBe(400);
  const { email, password } = who;
  expect((await app.anonymous.post('/v1/session', { email, password })).status).toBe(200);
});

test('a link works once: of ten people at the same moment one joins, and the others are told', async () => {
  const { code } = await invite(admin, 'viewer');
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, at) =>
      app.anonymous.post('/v1/invitations/accept', { code, ...person(`Racer${at}`) }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(403)]);
  const refused = answers.find(({ status }) => status === 403);
  expect(refused?.json).toMatchObject({ code: 'forbidden', reason: 'invitation_closed' });
  expect(await stateOf(code)).toMatchObject({ state: 'used', workspace_name: null, role: null });
});

test('a link that was revoked, is over seven days old, or never was, lets nobody in and tells nothing of the workspace', async () => {
  const revoked = await invite(admin, 'viewer');
  expect((await admin.delete(`/v1/invitations/${revoked.id}`)).status).toBe(204);
  const old = await invite(admin, 'viewer');
  const open = (await admin.get('/v1/invitations')).json.data.map(({ id }: { id: string }) => id);
  expect(open).toContain(old.id);
  expect(open).not.toContain(revoked.id);
  clock.forward(7 * DAY_MS - 1000);
  expect((await stateOf(old.code)).state).toBe('open');
  clock.forward(2000);
  for (const [code, state] of [
    [revoked.code, 'revoked'],
    [old.code, 'expired'],
    ['A'.repeat(43), 'unknown'],
  ] as const) {
    expect(await stateOf(code)).toEqual({
      ...{ state, workspace_name: null, role: null, invited_by: null, expires_at: null },
    });
    const refused = await app.anonymous.post('/v1/invitations/accept', { code, ...person('Late') });
    expect([refused.status, refused.json.reason]).toEqual([403, 'invitation_closed']);
  }
  expect((await admin.delete(`/v1/invitations/${old.id}`)).status).toBe(404);
});

test('whoever is signed in joins with their account, and needs a session for it', async () => {
  const other = await app.outsider();
  const { code } = await invite(admin, 'viewer');
  expect((await app.anonymous.post('/v1/invitations/accept', { code })).status).toBe(401);
  expect((await app.owner.post('/v1/invitations/accept', { code })).json.reason).toBe('member_already');
  const joined = await other.client.post('/v1/invitations/accept', { code });
  expect(joined.status, joined.text).toBe(201);
  expect(joined.json.workspaces.map(({ role }: { role: string }) => role).sort()).toEqual([
    'owner',
    'viewer',
  ]);
  expect((await other.client.post('/v1/invitations/accept', { code })).status).toBe(403);
});

test('an address that has an account is not made twice, and its password stays what it was', async () => {
  const { code } = await invite(admin, 'viewer');
  const taken = { ...person('Thief'), email: OWNER.email.toUpperCase() };
  const refused = await app.anonymous.post('/v1/invitations/accept', { code, ...taken });
  expect([refused.status, refused.json.reason]).toEqual([409, 'account_exists']);
  expect((await stateOf(code)).state).toBe('open');
  const { email } = OWNER;
  expect((await app.anonymous.post('/v1/session', { email, password: taken.password })).status).toBe(401);
});

test('a link is no way to try addresses by the thousand', async () => {
  const { code } = await invite(admin, 'viewer');
  const taken = { ...person('Guesser'), email: OWNER.email };
  const statuses = [];
  for (let at = 0; at < 21; at += 1)
    statuses.push((await app.anonymous.post('/v1/invitations/accept', { code, ...taken })).status);
  expect(statuses).toEqual([...Array(20).fill(409), 429]);
});

test('half of a new account, a weak password and unknown fields are named', async () => {
  const { code } = await invite(admin, 'viewer');
  const accept = (body: object) => app.anonymous.post('/v1/invitations/accept', { code, ...body });
  const { name, email, password } = person('Half');
  expect((await accept({ name, email })).json.fields).toEqual([
    { path: 'password', message: expect.any(String) },
  ]);
  expect((await accept({ name, email, password: 'password1' })).status).toBe(400);
  expect((await accept({ name, email, password, role: 'owner' })).status).toBe(400);
  expect((await stateOf(code)).state).toBe('open');
});

test('an admin invites to every role but owner, and cannot revoke an invitation to it', async () => {
  const refused = await admin.post('/v1/invitations', { role: 'owner' });
  expect([refused.status, refused.json.reason]).toEqual([403, 'role_too_high']);
  const { id } = await invite(app.owner, 'owner');
  expect((await admin.delete(`/v1/invitations/${id}`)).status).toBe(403);
  expect((await app.owner.delete(`/v1/invitations/${id}`)).status).toBe(204);
});

test('a request kept back until its sender has lost the right to it is refused, and so is one that races with that', async () => {
  for (const [end, status] of [
    [(id: string) => app.owner.patch(`/v1/members/${id}`, { role: 'viewer' }), 403],
    [(id: string) => app.owner.delete(`/v1/members/${id}`), 404],
  ] as const) {
    const leaver = await app.member('admin');
    const { user } = (await leaver.get('/v1/session')).json;
    const { systemPool } = app.database.db;
    await systemPool.query("update sessions set used_at = used_at - interval '1 hour' where user_id = $1", [
      user.id,
    ]);
    const lastUsed = async () =>
      (await systemPool.query('select max(used_at) as at from sessions where user_id = $1', [user.id]))
        .rows[0].at;
    const before = await lastUsed();
    const body = JSON.stringify({ name: `Held back until ${status}`, columns: [] });
    const held = request(`${app.url}/v1/tables`, {
      method: 'POST',
      headers: { ...leaver.headers, 'content-type': 'application/json', 'content-length': body.length },
    });
    const answered = once(held, 'response') as Promise<[IncomingMessage]>;
    held.write(body.slice(0, 3));
    // The server has looked at who asks, which it notes once in a while; what it saw holds for a quarter of a second.
    await until(async () => (await lastUsed()) > before);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const ended = await end(user.id);
    expect(ended.status, ended.text).toBeLessThan(300);
    held.end(body.slice(3));
    const [answer] = await answered;
    answer.resume();
    expect(answer.statusCode).toBe(status);
  }
  const racer = await app.member('admin');
  const { user } = (await racer.get('/v1/session')).json;
  const before = (await app.owner.get('/v1/invitations')).json.data.length;
  await Promise.all([
    ...Array.from({ length: 8 }, () => racer.post('/v1/invitations', { role: 'admin' })),
    app.owner.delete(`/v1/members/${user.id}`),
    ...Array.from({ length: 8 }, () => racer.post('/v1/invitations', { role: 'admin' })),
  ]);
  expect((await app.owner.get('/v1/invitations')).json.data.length).toBe(before);
});

test('the link is shown once, also when the request is repeated with its key', async () => {
  const once = { 'idempotency-key': 'invite-once' };
  const first = await admin.post('/v1/invitations', { role: 'viewer' }, once);
  const again = await admin.post('/v1/invitations', { role: 'viewer' }, once);
  expect(again.json).toEqual({ ...first.json, link: null });
  expect((await admin.get('/v1/invitations')).text).not.toContain(new URL(first.json.link).search);
});

test('a link leads to this machine, whatever name the request was sent to', async () => {
  const { host, port } = new URL(app.url);
  for (const [sentTo, origin] of [
    ['evil.test', app.url],
    ['127.0.0.1.evil.test', app.url],
    [`evil.test:${port}`, app.url],
    [host, app.url],
    [`localhost:${port}`, `http://localhost:${port}`],
    ['localhost:5500', 'http://localhost:5500'],
  ] as const) {
    const asked = request(`${app.url}/v1/invitations`, {
      method: 'POST',
      headers: { ...app.owner.headers, 'content-type': 'application/json', host: sentTo },
    }).end(JSON.stringify({ role: 'viewer' }));
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    const { link } = JSON.parse((await answer.toArray()).join(''));
    expect(new URL(link).origin, sentTo).toBe(origin);
  }
});
