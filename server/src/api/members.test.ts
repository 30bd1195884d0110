import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Client, startApp, type TestApp } from '../../test/app.ts';
import { newId } from '../lib/id.ts';

let app: TestApp;
let owner: Client;
let admin: Client;
let editor: Client;
let viewer: Client;
beforeAll(async () => {
  app = await startApp();
  owner = app.owner;
});
afterAll(() => app.close());
beforeEach(async () => {
  [admin, editor, viewer] = await Promise.all([
    app.member('admin'),
    app.member('editor'),
    app.member('viewer'),
  ]);
});

const idOf = async (client: Client) => (await client.get('/v1/session')).json.user.id as string;
const roleOf = async (client: Client) => (await client.get('/v1/workspace')).json?.role;
const setRole = async (by: Client, of: Client | string, role: string) =>
  by.patch(`/v1/members/${typeof of === 'string' ? of : await idOf(of)}`, { role });
const lastAudit = async (action: string) =>
  (await owner.get(`/v1/audit?action=${action}&limit=1`)).json.data[0];

describe('a role', () => {
  test('that is raised or lowered holds from the next request on, for sessions and for tokens made before', async () => {
    const { token } = (await admin.post('/v1/tokens', { name: 'CI', scopes: ['audit:read', 'tables:read'] }))
      .json;
    const program = app.as({ authorization: `Bearer ${token}` });
    expect((await program.get('/v1/audit')).status).toBe(200);
    expect((await setRole(owner, admin, 'viewer')).json).toMatchObject({ role: 'viewer' });
    expect((await admin.get('/v1/audit')).status).toBe(403);
    expect((await program.get('/v1/audit')).status).toBe(403);
    expect((await program.get('/v1/tables')).status).toBe(200);
    await setRole(owner, viewer, 'admin');
    expect((await viewer.get('/v1/audit')).status).toBe(200);
    expect(await lastAudit('member.role_changed')).toMatchObject({
      actor: { label: 'Olive Owner' },
      subject: { kind: 'member', id: await idOf(viewer), name: 'A viewer' },
      detail: { from: 'viewer', to: 'admin' },
    });
  });

  test('is changed by admins for everybody but owners, and never to owner', async () => {
    expect((await setRole(admin, editor, 'viewer')).status).toBe(200);
    for (const refused of [
      await setRole(admin, admin, 'owner'),
      await setRole(admin, viewer, 'owner'),
      await setRole(admin, app.userId, 'admin'),
      await admin.delete(`/v1/members/${app.userId}`),
    ]) {
      expect([refused.status, refused.json.reason]).toEqual([403, 'role_too_high']);
    }
    expect(await roleOf(owner)).toBe('owner');
    expect(await roleOf(admin)).toBe('admin');
    expect((await setRole(editor, viewer, 'admin')).status).toBe(403);
  });

  test('of somebody who is not here is not there to be changed, and is refused unless it is one of the four', async () => {
    const outsider = await app.outsider();
    for (const id of [await idOf(outsider.client), newId<string>('usr')])
      expect((await setRole(owner, id, 'admin')).status).toBe(404);
    expect((await setRole(owner, viewer, 'operator')).status).toBe(400);
  });

  test('of an admin that is lowered takes along the invitations they could not make now', async () => {
    const made = await Promise.all(
      ['admin', 'viewer'].map(async (role) => (await admin.post('/v1/invitations', { role })).json.link),
    );
    const codes = made.map((link) => new URL(link).searchParams.get('code'));
    await setRole(owner, admin, 'editor');
    for (const code of codes)
      expect((await app.anonymous.get(`/v1/invitations/state?code=${code}`)).json.state).toBe('revoked');
  });
});

describe('the last owner', () => {
  test('stays: cannot be lowered, removed, nor leave', async () => {
    for (const refused of [
      await setRole(owner, app.userId, 'admin'),
      await owner.delete(`/v1/members/${app.userId}`),
      await owner.delete(`/v1/memberships/${app.workspaceId}`),
    ]) {
      expect([refused.status, refused.json.reason]).toEqual([409, 'last_owner']);
    }
  });

  test('stays, when two owners take each other out at the same moment', async () => {
    for (let round = 0; round < 5; round += 1) {
      const second = await app.member('owner');
      const answers = await Promise.all([
        setRole(second, app.userId, 'admin'),
        second.delete(`/v1/memberships/${app.workspaceId}`),
        owner.delete(`/v1/members/${await idOf(second)}`),
        setRole(owner, second, 'viewer'),
      ]);
      expect(answers.every(({ status }) => status < 500)).toBe(true);
      const members = (await app.member('viewer').then((one) => one.get('/v1/members?limit=200'))).json.data;
      const owners = members.filter(({ role }: { role: string }) => role === 'owner');
      expect(owners.length).toBeGreaterThan(0);
      // Whoever won: the next round begins as this one.
      await app.database.db.system
        .updateTable('members')
        .set({ role: 'owner' })
        .where('user_id', '=', app.userId)
        .execute();
      await app.database.db.system
        .deleteFrom('members')
        .where('user_id', '=', await idOf(second))
        .execute();
    }
  });
});

