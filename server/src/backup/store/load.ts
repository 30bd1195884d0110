import { createHash } from 'node:crypto';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import {
  appliedMigrations,
  isQueueMark,
  MIGRATION_LOCK,
  makeSchema,
  migrateQueue,
  ownMigrations,
  ownRelease,
  refuseWhatIsNotOurs,
} from '../../db/migrate.ts';
import { BackupError } from '../file-format.ts';
import type { Frame, Note } from '../frames.ts';
import type { CheckedBackup } from '../read-backup.ts';
import { openSession } from './session.ts';
import { type CopiedTable, copyIn, copyOut, JOBS, JOBS_OUT, quoted, tablesThere } from './tables.ts';

export interface LoadedTable extends CopiedTable {
  rows: number;
  sha256: string;
}

/** What stands in the way of a restore: nothing, or data. */
export async function lookWhetherEmpty(
  url: string,
): Promise<{ kind: 'empty' } | { kind: 'not_empty'; what: string }> {
  const client = await openSession(url, 'keyrail restore');
  try {
    return await contentOf(client);
  } finally {
    await client.end();
  }
}

async function contentOf(
  client: pg.Client,
): Promise<{ kind: 'empty' } | { kind: 'not_empty'; what: string }> {
  const { all } = await tablesThere(client);
  const isMigrated = (await appliedMigrations(client)).length > 0;
  if (isMigrated || all.length > 0) return { kind: 'not_empty', what: 'Keyrail has made its tables in it' };
  const { rows } = await client.query<{ there: boolean }>(
    "select to_regclass('graphile_worker._private_jobs') is not null as there",
  );
  if (!rows[0]?.there) return { kind: 'empty' };
  const jobs = await client.query('select from graphile_worker._private_jobs limit 1');
  return jobs.rowCount === 0
    ? { kind: 'empty' }
    : { kind: 'not_empty', what: 'another program keeps its job queue in it' };
}

/**
 * Writes a backup into an empty database, in one transaction: all of it is there when this returns, or nothing. The schema is
 * the one it was made of; newer migrations come afterwards, as with any start.
 */
