import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Kysely, PostgresDialect, type PostgresPool, sql } from 'kysely';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { databaseFailure } from '../db/failure.ts';
import { type Database, queries } from '../db/open.ts';
import type { DB } from '../db/schema.ts';
import { AppError } from '../lib/app-error.ts';
import type { Tx } from '../lib/tx.ts';
import type { Table } from './table.ts';

/** One long transaction on one connection: a whole file in, or a whole table out. */
export interface Bulk {
  /** Under row-level security, as everywhere. */
  tx: Tx;
  /** COPY of lines in text format into `table_rows` (position, workspace_id, table_id, id, values). */
  copyRows(lines: AsyncIterable<Buffer>): Promise<void>;
  /** The same into a temporary table beside it, `incoming` (position, id, values), which goes with the transaction. */
  copyIncoming(lines: AsyncIterable<Buffer>, keyOfRow: string): Promise<void>;
}

export type BulkDatabase = Pick<Database, 'systemPool'>;

/**
 * COPY does not work into a table with row-level security, so it is done by the tables' owner, who passes it. That is
 * safe because every line is made by us, with the workspace of the caller in it, and because everything else in the
 * transaction runs as keyrail_app in that workspace: the table was looked up there before the first line is written.
 *
 * Whatever ends `work` early (a limit, a client gone, this process killed) ends the transaction, and nothing was there.
 * `snapshot`: all statements see the database as it is at the first.
 */
export async function inBulk<T>(
  db: BulkDatabase,
  workspaceId: string,
  mode: 'write' | 'snapshot',
  work: (bulk: Bulk) => Promise<T>,
): Promise<T> {
  const leave = takeSlot(db.systemPool);
  const client = await db.systemPool.connect().catch((error: unknown) => {
    leave();
    throw databaseFailure(error);
  });
  // Node ends the process over an error event that nobody listens to; the query under way fails with it anyway.
  const ignore = () => {};
  client.on('error', ignore);
  let isWhole = false;
  try {
    await client.query(
      mode === 'snapshot'
        ? 'begin isolation level repeatable read read only'
        : 'begin isolation level read committed',
    );
    // A file takes as long as it takes; whoever sends or reads it is watched for silence instead.
    await client.query('set local statement_timeout = 0');
    await asApp(client, workspaceId);
    const result = await work({
      tx: transactionOn(client),
      copyRows: (lines) =>
        copy(client, workspaceId, 'table_rows (position, workspace_id, table_id, id, values)', lines),
      copyIncoming: async (lines, keyOfRow) => {
        await createIncoming(client, keyOfRow);
        await copy(client, workspaceId, 'incoming (position, id, values)', lines);
        await client.query('analyze incoming');
      },
    });
    await client.query('commit');
    isWhole = true;
    return result;
  } catch (error) {
    throw databaseFailure(error);
  } finally {
    client.off('error', ignore);
    // Thrown away where anything failed: PostgreSQL rolls back what a closed connection began, in whatever state it was.
    client.release(!isWhole);
    leave();
  }
}

const running = new WeakMap<pg.Pool, number>();

/** Files take their time, and each holds a connection: half of them are kept for everything else. */
function takeSlot(pool: pg.Pool): () => void {
  const now = running.get(pool) ?? 0;
  if (now >= Math.max(1, Math.floor(pool.options.max / 2)))
    throw new AppError('too_many_requests', {
      reason: 'files_at_once',
      detail: `${now} files are going in or out at this moment, as many as this server takes at once. Try again shortly.`,
      retryAfterSeconds: 10,
    });
  running.set(pool, now + 1);
  return () => running.set(pool, (running.get(pool) ?? 1) - 1);
}

async function asApp(client: pg.PoolClient, workspaceId: string): Promise<void> {
  await client.query('set local role keyrail_app');
  await client.query("select set_config('keyrail.workspace_id', $1, true)", [workspaceId]);
}

async function copy(
  client: pg.PoolClient,
  workspaceId: string,
  target: string,
  lines: AsyncIterable<Buffer>,
): Promise<void> {
  await client.query('reset role');
  await pipeline(
    Readable.from(lines, { objectMode: true, highWaterMark: 1 }),
    client.query(copyFrom(`copy ${target} from stdin`)),
  );
  await asApp(client, workspaceId);
}

async function createIncoming(client: pg.PoolClient, keyOfRow: string): Promise<void> {
  if (!/^\d+$/.test(keyOfRow)) throw new Error('not the key of a column');
  await client.query('reset role');
  await client.query(`
    create temporary table incoming (
      position bigint not null,
      id text collate "C" not null,
      values jsonb not null,
      match text generated always as (values ->> '${keyOfRow}') stored
    ) on commit drop
  `);
  await client.query('grant select on incoming to keyrail_app');
}

