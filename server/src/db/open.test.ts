import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import { queries } from './open.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await sql`create table notes (workspace_id text not null, body text not null)`.execute(database.db.system);
  await sql`select keyrail_tenant_table('notes')`.execute(database.db.system);
});
afterAll(() => database.close());

test('a transaction of one workspace neither sees nor writes rows of another', async () => {
  const { transact } = database.db;
  await transact('wsp_a', (tx) => sql`insert into notes values ('wsp_a', 'mine')`.execute(queries(tx)));
  const seen = await transact('wsp_b', (tx) => sql`select * from notes`.execute(queries(tx)));
  expect(seen.rows).toEqual([]);
  const foreign = transact('wsp_b', (tx) =>
    sql`insert into notes values ('wsp_a', 'planted')`.execute(queries(tx)),
  );
  await expect(foreign).rejects.toThrow(/row-level security/);
});

test('without a workspace a request sees no row at all', async () => {
  const seen = await database.db.transact('', (tx) => sql`select * from notes`.execute(queries(tx)));
  expect(seen.rows).toEqual([]);
});

test('a transaction inside a transaction is refused, because it could lock the pool up', async () => {
  const { transact } = database.db;
  const nested = transact('wsp_a', () => transact('wsp_a', async () => 1));
  await expect(nested).rejects.toThrow(/inside transact/);
  await expect(transact('wsp_a', async () => 1)).resolves.toBe(1);
});

test('a bigint is read as a number, a date as its text, a timestamp as a Date', async () => {
  const { rows } = await sql<Record<string, unknown>>`
    select 9007199254740991::bigint as big, '2026-03-01'::date as day, '2026-03-01T00:00:00Z'::timestamptz as moment
  `.execute(database.db.system);
  expect(rows[0]).toEqual({
    big: 9007199254740991,
    day: '2026-03-01',
    moment: new Date('2026-03-01T00:00:00Z'),
  });
  await expect(sql`select 9007199254740993::bigint`.execute(database.db.system)).rejects.toThrow(/too large/);
});
