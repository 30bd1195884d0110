import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cookieOf, OWNER, startApp, type TestApp } from '../../test/app.ts';
import { movableClock } from '../../test/clock.ts';
import { createPasswords } from './password.ts';

const clock = movableClock();
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
let app: TestApp;
beforeAll(async () => {
  // Requests say where they come from, as through a proxy on this machine.
  app = await startApp({ clock, settings: { KEYRAIL_TRUSTED_PROXIES: '127.0.0.1' } });
});
afterAll(() => app.close());

let lastAddress = 0;
const newAddress = () => {
  lastAddress += 1;
  return `203.0.${Math.floor(lastAddress / 250)}.${(lastAddress % 250) + 1}`;
};
const attempt = (email: string, password: string, from: string) =>
  app.anonymous.post('/v1/session', { email, password }, { 'x-forwarded-for': from });

const unlessVaried = ({ request_id: _, ...rest }: Record<string, unknown>) => rest;

describe('signing in', () => {
  test('with a wrong password and with an unknown account answers the same, in the same time', async () => {
    // Work done, not time passed, and measured against one hashing on this same machine: the server runs in this process,
    // and other programs do not count.
    const workOf = async (work: () => Promise<unknown>) => {
      const before = process.cpuUsage();
      await work();
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    };
    const workToRefuse = async (email: string) => {
      const spent = await workOf(() => attempt(email, 'wrong-password-0001', newAddress()));
      clock.forward(20 * MINUTE);
      return spent;
    };
    const median = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    const passwords = createPasswords();
    const wrong = await attempt(OWNER.email, 'wrong-password-0001', newAddress());
    const unknown = await attempt('nobody@example.com', 'wrong-password-0001', newAddress());
    expect([wrong.status, unlessVaried(wrong.json)]).toEqual([401, unlessVaried(unknown.json)]);
    const forWrong: number[] = [];
    const forUnknown: number[] = [];
    const forHash: number[] = [];
    for (let i = 0; i < 15; i += 1) {
      forHash.push(await workOf(() => passwords.hash(`wrong-password-${i}`)));
      forWrong.push(await workToRefuse(OWNER.email));
      forUnknown.push(await workToRefuse(`nobody-${i}@example.com`));
    }
    const oneHash = median(forHash);
    expect(median(forWrong)).toBeGreaterThan(0.7 * oneHash);
    expect(Math.abs(median(forWrong) - median(forUnknown))).toBeLessThan(oneHash / 2);
  });

  test('does not mind the case of the e-mail address, and takes the password to the letter', async () => {
    expect((await attempt('OLIVE@Example.com', OWNER.password, newAddress())).status).toBe(200);
    expect((await attempt(OWNER.email, ` ${OWNER.password}`, newAddress())).status).toBe(401);
    expect((await attempt(OWNER.email, OWNER.password.toUpperCase(), newAddress())).status).toBe(401);
    clock.forward(20 * MINUTE);
  });

  test('is tried at most 10 times in 15 minutes for one account, over all addresses, at the same moment too', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => attempt('victim@example.com', 'wrong-password-0001', newAddress())),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(20);
    const wait = Number(refused[0]?.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(14 * 60);
    expect(wait).toBeLessThanOrEqual(15 * 60);
    clock.forward(15 * MINUTE);
    expect((await attempt('victim@example.com', 'wrong-password-0001', newAddress())).status).toBe(401);
  });

  test('is tried at most 100 times in 15 minutes from one address, whatever the accounts', async () => {
    const from = newAddress();
    const answers = await Promise.all(
      Array.from({ length: 102 }, (_, i) => attempt(`a${i}@example.com`, 'x', from)),
    );
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(2);
    expect((await attempt('other@example.com', 'x', newAddress())).status).toBe(401);
  });

  /** As if whoever has tried once had tried that often at the same moment: each time would cost a hashing. */
  const asIfTried = (times: number) =>
    sql`update sign_in_attempts set attempts = array_fill(attempts[1], array[${times}::int])
      where cardinality(attempts) = 1`.execute(app.database.db.system);

  test('is limited for a whole IPv6 /64, whichever of its addresses is used', async () => {
    await attempt('c0@example.com', 'x', '2001:db8::1');
    await asIfTried(97);
    const answers = [];
    for (let i = 1; i <= 5; i += 1)
      answers.push(await attempt(`c${i}@example.com`, 'x', `2001:db8::${(i * 1_000).toString(16)}`));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 429, 429]);
    expect((await attempt('c6@example.com', 'x', '2001:db8:0:1::1')).status).toBe(401);
  });

  test('uses up no attempt when the password is right', async () => {
    for (let i = 0; i < 12; i += 1)
      expect((await attempt(OWNER.email, OWNER.password, newAddress())).status).toBe(200);
  });

  test('works for the owner from an address used before while strangers guess, and not from a new one', async () => {
    const home = newAddress();
    expect((await attempt(OWNER.email, OWNER.password, home)).status).toBe(200);
    for (let i = 0; i < 12; i += 1) await attempt(OWNER.email, 'wrong-password-0001', newAddress());
    expect((await attempt(OWNER.email, OWNER.password, newAddress())).status).toBe(429);
    expect((await attempt(OWNER.email, OWNER.password, home)).status).toBe(200);
    clock.forward(20 * MINUTE);
  });

  test('believes X-Forwarded-For from listed proxies alone', async () => {
    const { masterKeyFile } = app.config;
    const direct = await startApp({ clock, database: app.database, keyFile: masterKeyFile });
    const directly = (i: number) =>
      direct.anonymous.post(
        '/v1/session',
        { email: `b${i}@example.com`, password: 'x' },
        { 'x-forwarded-for': newAddress() },
      );
    try {
      clock.forward(20 * MINUTE);
      expect((await directly(0)).status).toBe(401);
      await asIfTried(99);
      const answers = [await directly(1), await directly(2)];
      expect(answers.map(({ status }) => status)).toEqual([401, 429]);
    } finally {
      await direct.close();
    }
  });
});

describe('a session', () => {
  test('ends after 30 days without use, and lives on when used in between', async () => {
    const used = app.as({ cookie: cookieOf(await attempt(OWNER.email, OWNER.password, newAddress())) });
    const unused = app.as({ cookie: cookieOf(await attempt(OWNER.email, OWNER.password, newAddress())) });
    clock.forward(20 * DAY);
    expect((await used.get('/v1/session')).status).toBe(200);
    clock.forward(11 * DAY);
    expect((await used.get('/v1/session')).status).toBe(200);
    expect((await unused.get('/v1/session')).status).toBe(401);
  });

  test('ends after 90 days, however much it is used', async () => {
    const session = app.as({ cookie: cookieOf(await attempt(OWNER.email, OWNER.password, newAddress())) });
    for (let day = 0; day < 88; day += 22) {
      clock.forward(22 * DAY);
      expect((await session.get('/v1/session')).status).toBe(200);
    }
    clock.forward(3 * DAY);
    expect((await session.get('/v1/session')).status).toBe(401);
  });
});
