import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/database.ts';
import type { Tx } from '../lib/tx.ts';
import { openDatabase, queries } from './open.ts';
import { PLANNED_ONCE } from './pool.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
  await sql`create table notes (workspace_id text not null, body text not null)`.execute(database.db.system);
  await sql`select keyrail_tenant_table('notes')`.execute(database.db.system);
});
afterAll(() => database.close());

/** What one transaction leaves on its connection, the next one meets. */
function oneConnectionEach() {
  return openDatabase({
    url: database.url,
    appPoolSize: 1,
    systemPoolSize: 1,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 20_000,
    onIdleError: () => {},
  });
}

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

test('what only reads sees its own workspace alone, and writes nothing', async () => {
  const { transact } = database.db;
  await transact('wsp_c', (tx) => sql`insert into notes values ('wsp_c', 'read me')`.execute(queries(tx)));
  const look = (tx: Tx) => sql`select body from notes where body <> ${'x'}`.execute(queries(tx));
  expect((await transact('wsp_c', look, 'read')).rows).toEqual([{ body: 'read me' }]);
  expect((await transact('wsp_d', look, 'read')).rows).toEqual([]);
  const twice = await transact('wsp_c', async (tx) => [await look(tx), await look(tx)], 'read');
  expect(twice.map(({ rows }) => rows.length)).toEqual([1, 1]);
  const writing = (tx: Tx) => sql`insert into notes values ('wsp_c', 'sneaked in')`.execute(queries(tx));
  await expect(transact('wsp_c', writing, 'read')).rejects.toThrow();
  expect((await transact('wsp_c', look, 'read')).rows).toHaveLength(1);
});

test('neither the workspace nor the reading only is left on a connection for whoever has it next', async () => {
  const db = oneConnectionEach();
  try {
    const backend = (tx: Tx) =>
      sql<{ pid: number; bound: string | null; read_only: string }>`
        select pg_backend_pid() as pid, keyrail_workspace_id() as bound,
          current_setting('transaction_read_only') as read_only`.execute(queries(tx));
    const failing = (tx: Tx) => sql`select 1 / ${0}::int`.execute(queries(tx));
    const [one] = (await db.transact('wsp_a', backend, 'read')).rows;
    expect(one).toMatchObject({ bound: 'wsp_a', read_only: 'on' });
    await expect(db.transact('wsp_a', failing, 'read')).rejects.toThrow(/division by zero/);
    await expect(db.transact('wsp_a', failing)).rejects.toThrow(/division by zero/);
    await db.transact('wsp_b', async () => {});
    const [next] = (await db.transact('', backend)).rows;
    expect(next).toEqual({ pid: one?.pid, bound: '', read_only: 'off' });
  } finally {
    await db.close();
  }
});

test('a transaction is rolled back as a whole, and what it wrote is gone', async () => {
  const { transact } = database.db;
  const broken = transact('wsp_e', async (tx) => {
    await sql`insert into notes values ('wsp_e', 'first')`.execute(queries(tx));
    await sql`insert into notes values ('wsp_other', 'second')`.execute(queries(tx));
  });
  await expect(broken).rejects.toThrow(/row-level security/);
  const left = await transact('wsp_e', (tx) => sql`select * from notes`.execute(queries(tx)), 'read');
  expect(left.rows).toEqual([]);
});

test('a query planned once is answered anew each time, and survives that a type under it changes', async () => {
  await sql`create table plans (id int, body varchar(10))`.execute(database.db.system);
  await sql`insert into plans values (1, 'one')`.execute(database.db.system);
  const db = oneConnectionEach();
  try {
    const look = (id: number) =>
      sql`select ${PLANNED_ONCE} body from plans where id = ${id}`.execute(db.system);
    expect((await look(1)).rows).toEqual([{ body: 'one' }]);
    expect((await look(2)).rows).toEqual([]);
    const named = await sql`select name from pg_prepared_statements`.execute(db.system);
    expect(named.rows).toHaveLength(1);
    await sql`alter table plans alter column body type text`.execute(database.db.system);
    await expect(look(1)).rejects.toThrow(/cached plan/);
    expect((await look(1)).rows).toEqual([{ body: 'one' }]);
  } finally {
    await db.close();
  }
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
