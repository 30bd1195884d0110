import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { doorTo } from '../../test/door.ts';
import { systemClock } from '../lib/clock.ts';
import { type Listener, notify, openListener } from './listen.ts';

let database: TestDatabase;
let listener: Listener;
beforeEach(async () => {
  database = await freshDatabase();
  listener = await openListener({ clock: systemClock, log: { warn: () => {} } }, database.url);
});
afterEach(async () => {
  await listener.close();
  await database.close();
});

test('a message arrives after its transaction commits, and never when it is rolled back', async () => {
  const { transact } = database.db;
  const heard: string[] = [];
  let onCommitted = () => {};
  const arrived = new Promise<void>((resolve) => {
    onCommitted = resolve;
  });
  await listener.listen('News', (payload) => {
    heard.push(payload);
    if (payload === 'committed') onCommitted();
  });
  await listener.listen('other', () => heard.push('on the wrong channel'));
  await expect(
    transact('wsp_a', async (tx) => {
      await notify(tx, 'News', 'rolled back');
      throw new Error('no');
    }),
  ).rejects.toThrow('no');
  await transact('wsp_a', (tx) => notify(tx, 'News', 'committed'));
  await arrived;
  expect(heard).toEqual(['committed']);
});

test('after a lost connection it listens again, and says that something may have been missed', async () => {
  let onGap = () => {};
  const gap = new Promise<void>((resolve) => {
    onGap = resolve;
  });
  let onMessage: (payload: string) => void = () => {};
  const message = new Promise<string>((resolve) => {
    onMessage = resolve;
  });
  await listener.listen('news', (payload) => onMessage(payload), onGap);
  await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'keyrail listen'
    and datname = current_database()`.execute(database.db.system);
  await gap;
  await database.db.transact('wsp_a', (tx) => notify(tx, 'news', 'back'));
  expect(await message).toBe('back');
});

test('to stop listening comes about, too, where the connection is lost in the middle of it', async () => {
  const door = await doorTo(database.url);
  const through = await openListener({ clock: systemClock, log: { warn: () => {} } }, door.url);
  const stop = await through.listen('news', () => {});
  await Promise.all([door.shut(), stop()]);
  await through.close();
});

test('who stopped listening hears nothing more', async () => {
  const heard: string[] = [];
  const stop = await listener.listen('news', (payload) => heard.push(payload));
  await stop();
  let onMessage: (payload: string) => void = () => {};
  const arrived = new Promise<string>((resolve) => {
    onMessage = resolve;
  });
  await listener.listen('news', (payload) => onMessage(payload));
  await database.db.transact('wsp_a', (tx) => notify(tx, 'news', 'for the second'));
  expect(await arrived).toBe('for the second');
  expect(heard).toEqual([]);
});
