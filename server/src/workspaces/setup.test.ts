import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, clientOf, OWNER, startApp, type TestApp } from '../../test/app.ts';
import type { TestDatabase } from '../../test/database.ts';
import { systemClock } from '../lib/clock.ts';
import { createPasswords } from './password.ts';
import { hashOf } from './secret-text.ts';
import { issueSetupCode } from './setup.ts';
import { createSetupStore } from './setup-store.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** The instance as before its first use. */
async function empty(database: TestDatabase): Promise<void> {
  // Not truncated: that locks one table after the other, which the server works with in an order of its own.
  await database.db.systemPool.query('delete from workspaces; delete from users; delete from setup_links');
}

const issue = () => issueSetupCode({ setups: createSetupStore(app.database.db.system), clock: systemClock });

const setUp = (code: string, person: Partial<typeof OWNER> = {}): Promise<Answer> =>
  clientOf(app.url, {}).post('/v1/setup', { ...OWNER, ...person, code });

describe('the one-time link', () => {
  test('makes one owner, however many use it at the same moment', async () => {
    await empty(app.database);
    const code = (await issue()) ?? '';
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, i) => setUp(code, { email: `owner-${i}@example.com` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403, 403, 403, 403, 403, 403]);
    const { rows } = await app.database.db.systemPool.query(
      'select (select count(*) from users) as users, (select count(*) from workspaces) as workspaces, (select count(*) from members) as members, (select count(*) from setup_links) as links',
    );
    expect(rows[0]).toEqual({ users: 1, workspaces: 1, members: 1, links: 0 });
  });

  test('does not work a second time, and none is made while there is an owner', async () => {
    await empty(app.database);
    const code = (await issue()) ?? '';
    expect((await setUp(code)).status).toBe(201);
    const again = await setUp(code, { email: 'other@example.com' });
    expect([again.status, again.json.reason]).toEqual([403, 'setup_closed']);
    expect((await app.anonymous.get(`/v1/setup?code=${code}`)).json.is_open).toBe(false);
    expect(await issue()).toBeNull();
  });

  test('makes a workspace again after the last one was deleted, for its old account by its password or a new one', async () => {
    await empty(app.database);
    const { systemPool } = app.database.db;
    const deleteAll = async () => {
      const [{ id }] = (await systemPool.query('select id from workspaces where deleting_at is null')).rows;
      await systemPool.query('delete from members');
      await systemPool.query('update workspaces set deleting_at = now() where id = $1', [id]);
      return id;
    };
    const first = await setUp((await issue()) ?? '');
    const old = await deleteAll();
    const code = (await issue()) ?? '';
    const state = async () => (await app.anonymous.get(`/v1/setup?code=${code}`)).json;
    expect(await state()).toEqual({ is_open: true, has_accounts: true });
    const wrong = await setUp(code, { password: 'not-my-Password-0001' });
    const atSignIn = await app.anonymous.post('/v1/session', { email: OWNER.email, password: 'not-it-0001' });
    expect([wrong.status, wrong.json.detail]).toEqual([atSignIn.status, atSignIn.json.detail]);
    expect(await state()).toEqual({ is_open: true, has_accounts: true });
    const again = await setUp(code, { email: 'OLIVE@example.com', name: 'Other', workspace_name: 'Anew' });
    expect(again.status, again.text).toBe(201);
    expect(again.json.user).toEqual(first.json.user);
    expect(again.json.workspaces).toMatchObject([{ name: 'Anew', role: 'owner' }]);
    expect(again.json.workspaces[0].id).not.toBe(old);
    expect(await issue()).toBeNull();
    await deleteAll();
    const other = await setUp((await issue()) ?? '', { email: 'nia@example.com', name: 'Nia' });
    expect(other.json).toMatchObject({ user: { name: 'Nia' }, workspaces: [{ role: 'owner' }] });
  });

  test('lets nobody guess the password of an account more often than a sign-in does', async () => {
    await empty(app.database);
    await setUp((await issue()) ?? '', { email: 'guessed@example.com' });
    await app.database.db.systemPool.query('delete from workspaces; delete from known_addresses');
    const code = (await issue()) ?? '';
    const statuses: number[] = [];
    for (let i = 0; i < 11; i += 1)
      statuses.push(
        (await setUp(code, { email: 'guessed@example.com', password: `wrong-guess-${i}` })).status,
      );
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect((await app.anonymous.get(`/v1/setup?code=${code}`)).json.is_open).toBe(true);
  });

  test('stops working when the next is made, and after 24 hours', async () => {
    await empty(app.database);
    const first = (await issue()) ?? '';
    const second = (await issue()) ?? '';
    expect((await setUp(first)).status).toBe(403);
    expect((await app.anonymous.get(`/v1/setup?code=${second}`)).json.is_open).toBe(true);
    await app.database.db.systemPool.query("update setup_links set expires_at = now() - interval '1 second'");
    expect((await setUp(second)).status).toBe(403);
  });

  test('is stored as a hash', async () => {
    await empty(app.database);
    const code = (await issue()) ?? '';
    const { rows } = await app.database.db.systemPool.query(
      'select setup_links::text as row, code_hash from setup_links',
    );
    expect(rows[0].row).not.toContain(code);
    expect(rows[0].code_hash).toEqual(hashOf(code));
  });

  test('is the first thing looked at: without a working one nobody makes us hash a password', async () => {
    expect((await setUp('guess')).status).toBe(403);
    const leastOf = async (work: () => Promise<unknown>) => {
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 10; i += 1) {
        const before = process.cpuUsage();
        await work();
        const { user, system } = process.cpuUsage(before);
        least = Math.min(least, user + system);
      }
      return least;
    };
    const passwords = createPasswords();
    const oneHash = await leastOf(() => passwords.hash('wrong-password-0001'));
    expect(await leastOf(() => setUp('guess'))).toBeLessThan(0.7 * oneHash);
  });
});

describe("the owner's password", () => {
  test.each([
    ['7 characters', 'abcdef7'],
    ['one of the most used', 'Football'],
    ['one of the most used', 'iloveyou1'],
    ["the product's name", 'keyrail2026!'],
    ["the person's own address", 'olive@example.com'],
    ["the person's own name", 'OliveOwner1'],
    ['one character over and over', 'aaaaaaaaaaaa'],
  ])('is refused when it is %s', async (_name, password) => {
    await empty(app.database);
    const code = (await issue()) ?? '';
    const answer = await setUp(code, { password });
    expect([answer.status, answer.json.fields?.[0]?.path]).toEqual([400, 'password']);
    expect(answer.text).not.toContain(password);
    // The link is not used up by it.
    expect((await app.anonymous.get(`/v1/setup?code=${code}`)).json.is_open).toBe(true);
  });

  test.each(['eight8ch', 'pässwörter mit sätzen 🔑', `${'x'.repeat(60)}abcd`])(
    'is taken at 8 and at more than 64 characters, in any script: %s',
    async (password) => {
      await empty(app.database);
      expect((await setUp((await issue()) ?? '', { password })).status).toBe(201);
      const signedIn = await app.anonymous.post('/v1/session', { email: OWNER.email, password });
      expect(signedIn.status).toBe(200);
    },
  );

  test('is stored as argon2id with 19 MiB and two passes', async () => {
    const { rows } = await app.database.db.systemPool.query('select password_hash from users');
    expect(rows[0].password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });
});
