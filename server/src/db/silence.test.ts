import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApp, type TestApp } from '../../test/app.ts';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { type Door, doorTo } from '../../test/door.ts';
import { quickest, until } from '../../test/until.ts';
import { openDatabase, queries } from './open.ts';
import { watchSilence } from './silence.ts';

/* Each waits for seconds that are the product's own: they wait together. */

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

const options = {
  appPoolSize: 2,
  systemPoolSize: 2,
  connectTimeoutMs: 4_000,
  statementTimeoutMs: 30_000,
  onIdleError: () => {},
};

test.concurrent('a database that falls silent is "unavailable" within five seconds, on connections that are open too', async () => {
  // A statement's own time is over after half a minute.
  expect(await quickest(15_000, untilUnavailable)).toBeLessThan(15_000);
});

async function untilUnavailable(): Promise<number> {
  const door = await doorTo(database.url);
  const db = openDatabase({ url: door.url, ...options });
  const asPerson = () => db.transact('wsp_a', (tx) => sql`select 1`.execute(queries(tx)));
  const asOwner = () => sql`select 1`.execute(db.system);
  try {
    await Promise.all([asPerson(), asPerson(), asOwner(), asOwner()]);
    door.mute();
    const startedAt = performance.now();
    for (const answer of await Promise.allSettled([asPerson(), asOwner(), asPerson(), asPerson()]))
      expect(answer).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    const tookMs = performance.now() - startedAt;
    door.unmute();
    await until(() =>
      asPerson()
        .then(asOwner)
        .then(
          () => true,
          () => false,
        ),
    );
    return tookMs;
  } finally {
    await db.close();
    await door.shut();
  }
}

test.concurrent('a statement that takes its time is waited for while the database answers', async () => {
  // Wondered about many times meanwhile.
  const silence = watchSilence({ url: database.url, wonderAfterMs: 50, pulseTimeoutMs: 30_000 });
  const slow = database.db.systemPool.query('select pg_sleep(1)');
  await expect(silence.unlessSilent(slow)).resolves.toBeDefined();
});

test.concurrent('every request is answered with 503 within seconds while the database is silent, and served once it is back', async () => {
  let door: Door | undefined;
  let app: TestApp | undefined;
  try {
    door = await doorTo(database.url);
    app = await startApp({ database: { ...database, url: door.url } });
    const ask = () =>
      Promise.all([
        app?.owner.get('/v1/session'),
        app?.owner.get('/v1/connections'),
        app?.owner.post('/v1/tables', { name: 'While it is silent' }, { 'idempotency-key': 'silent' }),
        app?.anonymous.post('/v1/session', { email: 'olive@example.com', password: 'a-fine-Password-0001' }),
        app?.anonymous.get('/v1/setup?code=guess'),
      ]);
    await ask();
    door.mute();
    const startedAt = performance.now();
    for (const answer of await ask()) {
      expect(answer).toMatchObject({ status: 503, json: { code: 'unavailable' } });
      expect(Number(answer?.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    // The five seconds of above, and what a busy machine adds to five answers; a statement's own limit is over later.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    // It comes back as a new process: the old connections are gone.
    await door.shut();
    door.unmute();
    await door.open();
    await until(async () => (await app?.owner.get('/v1/session'))?.status === 200);
  } finally {
    await app?.close();
    await door?.shut();
  }
}, 60_000);

test('a process that is busy itself does not take the database for silent', async () => {
  const silence = watchSilence({ url: database.url, wonderAfterMs: 50, pulseTimeoutMs: 1_000 });
  let isOver = false;
  const busy = (async () => {
    while (!isOver) {
      const until = performance.now() + 500;
      while (performance.now() < until);
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  const slow = database.db.systemPool.query('select pg_sleep(2.5)');
  await expect(silence.unlessSilent(slow).finally(() => (isOver = true))).resolves.toBeDefined();
  await busy;
});
