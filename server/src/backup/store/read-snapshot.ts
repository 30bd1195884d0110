import { createHash } from 'node:crypto';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import {
  type Applied,
  appliedMigrations,
  isQueueMark,
  MIGRATION_LOCK,
  ownMigrations,
  refuseWhatIsNotOurs,
} from '../../db/migrate.ts';
import type { Frame, Note } from '../frames.ts';
import { openSession } from './session.ts';
import { copyOut, JOB_COLUMNS, JOBS, JOBS_OUT, quoted, tablesThere } from './tables.ts';

/** One moment of a database, held for as long as it is read. Whoever writes meanwhile is neither seen nor kept waiting. */
export interface Snapshot {
  postgres: string;
  /** The last migration; what it was made by. */
  schema: string;
  release: string;
  instance: string | null;
  canary: string | null;
  /** A master key that stored data keys need. */
  neededKeyId: string | null;
  /** Tables beside ours, which are left out. */
  foreign: string[];
  read(): AsyncGenerator<Frame>;
  close(): Promise<void>;
}

/** Null: Keyrail never started on this database, so there is nothing in it. `onWaiting`: another process migrates it. */
export async function openSnapshot(url: string, onWaiting: () => void): Promise<Snapshot | null> {
  const client = await openSession(url, 'keyrail backup');
  try {
    await shareLock(client, onWaiting);
    await client.query('begin isolation level repeatable read read only');
    const migrations = await appliedMigrations(client);
    const last = migrations.filter(({ name }) => !isQueueMark(name)).at(-1);
    if (last === undefined) {
      await client.end();
      return null;
    }
    refuseWhatIsNotOurs(ownMigrations(), migrations);
    const { ours, foreign } = await tablesThere(client);
    const has = (name: string) => ours.some((table) => table.name === name);
    const facts = await one<Pick<Snapshot, 'postgres' | 'instance' | 'canary' | 'neededKeyId'>>(
      client,
      `select current_setting('server_version') as postgres,
        ${has('instance') ? '(select id from instance)' : 'null'} as instance,
        (select sealed from vault_canary) as canary,
        (select master_key_id from data_keys order by id limit 1) as "neededKeyId"`,
    );
    return {
      ...facts,
      schema: last.name,
      release: last.release,
      foreign,
      read: () => read(client, migrations, ours),
      close: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw error;
  }
}

async function shareLock(client: pg.Client, onWaiting: () => void): Promise<void> {
  const { is_ours } = await one<{ is_ours: boolean }>(
    client,
    `select pg_try_advisory_lock_shared(${MIGRATION_LOCK}) as is_ours`,
  );
  if (is_ours) return;
  onWaiting();
  await client.query(`select pg_advisory_lock_shared(${MIGRATION_LOCK})`);
}

async function* read(
  client: pg.Client,
  migrations: Applied[],
  tables: { name: string; columns: string[] }[],
): AsyncGenerator<Frame> {
  let rows = 0;
  yield note({ kind: 'schema', migrations });
  for (const table of tables) {
    yield note({ kind: 'table', ...table });
    rows += yield* copied(client, copyOut(table));
  }
  yield note({ kind: 'table', name: JOBS, columns: [...JOB_COLUMNS] });
  rows += yield* copied(client, JOBS_OUT);
  yield note({ kind: 'sequences', values: await sequences(client, new Set(tables.map(({ name }) => name))) });
  yield note({ kind: 'end', tables: tables.length + 1, rows });
  await client.query('commit');
}

/** Rows as they come, and at their end how many there were and what they hash to. Returns their number. */
async function* copied(client: pg.Client, statement: string): AsyncGenerator<Frame, number> {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = client.query(copyTo(statement, { highWaterMark: 256 * 1024 }));
  for await (const part of stream as AsyncIterable<Buffer>) {
    hash.update(part);
    bytes += part.length;
    yield { kind: 'rows', bytes: part };
  }
  yield note({ kind: 'table_end', rows: stream.rowCount, bytes, sha256: hash.digest('hex') });
  return stream.rowCount;
}

/** Numbers that are given out in order go on where they were. */
async function sequences(
  client: pg.Client,
  tables: Set<string>,
): Promise<{ table: string; column: string; last: string; is_called: boolean }[]> {
  const { rows } = await client.query<{ sequence: string; table: string; column: string }>(`
    select s.relname as sequence, t.relname as table, a.attname as column
    from pg_class s
    join pg_depend d on d.objid = s.oid and d.classid = 'pg_class'::regclass and d.deptype in ('i', 'a')
    join pg_class t on t.oid = d.refobjid
    join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
    where s.relkind = 'S' and s.relnamespace = current_schema()::regnamespace`);
  const values = [];
  for (const { sequence, table, column } of rows.filter((row) => tables.has(row.table))) {
    const at = await one<{ last: string; is_called: boolean }>(
      client,
      `select last_value::text as last, is_called from ${quoted(sequence)}`,
    );
    values.push({ table, column, ...at });
  }
  return values;
}

async function one<Row>(client: pg.Client, text: string): Promise<Row> {
  const { rows } = await client.query(text);
  return rows[0] as Row;
}

function note(value: Note): Frame {
  return { kind: 'note', note: value };
}
