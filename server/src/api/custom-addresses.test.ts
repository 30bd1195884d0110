import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../test/app.ts';
import { type Crm, crm } from '../../test/crm.ts';
import { app, connected, elsewhere, made, NEW_KEY, server, useTools } from './custom-under-test.ts';

useTools();

describe('a change of where secrets go', () => {
  const placeholder = '••••••••';

  it.each([
    ['another host', () => ({ base_url: elsewhere.origin })],
    ['another path', () => ({ base_url: `${server.origin}/other` })],
    ['one more host', () => ({ allowed_hosts: [elsewhere.origin] })],
    ['another way to authenticate', () => ({ auth: { type: 'bearer' } })],
  ])('to %s destroys them, once the caller has seen of whom', async (_, change) => {
    const { slug } = await made();
    const connection = await connected(slug);
    server.seen.length = 0;
    const asked = await app.owner.patch(`/v1/custom-integrations/${slug}`, change());
    expect(asked.status).toBe(409);
    expect(asked.json).toMatchObject({
      reason: 'credentials_would_be_lost',
      affected: [{ id: connection.id, name: connection.name }],
    });
    expect((await app.owner.get(`/v1/connections/${connection.id}`)).json.status).toBe('connected');

    const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, { ...change(), confirm: true });
    expect(changed.status, changed.text).toBe(200);
    expect(changed.json).toMatchObject({ credentials_kept: false, version: 2 });
    const now = await app.owner.get(`/v1/connections/${connection.id}`);
    expect(now.json).toMatchObject({ status: 'disconnected', hint: null });
    expect(now.json.status_reason).toMatch(/enter the credentials again/);
    const events = await app.owner.get(`/v1/connections/${connection.id}/events`);
    expect(events.json.data[0]).toMatchObject({ kind: 'address_changed', actor: 'Olive Owner' });
    const audit = await app.owner.get('/v1/audit');
    const actions = audit.json.data.slice(0, 2).map((one: { action: string }) => one.action);
    expect(actions).toEqual(['custom_integration.changed', 'connection.address_changed']);
    const left = await app.database.db.system
      .selectFrom('credentials')
      .select('sealed')
      .where('connection_id', '=', connection.id)
      .where('sealed', 'is not', null)
      .execute();
    expect(left).toEqual([]);

    // The secret field left as the page shows it is no secret, and the one stored before reaches nobody.
    const again = await app.owner.patch(`/v1/connections/${connection.id}`, {
      credentials: { [changed.json.auth.type === 'bearer' ? 'token' : 'api_key']: placeholder },
    });
    expect(again.status).toBeGreaterThanOrEqual(400);
    for (const call of [...server.seen, ...elsewhere.seen])
      expect(JSON.stringify(call)).not.toContain(crm.key);
  });

  it('to a neighbour on the same host is none that an action can make', async () => {
    const base_url = `${server.origin}/tenants/acme`;
    const { slug } = await made({ base_url, check: null });
    const connection = await connected(slug);
    const at = (address: string) => ({ actions: [{ ...crm.find, address }] });
    for (const address of [
      `${server.origin}/tenants/other`,
      `${server.origin}/tenants/acme-2`,
      server.origin,
    ]) {
      const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, {
        ...at(address),
        confirm: true,
      });
      expect(changed.json.fields, changed.text).toMatchObject([{ path: 'actions.0.address' }]);
    }
    const below = await app.owner.patch(`/v1/custom-integrations/${slug}`, at(`${base_url}/v2`));
    expect(below.json, below.text).toMatchObject({ credentials_kept: true });
    const wider = { ...at(`${server.origin}/tenants/other`), allowed_hosts: [server.origin], confirm: true };
    const allowed = await app.owner.patch(`/v1/custom-integrations/${slug}`, wider);
    expect(allowed.json, allowed.text).toMatchObject({ credentials_kept: false });
    expect((await app.owner.get(`/v1/connections/${connection.id}`)).json.status).toBe('disconnected');
  });

  it('is one where what was entered as a secret would be shown from now on', async () => {
    const auth = { type: 'basic', is_username_secret: true };
    const { slug } = await made({ auth });
    await connected(slug, { username: crm.key });
    const shown = { auth: { ...auth, is_username_secret: false } };
    expect((await app.owner.patch(`/v1/custom-integrations/${slug}`, shown)).status).toBe(409);
    const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, { ...shown, confirm: true });
    expect(changed.json, changed.text).toMatchObject({ credentials_kept: false });
  });

  it('keeps them where it goes nowhere else', async () => {
    const { slug } = await made({ allowed_hosts: [elsewhere.origin] });
    const connection = await connected(slug);
    for (const change of [
      { allowed_hosts: [] },
      { headers: { 'X-Version': '2' } },
      { description: 'New.' },
    ]) {
      const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, change);
      expect(changed.json, changed.text).toMatchObject({ credentials_kept: true });
    }
    const verified = await app.owner.post(`/v1/connections/${connection.id}/verify`);
    expect(verified.json.verdict.kind).toBe('ok');
    expect(server.seen.at(-1)?.headers['x-version']).toBe('2');
  });

  it('never sends an old key to the new place, nor a new one to the old, even where the wiping is taken back', async () => {
    const { slug } = await made();
    const connection = await connected(slug);
    const { db } = app.database;
    const row = await db.system
      .selectFrom('credentials')
      .selectAll()
      .where('connection_id', '=', connection.id)
      .executeTakeFirstOrThrow();
    await app.owner.patch(`/v1/custom-integrations/${slug}`, { base_url: elsewhere.origin, confirm: true });
    // As a restored row would be.
    await db.system
      .updateTable('credentials')
      .set({ state: 'current', sealed: row.sealed, destroyed_at: null })
      .where('connection_id', '=', connection.id)
      .execute();
    await db.system
      .updateTable('connections')
      .set({ status: 'connected' })
      .where('id', '=', connection.id)
      .execute();
    elsewhere.seen.length = 0;
    await app.owner.post(`/v1/connections/${connection.id}/verify`);
    await app.owner.get(`/v1/proxy/${connection.id}/me`);
    expect(elsewhere.seen).toEqual([]);
  });

  it('is refused to whoever did not see the last one', async () => {
    const { slug } = await made();
    const first = await app.owner.patch(
      `/v1/custom-integrations/${slug}`,
      { description: 'One.' },
      { 'if-match': '"1"' },
    );
    expect(first.headers.get('etag')).toBe('"2"');
    const second = await app.owner.patch(
      `/v1/custom-integrations/${slug}`,
      { description: 'Two.' },
      { 'if-match': '"1"' },
    );
    expect(second.status).toBe(412);
    expect((await app.owner.get(`/v1/custom-integrations/${slug}`)).json.description).toBe('One.');
  });
});

