import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../test/app.ts';
import { movableClock } from '../../test/clock.ts';

const clock = movableClock();
let app: TestApp;
let second: TestApp;
beforeAll(async () => {
  app = await startApp({ clock });
  second = await startApp({ clock, database: app.database, keyFile: app.config.masterKeyFile });
});
afterAll(async () => {
  await second.close();
  await app.close();
});

let n = 0;
const newKey = () => {
  n += 1;
  return { 'idempotency-key': `key-${n}` };
};
const make = (key: Record<string, string>, name = 'once', client = app.owner) =>
  client.post('/v1/tokens', { name, scopes: ['tables:read'] }, key);

async function tokenCount(): Promise<number> {
  const { rows } = await app.database.db.systemPool.query('select count(*)::int as n from api_tokens');
  return rows[0].n;
}
const rowOf = async (key: Record<string, string>) =>
  (
    await app.database.db.systemPool.query('select * from idempotency_keys where key = $1', [
      key['idempotency-key'],
    ])
  ).rows[0];

describe('a request repeated with its Idempotency-Key', () => {
  test('does its work once and answers the same, but does not show a token again', async () => {
    const key = newKey();
    const before = await tokenCount();
    const first = await make(key);
    const again = await make(key);
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.json).toEqual({ ...first.json, token: null });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await tokenCount()).toBe(before + 1);
    expect(JSON.stringify(await rowOf(key))).not.toContain(first.json.token);
  });

  test('does so over processes, and when many arrive at the same moment', async () => {
    const key = newKey();
    const before = await tokenCount();
    const both = [app.owner, second.as(app.owner.headers)];
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, i) => make(key, 'once', both[i % 2] ?? app.owner)),
    );
    expect(await tokenCount()).toBe(before + 1);
    expect(answers.filter(({ json }) => typeof json.token === 'string')).toHaveLength(1);
    for (const { status, json, headers } of answers) {
      if (status === 201) continue;
      expect([status, json.reason]).toEqual([409, 'in_progress']);
      expect(headers.get('retry-after')).toBe('1');
    }
    expect((await make(key, 'once', second.as(app.owner.headers))).status).toBe(201);
  });

  test('and another body, or by somebody else, is refused with 409', async () => {
    const key = newKey();
    await make(key);
    const other = await make(key, 'another name');
    expect([other.status, other.json.reason]).toEqual([409, 'idempotency_key_reused']);
    const admin = await app.member('admin');
    expect((await make(key, 'once', admin)).status).toBe(409);
    // The order of the fields says nothing.
    const turned = await app.owner.post('/v1/tokens', { scopes: ['tables:read'], name: 'once' }, key);
    expect(turned.status).toBe(201);
  });

  test('in another workspace is another request', async () => {
    const key = newKey();
    const { client } = await app.outsider();
    const mine = await make(key);
    const theirs = await make(key, 'theirs', client);
    expect([mine.status, theirs.status]).toEqual([201, 201]);
    expect(theirs.json.id).not.toBe(mine.json.id);
  });

  test('is tried again when the first attempt failed and changed nothing', async () => {
    const key = newKey();
    const bad = await app.owner.post('/v1/tokens', { name: 'x', scopes: ['nonsense'] }, key);
    expect(bad.status).toBe(400);
    const narrow = await app.token(['workspace:admin']);
    const refused = await narrow.post('/v1/tokens', { name: 'x', scopes: ['tables:read'] }, key);
    expect(refused.status).toBe(403);
    expect((await make(key)).status).toBe(201);
  });

  test('after 24 hours is a new request', async () => {
    const key = newKey();
    const first = await make(key);
    clock.forward(24 * 3_600_000 + 1000);
    const later = await make(key);
    expect(later.json.id).not.toBe(first.json.id);
    expect(typeof later.json.token).toBe('string');
  });

  test('with a key that is no key is refused', async () => {
    for (const key of ['x'.repeat(256), 'a b']) {
      expect((await make({ 'idempotency-key': key })).status).toBe(400);
    }
  });
});

describe('a process that dies in the middle of a request with an Idempotency-Key', () => {
  const sql = (text: string, key: Record<string, string>) =>
    app.database.db.systemPool.query(text, [key['idempotency-key']]);

  test('before it changed anything leaves the key to the next attempt, once its hold is over', async () => {
    const key = newKey();
    await make(key);
    // As it stands when the process dies right after it took the key.
    await sql(
      'update idempotency_keys set status = null, answer = null, has_effects = false where key = $1',
      key,
    );
    expect((await make(key)).json.reason).toBe('in_progress');
    clock.forward(3 * 60_000);
    expect(typeof (await make(key)).json.token).toBe('string');
  });

  test('after it changed something is never done again: the answer is lost, and that is said', async () => {
    const key = newKey();
    await make(key);
    const before = await tokenCount();
    expect((await rowOf(key)).has_effects).toBe(true);
    await sql('update idempotency_keys set status = null, answer = null where key = $1', key);
    clock.forward(3 * 60_000);
    const again = await make(key);
    expect([again.status, again.json.reason]).toEqual([409, 'answer_lost']);
    expect(await tokenCount()).toBe(before);
  });
});