export async function load(url: string, frames: AsyncIterable<Frame>): Promise<LoadedTable[]> {
  // The queue's package makes its own tables, in transactions of its own. Left behind alone, they are no hindrance.
  await migrateQueue(url);
  const client = await openSession(url, 'keyrail restore');
  try {
    await client.query(`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await client.query('begin');
    // Looked at again, now that nobody else can make anything of it.
    const content = await contentOf(client);
    if (content.kind === 'not_empty')
      throw new BackupError(`The database is not empty any more: ${content.what}.`);
    const loaded = await loadAll(client, frames);
    await client.query('commit');
    // The planner knows nothing of what came in.
    await client.query('analyze').catch(() => {});
    return loaded;
  } finally {
    await client.end();
  }
}

async function loadAll(client: pg.Client, frames: AsyncIterable<Frame>): Promise<LoadedTable[]> {
  const loaded: LoadedTable[] = [];
  const source = frames[Symbol.asyncIterator]();
  const next = async (): Promise<Frame> => {
    const { done, value } = await source.next();
    if (done) throw new BackupError('The backup has no end: it is not whole.');
    return value;
  };
  let giveBack: (() => Promise<void>) | null = null;
  try {
    for (;;) {
      const frame = await next();
      if (frame.kind === 'rows') throw new Error('rows without a table');
      const { note } = frame;
      if (note.kind === 'schema') {
        refuseWhatIsNotOurs(ownMigrations(), note.migrations);
        await makeSchema(
          client,
          note.migrations.filter(({ name }) => !isQueueMark(name)),
        );
        giveBack = await setAside(client);
      } else if (note.kind === 'table') loaded.push(await loadTable(client, note, next));
      else if (note.kind === 'sequences') await setSequences(client, note.values);
      else if (note.kind === 'end') {
        const rows = loaded.reduce((sum, table) => sum + table.rows, 0);
        if (note.tables !== loaded.length || note.rows !== rows)
          throw new Error('the backup does not add up');
        await giveBack?.();
        return loaded;
      }
    }
  } finally {
    await source.return?.();
  }
}

/**
 * While rows come in, nothing looks at them: triggers would count them once more, and a row may refer to one that comes
 * later. What is taken away comes back with what it says, and is then held against all rows.
 */
async function setAside(client: pg.Client): Promise<() => Promise<void>> {
  const { all } = await tablesThere(client);
  const tables = all.filter((name) => name !== 'keyrail_migrations');
  const { rows: keys } = await client.query<{ table: string; name: string; definition: string }>(
    `select t.relname as table, c.conname as name, pg_get_constraintdef(c.oid) as definition
     from pg_constraint c join pg_class t on t.oid = c.conrelid
     where c.contype = 'f' and t.relnamespace = current_schema()::regnamespace and t.relname = any($1)`,
    [tables],
  );
  for (const { table, name } of keys) {
    await client.query(`alter table ${quoted(table)} drop constraint ${quoted(name)}`);
  }
  for (const table of tables) await client.query(`alter table ${quoted(table)} disable trigger user`);
  // What migrations put in themselves is in the backup as well.
  if (tables.length > 0) await client.query(`truncate ${tables.map(quoted).join(', ')}`);
  return async () => {
    for (const { table, name, definition } of keys) {
      await client.query(`alter table ${quoted(table)} add constraint ${quoted(name)} ${definition}`);
    }
    for (const table of tables) await client.query(`alter table ${quoted(table)} enable trigger user`);
  };
}

async function loadTable(
  client: pg.Client,
  table: Extract<Note, { kind: 'table' }>,
  next: () => Promise<Frame>,
): Promise<LoadedTable> {
  const isQueue = table.name === JOBS;
  if (isQueue) await client.query(JOBS_BESIDE);
  const stream = client.query(copyFrom(isQueue ? 'copy keyrail_jobs_in from stdin' : copyIn(table)));
  let failed: Error | null = null;
  const ended = new Promise<void>((resolve) => {
    stream.once('error', (error: Error) => {
      failed = error;
      resolve();
    });
    stream.once('finish', resolve);
  });
  const hash = createHash('sha256');
  for (;;) {
    const frame = await next();
    if (failed !== null) throw failed;
    if (frame.kind === 'rows') {
      hash.update(frame.bytes);
      if (!stream.write(frame.bytes)) await Promise.race([ended, drained(stream)]);
      continue;
    }
    if (frame.note.kind !== 'table_end') throw new Error(`${frame.note.kind} within a table`);
    stream.end();
    await ended;
    if (failed !== null) throw failed;
    const { rows, sha256 } = frame.note;
    if (stream.rowCount !== rows || hash.digest('hex') !== sha256) {
      throw new BackupError(`The rows of ${table.name} are not those that were backed up.`);
    }
    if (isQueue) await addJobs(client);
    return { name: table.name, columns: table.columns, rows, sha256 };
  }
}

function drained(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => stream.once('drain', resolve));
}

const JOBS_BESIDE = `create temp table keyrail_jobs_in (
  task text, payload json, queue text, run_at timestamptz, max_attempts int, key text, priority int, flags text[]
) on commit drop`;

/** Through the queue's own door, whatever its tables look like in this release. */
async function addJobs(client: pg.Client): Promise<void> {
  await client.query(`
    select count(graphile_worker.add_job(
      identifier := task, payload := payload, queue_name := queue, run_at := run_at, max_attempts := max_attempts,
      job_key := key, priority := priority, flags := nullif(flags, '{}')
    )) from keyrail_jobs_in`);
}

async function setSequences(
  client: pg.Client,
  values: Extract<Note, { kind: 'sequences' }>['values'],
): Promise<void> {
  for (const { table, column, last, is_called } of values) {
    await client.query('select setval(pg_get_serial_sequence($1, $2), $3, $4)', [
      quoted(table),
      column,
      last,
      is_called,
    ]);
  }
}

/** Reads the tables once more and says which of them do not hold what was loaded. */
export async function compare(url: string, loaded: readonly LoadedTable[]): Promise<string[]> {
  const client = await openSession(url, 'keyrail restore');
  const different: string[] = [];
  try {
    for (const table of loaded) {
      const hash = createHash('sha256');
      const stream = client.query(copyTo(table.name === JOBS ? JOBS_OUT : copyOut(table)));
      for await (const part of stream as AsyncIterable<Buffer>) hash.update(part);
      if (stream.rowCount !== table.rows || hash.digest('hex') !== table.sha256) different.push(table.name);
    }
    return different;
  } finally {
    await client.end();
  }
}

/** A backup of a newer release has a schema that this program cannot make. */
export function refuseNewer({ header, migrations }: Pick<CheckedBackup, 'header' | 'migrations'>): void {
  const known = new Set(ownMigrations().map(({ name }) => name));
  const unknown = migrations.filter(({ name }) => !isQueueMark(name) && !known.has(name)).at(-1);
  if (unknown === undefined) return;
  throw new BackupError(
    `The backup was made of a database that Keyrail ${unknown.release} had brought to ${unknown.name}; this is Keyrail ${ownRelease()}, which does not know that. Restore it with Keyrail ${unknown.release} or newer (made on ${header.made_at}). Nothing was written.`,
  );
}
