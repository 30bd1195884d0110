import { afterAll, beforeAll, expect, test } from 'vitest';
import { movableClock } from '../../test/clock.ts';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { record } from '../audit/record.ts';
import { createIdempotencyKeys } from './idempotency.ts';

let database: TestDatabase;
const clock = movableClock();
const workspaceId = 'wsp_01m7xqekr6f2x9g9anwaxrmkrb';
beforeAll(async () => {
  database = await freshDatabase();
  await database.db.system.insertInto('workspaces').values({ id: workspaceId, name: 'Acme' }).execute();
});
afterAll(() => database.close());

test('an attempt that was taken for dead and was not cannot commit any more', async () => {
  const { keys, marking } = createIdempotencyKeys({
    transact: database.db.transact,
    clock,
    keyedHash: (text) => text,
  });
  const write = () =>
    marking(workspaceId, (tx) =>
      record(tx, {
        who: { workspaceId, system: 'keyrail' },
        action: 'thing.made',
        subject: { kind: 'thing', id: '1', name: null },
      }),
    );
  const entries = async () => (await database.db.systemPool.query('select 1 from audit_entries')).rows.length;

  const slow = await keys.claim(workspaceId, 'key', 'request');
  clock.forward(10 * 60_000);
  const next = await keys.claim(workspaceId, 'key', 'request');
  if (slow.kind !== 'claimed' || next.kind !== 'claimed') throw new Error('both had to be claimed');

  const tried = new Promise((resolve, reject) =>
    keys.within(slow.claim, () => write().then(resolve, reject)),
  );
  await expect(tried).rejects.toMatchObject({ code: 'conflict' });
  expect(await entries()).toBe(0);

  await new Promise<void>((resolve, reject) => keys.within(next.claim, () => write().then(resolve, reject)));
  expect(await entries()).toBe(1);
});

test('looking at things does not mark a key: only what is written does', async () => {
  const { keys, marking } = createIdempotencyKeys({
    transact: database.db.transact,
    clock,
    keyedHash: (text) => text,
  });
  const taken = await keys.claim(workspaceId, 'look', 'request');
  if (taken.kind !== 'claimed') throw new Error('it had to be claimed');
  await new Promise<void>((resolve, reject) =>
    keys.within(taken.claim, () => marking(workspaceId, async () => {}).then(resolve, reject)),
  );
  const { rows } = await database.db.systemPool.query(
    "select has_effects from idempotency_keys where key = 'look'",
  );
  expect(rows).toEqual([{ has_effects: false }]);
});