describe('whoever is taken out', () => {
  test('is out with the next request, with tokens and links, and what they signed in for is listed', async () => {
    const id = await idOf(admin);
    const { token } = (await admin.post('/v1/tokens', { name: 'CI', scopes: ['tables:read'] })).json;
    const link = (await admin.post('/v1/invitations', { role: 'viewer' })).json.link;
    await connectionBy(id, 'Main', 'connected');
    await connectionBy(id, 'Old', 'disconnected');
    await connectionBy(app.userId, "The owner's", 'connected');
    const expected = {
      connections: [{ integration: 'hunter', name: 'Main', method: 'api_key', status: 'connected' }],
      api_tokens_count: 1,
    };
    expect((await owner.get(`/v1/members/${id}/leaving`)).json).toMatchObject(expected);
    const removed = await owner.delete(`/v1/members/${id}`);
    expect(removed.json).toMatchObject(expected);
    expect(removed.json.connections).toHaveLength(1);
    expect((await admin.get('/v1/workspace')).status).toBe(404);
    expect((await admin.get('/v1/session')).json.workspaces).toEqual([]);
    expect((await app.as({ authorization: `Bearer ${token}` }).get('/v1/tables')).status).toBe(401);
    const code = new URL(link).searchParams.get('code');
    expect((await app.anonymous.get(`/v1/invitations/state?code=${code}`)).json.state).toBe('revoked');
    expect(await lastAudit('member.removed')).toMatchObject({
      subject: { id, name: 'A admin' },
      detail: { role: 'admin', tokens_revoked: 1, connections: ['Main'] },
    });
    expect((await owner.delete(`/v1/members/${id}`)).status).toBe(404);
  });

  test('does not get old tokens back with a new invitation', async () => {
    const { token } = (await admin.post('/v1/tokens', { name: 'CI', scopes: ['tables:read'] })).json;
    await owner.delete(`/v1/members/${await idOf(admin)}`);
    const { link } = (await owner.post('/v1/invitations', { role: 'admin' })).json;
    const code = new URL(link).searchParams.get('code');
    expect((await admin.post('/v1/invitations/accept', { code })).status).toBe(201);
    expect(await roleOf(admin)).toBe('admin');
    expect((await app.as({ authorization: `Bearer ${token}` }).get('/v1/tables')).status).toBe(401);
  });

  test('may go by themselves, whatever their role, and only out of a workspace they are in', async () => {
    const other = await app.outsider();
    for (const path of [`/v1/memberships/${other.workspaceId}`, `/v1/memberships/${newId('wsp')}`])
      expect((await viewer.delete(path)).status).toBe(404);
    expect((await viewer.get(`/v1/memberships/${app.workspaceId}/leaving`)).json).toEqual({
      connections: [],
      api_tokens_count: 0,
    });
    expect((await viewer.delete(`/v1/memberships/${app.workspaceId}`)).status).toBe(200);
    expect((await viewer.get('/v1/workspace')).status).toBe(404);
    expect(await lastAudit('member.left')).toMatchObject({ actor: { label: 'A viewer' } });
  });
});

describe('the Connections page', () => {
  const show = (to: string) => owner.patch('/v1/workspace', { connections_visible_to: to });

  test('is refused to editors and viewers where the workspace keeps it to admins, with whom to ask; using goes on', async () => {
    const { token } = (await admin.post('/v1/tokens', { name: 'CI', scopes: ['connections:read'] })).json;
    expect((await show('admins')).json).toMatchObject({ connections_visible_to: 'admins' });
    for (const path of ['/v1/connections', '/v1/connections/apps', `/v1/connections/${newId('con')}`]) {
      for (const member of [editor, viewer]) {
        const refused = await member.get(path);
        expect([refused.status, refused.json.reason]).toEqual([403, 'connections_hidden']);
        expect(refused.json.detail).toContain('Ask Olive Owner (owner)');
      }
      for (const one of [admin, owner]) expect((await one.get(path)).status).not.toBe(403);
    }
    await setRole(owner, admin, 'editor');
    const program = app.as({ authorization: `Bearer ${token}` });
    expect((await program.get('/v1/connections')).status).toBe(403);
    // The right to use is asked of before the run is: no such column, rather than not allowed.
    const run = `/v1/tables/${newId('tbl')}/columns/${newId('col')}/runs`;
    expect((await editor.post(run, { scope: 'all' })).status).toBe(404);
    await show('everybody');
    expect((await viewer.get('/v1/connections')).status).toBe(200);
    expect((await program.get('/v1/connections')).status).toBe(200);
    expect(await lastAudit('workspace.changed')).toMatchObject({
      detail: { fields: ['connectionsVisibleTo'] },
    });
  });

  test('names the contact for help in a refusal, where one is set', async () => {
    await owner.patch('/v1/workspace', { contact_for_help: '#it-help' });
    const refused = await viewer.post('/v1/connections', { integration: 'hunter', credentials: {} });
    expect(refused.json.detail).toBe('This needs the role admin or more; yours is viewer. Ask #it-help.');
    await owner.patch('/v1/workspace', { contact_for_help: null });
    expect((await viewer.get('/v1/audit')).json.detail).toContain('Ask Olive Owner (owner).');
    expect((await viewer.get('/v1/workspace')).json.whom_to_ask).toBe('Olive Owner (owner)');
  });
});