describe('two processes on one database', () => {
  let other: TestApp;
  beforeAll(async () => {
    other = await startApp({
      database: app.database,
      keyFile: app.config.masterKeyFile,
      settings: {
        KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${server.port},127.0.0.1:${elsewhere.port}`,
      },
    });
  });
  afterAll(() => other.close());

  it('each hears at once of what the other describes, changes and deletes', async () => {
    const known = async (slug: string) =>
      (await other.owner.get(`/v1/integrations/${slug}`)).json.description;
    await other.owner.get('/v1/integrations');
    const { slug } = await made({ description: 'First.' });
    await expect.poll(() => known(slug)).toBe('First.');
    await app.owner.patch(`/v1/custom-integrations/${slug}`, { description: 'Second.' });
    await expect.poll(() => known(slug)).toBe('Second.');
    await app.owner.delete(`/v1/custom-integrations/${slug}`);
    await expect.poll(() => known(slug)).toBeUndefined();
  });

  it('an old key never reaches the new place, nor a new key the old one, while the other process calls all the time', async () => {
    const { slug } = await made();
    const connection = await connected(slug);
    let isOver = false;
    const statuses = new Set<number>();
    const calling = Array.from({ length: 4 }, async () => {
      while (!isOver) statuses.add((await other.owner.get(`/v1/proxy/${connection.id}/me`)).status);
    });
    await expect.poll(() => statuses.has(200)).toBe(true);
    for (let round = 0; round < 3; round += 1) {
      for (const [place, key] of [
        [elsewhere, NEW_KEY],
        [server, crm.key],
      ] as const) {
        const base_url = place.origin;
        const changed = await app.owner.patch(`/v1/custom-integrations/${slug}`, { base_url, confirm: true });
        expect(changed.status, changed.text).toBe(200);
        const again = await app.owner.post(`/v1/connections/${connection.id}/reconnect`, {
          credentials: { api_key: key },
        });
        expect(again.status, again.text).toBe(200);
      }
    }
    isOver = true;
    await Promise.all(calling);
    const keysAt = (one: Crm) => new Set(one.seen.map(({ headers }) => headers['x-acme-key']));
    expect(keysAt(elsewhere)).toEqual(new Set([NEW_KEY]));
    expect(keysAt(server)).toEqual(new Set([crm.key]));
  });
});

describe("an operator's sign-in setup", () => {
  it('serves no integration that a workspace described: its secret would go where the workspace says', async () => {
    const auth = {
      type: 'oauth2',
      authorize_url: 'https://acme.example/authorize',
      token_url: `${server.origin}/token`,
    };
    const { slug } = await made({ auth });
    await app.database.db.system
      .insertInto('oauth_operator_apps')
      .values({ integration: slug, client_id: 'the-operators', sealed: null, updated_at: new Date() })
      .execute();
    const one = await app.owner.get(`/v1/integrations/${slug}`);
    expect(one.json.auth_methods[0].setup).toMatchObject({ set_up_by: null });
    const begun = await app.owner.post('/v1/oauth/authorizations', { integration: slug });
    expect(begun.json).toMatchObject({ code: 'setup_missing' });
  });
});

describe('a client secret', () => {
  const authAt = (origin: string) => ({
    type: 'oauth2',
    authorize_url: `${origin}/authorize`,
    token_url: `${origin}/token`,
  });
  const setupOf = async (slug: string) =>
    (await app.owner.get(`/v1/integrations/${slug}`)).json.auth_methods[0].setup;
  const entered = { client_id: 'client-1', client_secret: 'fake-client-secret-0001' };

  it('that was typed for one address is not saved for another one that was entered meanwhile', async () => {
    const { slug } = await made({ auth: authAt(server.origin) });
    const { address_stamp } = await setupOf(slug);
    expect(address_stamp).toMatch(/^adr_/);
    const moved = await app.owner.patch(`/v1/custom-integrations/${slug}`, {
      auth: authAt(elsewhere.origin),
    });
    expect(moved.status, moved.text).toBe(200);
    const put = (body: object) => app.owner.request('PUT', `/v1/oauth/apps/${slug}`, { ...entered, ...body });
    const late = await put({ address_stamp });
    expect([late.status, late.json.code]).toEqual([412, 'edited_meanwhile']);
    expect((await put({ address_stamp: (await setupOf(slug)).address_stamp })).status).toBe(200);
    expect((await setupOf(slug)).set_up_by).toBe('workspace');
  });

  it('is sent to no other address than it was entered for, whatever order two admins are written in', async () => {
    const { slug } = await made({ auth: authAt(server.origin) });
    const put = await app.owner.request('PUT', `/v1/oauth/apps/${slug}`, entered);
    expect(put.status, put.text).toBe(200);
    const { system } = app.database.db;
    const { key_id: _, ...before } = await system
      .selectFrom('oauth_apps')
      .selectAll()
      .where('integration', '=', slug)
      .executeTakeFirstOrThrow();
    await app.owner.patch(`/v1/custom-integrations/${slug}`, { auth: authAt(elsewhere.origin) });
    // Whoever saved the secret had not seen the change yet, and is written after it.
    await system.insertInto('oauth_apps').values(before).execute();
    expect((await setupOf(slug)).set_up_by).toBeNull();
    const begun = await app.owner.post('/v1/oauth/authorizations', { integration: slug });
    expect([begun.status, begun.json.code]).toEqual([409, 'setup_missing']);
    // Nor does it stay when the client id is entered again without it.
    const again = await app.owner.request('PUT', `/v1/oauth/apps/${slug}`, { client_id: 'client-1' });
    expect([again.status, again.json.fields[0].path]).toEqual([400, 'client_secret']);
  });
});
