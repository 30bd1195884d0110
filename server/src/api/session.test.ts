import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cookieOf, OWNER, startApp, type TestApp } from '../../test/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const signIn = (headers: Record<string, string> = {}) =>
  app.anonymous.post('/v1/session', { email: OWNER.email, password: OWNER.password }, headers);

describe('a session', () => {
  test('says who is signed in, and in which workspaces', async () => {
    const answer = await app.owner.get('/v1/session');
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({
      user: { id: app.userId, name: OWNER.name, email: OWNER.email },
      workspaces: [
        {
          id: app.workspaceId,
          name: 'Acme',
          role: 'owner',
          contact_for_help: null,
          whom_to_ask: 'Olive Owner (owner)',
          connections_visible_to: 'everybody',
          version: 1,
        },
      ],
      upstreams_redirected: false,
      is_quarantined: false,
    });
  });

  test('is in a cookie no script can read, and on http has no Secure, which would keep it from coming back', async () => {
    const answer = await signIn();
    const [cookie = ''] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^keyrail=[\w-]{43}; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
  });

  test('is a new one at every sign-in, whatever cookie was sent along', async () => {
    const planted = 'A'.repeat(43);
    const first = await signIn({ cookie: `keyrail=${planted}` });
    expect(first.status).toBe(200);
    const cookie = cookieOf(first);
    expect(cookie).not.toContain(planted);
    const second = await signIn({ cookie });
    expect(cookieOf(second)).not.toBe(cookie);
    expect((await app.as({ cookie: `keyrail=${planted}` }).get('/v1/session')).status).toBe(401);
  });

  test('ends at sign-out: its cookie is worth nothing from then on', async () => {
    const cookie = cookieOf(await signIn());
    const browser = app.as({ cookie });
    expect((await browser.get('/v1/session')).status).toBe(200);
    const out = await browser.delete('/v1/session');
    expect(out.status).toBe(204);
    expect(out.headers.getSetCookie()[0]).toMatch(/^keyrail=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/);
    expect((await browser.get('/v1/session')).status).toBe(401);
  });

  test('ended in one process has ended in all of them', async () => {
    const second = await startApp({ database: app.database, keyFile: app.config.masterKeyFile });
    const cookie = cookieOf(await signIn());
    const [here, there] = [app.as({ cookie }), second.as({ cookie })];
    expect((await there.get('/v1/session')).status).toBe(200);
    await here.delete('/v1/session');
    expect((await there.get('/v1/session')).status).toBe(401);
    await second.close();
  });

  test('can end all the others of the same person, and stays', async () => {
    const other = app.as({ cookie: cookieOf(await signIn()) });
    const ended = await app.owner.delete('/v1/sessions/others');
    expect(ended.json.ended).toBeGreaterThan(0);
    expect((await other.get('/v1/session')).status).toBe(401);
    expect((await app.owner.get('/v1/session')).status).toBe(200);
  });

  test('leaves nothing in the database that could be sent as a cookie', async () => {
    const token = cookieOf(await signIn()).split('=')[1] ?? '';
    const { rows } = await app.database.db.systemPool.query(
      "select s::text as row, encode(token_hash, 'hex') as hash from sessions s",
    );
    for (const { row, hash } of rows) {
      expect(row).not.toContain(token);
      expect(row).not.toContain(Buffer.from(token).toString('hex'));
      const asCookie = await app.as({ cookie: `keyrail=${hash}` }).get('/v1/session');
      expect(asCookie.status).toBe(401);
      const asBytes = Buffer.from(hash, 'hex').toString('base64url');
      expect((await app.as({ cookie: `keyrail=${asBytes}` }).get('/v1/session')).status).toBe(401);
    }
  });

  test('is one of at most 20 of a person: the ones unused longest end', async () => {
    const first = cookieOf(await signIn());
    for (let i = 0; i < 20; i += 1) await signIn();
    expect((await app.as({ cookie: first }).get('/v1/session')).status).toBe(401);
    const { rows } = await app.database.db.systemPool.query('select count(*) as n from sessions');
    expect(rows[0].n).toBeLessThanOrEqual(20);
  });
});