describe('a request for a connection', () => {
  test('is sent by editors, seen by them and by admins, and once per tool and person', async () => {
    const asked = await editor.post('/v1/connection-requests', { integration: 'hunter', note: 'For leads' });
    expect([asked.status, asked.json]).toMatchObject([
      201,
      { integration: 'hunter', note: 'For leads', state: 'open', requested_by: 'A editor' },
    ]);
    const again = await editor.post('/v1/connection-requests', { integration: 'hunter' });
    expect([again.status, again.json.reason]).toEqual([409, 'asked_already']);
    expect((await viewer.post('/v1/connection-requests', { integration: 'hunter' })).status).toBe(403);
    expect((await editor.post('/v1/connection-requests', { integration: 'no-such-tool' })).status).toBe(400);
    const seenBy = async (client: Client) =>
      (await client.get('/v1/connection-requests?state=open')).json.data.map(({ id }: { id: string }) => id);
    expect(await seenBy(admin)).toContain(asked.json.id);
    expect(await seenBy(editor)).toEqual([asked.json.id]);
    expect(await seenBy(await app.member('editor'))).toEqual([]);
  });

  test('is decided by admins alone, and once', async () => {
    const { id } = (await editor.post('/v1/connection-requests', { integration: 'apollo' })).json;
    expect((await editor.post(`/v1/connection-requests/${id}/done`)).status).toBe(403);
    const declined = await admin.post(`/v1/connection-requests/${id}/decline`);
    expect(declined.json).toMatchObject({ state: 'declined', decided_by: 'A admin' });
    expect((await admin.post(`/v1/connection-requests/${id}/decline`)).status).toBe(200);
    expect((await admin.post(`/v1/connection-requests/${id}/done`)).status).toBe(409);
    expect((await admin.post(`/v1/connection-requests/${newId('req')}/done`)).status).toBe(404);
    expect((await editor.post('/v1/connection-requests', { integration: 'apollo' })).status).toBe(201);
    expect(await lastAudit('connection_request.declined')).toMatchObject({ subject: { id, name: 'apollo' } });
  });
});

describe('the audit log', () => {
  test('is filtered by who, by what was done, and by what it was done to', async () => {
    const { id } = (await admin.post('/v1/tokens', { name: 'CI', scopes: ['tables:read'] })).json;
    await admin.delete(`/v1/tokens/${id}`);
    const actions = async (query: string) =>
      (await owner.get(`/v1/audit?${query}`)).json.data.map(({ action }: { action: string }) => action);
    expect(await actions(`subject=${id}`)).toEqual(['token.revoked', 'token.created']);
    const adminId = await idOf(admin);
    expect(await actions(`actor=${adminId}&action=token`)).toEqual(['token.revoked', 'token.created']);
    expect(await actions(`actor=${adminId}&action=token.created`)).toEqual(['token.created']);
    expect(await actions('actor=operator')).toEqual([]);
    expect(await actions('action=tok')).toEqual([]);
    const page = await owner.get(`/v1/audit?subject=${id}&limit=1`);
    expect(await actions(`subject=${id}&limit=1&cursor=${page.json.next_cursor}`)).toEqual(['token.created']);
    expect((await owner.get('/v1/audit?action=Token%25')).status).toBe(400);
  });

  test('names sign-ins and failed ones, from where, and nothing of what was typed', async () => {
    const email = (await viewer.get('/v1/session')).json.user.email;
    await app.anonymous.post('/v1/session', { email, password: 'typed-by-mistake-0001' });
    await expect
      .poll(async () => lastAudit('session.sign_in_failed'))
      .toMatchObject({
        actor: { id: null, label: 'Somebody' },
        subject: { name: 'A viewer' },
        ip: '127.0.0.1',
      });
    expect((await owner.get('/v1/audit?action=session&limit=200')).text).not.toContain('typed-by');
  });
});

async function connectionBy(userId: string, name: string, status: string): Promise<void> {
  const now = new Date();
  await app.database.db.system
    .insertInto('connections')
    .values({
      ...{ id: newId<string>('con'), workspace_id: app.workspaceId, integration: 'hunter', name },
      ...{ name_key: name.toLowerCase(), method: 'api_key', method_id: 'api_key', status },
      ...{ status_since: now, created_by: userId, created_at: now, updated_at: now },
    })
    .execute();
}