/** Kysely over the one connection, which is in a transaction already. What fails in it is translated by `inBulk`. */
function transactionOn(client: pg.PoolClient): Tx {
  const one = {
    connect: async () => ({ query: client.query.bind(client), release: () => {} }),
    end: async () => {},
  };
  const dialect = new PostgresDialect({ pool: one as unknown as PostgresPool });
  return new Kysely<DB>({ dialect }) as unknown as Tx;
}

export interface Merged {
  added: number;
  changed: number;
  /** Rows of the table that had all these values already. */
  same: number;
  /** Rows of the file that mean the same row as one before. */
  repeated: number;
  /** Rows of the table in which `watched` keys have another value now, and which. */
  changes: { id: string; changed: string[] }[];
}

/**
 * From `incoming` into the table: a row whose `match` is there already changes that row (each that has it), others are added.
 * Rows of the file with one match are merged in the file's order. What is empty in the file stays as it is in the table.
 */
export async function mergeIncoming(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  keyOfRow: string,
  watched: readonly string[],
): Promise<Merged> {
  const { rows } = await sql<{
    changes: Merged['changes'] | null;
    changed: number;
    found: number;
    added: number;
    repeated: number;
  }>`
    with once as materialized (
      select match, min(position) as position, min(id) as id, count(*)::int as n,
        keyrail_merge(values order by position) as values
      from incoming group by match
    ), found as materialized (
      select r.id, r.values as before, once.values as given, once.match
      from table_rows r join once on r.values ->> ${keyOfRow} = once.match
      where r.workspace_id = ${workspaceId} and r.table_id = ${tableId}
    ), updated as (
      update table_rows r set values = found.before || found.given, updated_at = now()
      from found
      where r.workspace_id = ${workspaceId} and r.table_id = ${tableId} and r.id = found.id
        and found.before is distinct from found.before || found.given
      returning r.id, array(
        select key from unnest(${watched}::text[]) as key
        where found.before -> key is distinct from (found.before || found.given) -> key
      ) as changed
    ), added as (
      insert into table_rows (workspace_id, table_id, id, position, values)
      select ${workspaceId}, ${tableId}, once.id, once.position, once.values from once
      where not exists (select from found where found.match = once.match)
      returning 1
    )
    select
      (select jsonb_agg(jsonb_build_object('id', id, 'changed', changed)) from updated where changed <> '{}') as changes,
      (select count(*)::int from updated) as changed,
      (select count(*)::int from found) as found,
      (select count(*)::int from added) as added,
      (select coalesce(sum(n - 1), 0)::int from once) as repeated
  `.execute(queries(tx));
  const { changes = null, changed = 0, found = 0, added = 0, repeated = 0 } = rows[0] ?? {};
  return { added, changed, same: found - changed, repeated, changes: changes ?? [] };
}

/** Positions for all rows a file may have, and keys for its new columns: committed at once, so that nobody waits for the file. */
export async function reserve(
  tx: Tx,
  workspaceId: string,
  tableId: string,
  wanted: { positions: number; keys: number },
): Promise<{ firstPosition: number; firstKey: number }> {
  const row = await queries(tx)
    .updateTable('tables')
    .set({
      next_position: sql`next_position + ${wanted.positions}`,
      next_column_key: sql`next_column_key + ${wanted.keys}`,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', tableId)
    .returning(['next_position', 'next_column_key'])
    .executeTakeFirstOrThrow();
  return { firstPosition: row.next_position - wanted.positions, firstKey: row.next_column_key - wanted.keys };
}

/** Counts imported rows in, and gives positions back that nobody has gone past. The lock on the table must be held. */
export async function countImported(
  tx: Tx,
  table: Pick<Table, 'workspaceId' | 'id'>,
  added: number,
  positions: { firstPosition: number; used: number; reserved: number },
): Promise<number> {
  const reservedEnd = positions.firstPosition + positions.reserved;
  const row = await queries(tx)
    .updateTable('tables')
    .set({
      row_count: sql`row_count + ${added}`,
      next_position: sql`case when next_position = ${reservedEnd} then ${positions.firstPosition + positions.used}::bigint else next_position end`,
      version: sql`version + 1`,
      updated_at: sql`now()`,
    })
    .where('workspace_id', '=', table.workspaceId)
    .where('id', '=', table.id)
    .returning('row_count')
    .executeTakeFirstOrThrow();
  return row.row_count;
}
