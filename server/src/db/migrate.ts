import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { StartRefused } from '../lib/start-refused.ts';

export interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

export interface Applied {
  name: string;
  checksum: string;
  release: string;
  /** As the database writes it, to the microsecond. */
  applied_at: string;
}

export interface MigrateOptions {
  url: string;
  /** Where the `NNNN_what.sql` files are; ours by default. */
  folder?: string;
  /** This program's version, written beside what it applies, so that an older one can name the release it needs. */
  release?: string;
  onApplied?: (name: string) => void;
  /** Somebody else migrates, restores or backs up the same database: told once, before waiting for it. */
  onWaiting?: () => void;
  /**
   * What to do where servers of an older release work on the database: `go_on` (a starting server: what older processes can
   * live with is applied under them), or `refuse` (a command, which must not upgrade a database that others work on).
   */
  besideServers?: 'go_on' | 'refuse';
}

const OUR_FOLDER = fileURLToPath(new URL('migrations', import.meta.url));
/**
 * Any number will do as long as all releases use the same: who holds this lock migrates or restores. A backup shares it, so
 * that no table changes its shape meanwhile.
 */
export const MIGRATION_LOCK = 7_313_220_415;

const QUEUE_PREFIX = 'graphile-worker@';
const QUEUE = `${QUEUE_PREFIX}${queueVersion()}`;

/**
 * Brings the database to this program's schema: the job queue's own migrations, then ours, each in a transaction of its
 * own. Of several processes that start at once one migrates and the others wait. Killed anywhere, it goes on where it
 * was. Throws `StartRefused` when the database is ahead of this program or was made by migrations that read otherwise.
 *
 * Processes of an older release go on beside a newer schema: a migration adds, and takes away only what the release before
 * it did not use any more. One that cannot be so says `-- Older processes must stop first: why` in its second line, and is
 * not applied while any of them works.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const migrations = ownMigrations(options.folder);
  const release = options.release ?? ownRelease();
  // A connection of its own: waiting for the lock, and some migrations, may take longer than any request may.
  const client = new pg.Client({
    connectionString: options.url,
    application_name: 'keyrail migrate',
    keepAlive: true,
  });
  // Lost between two statements: the next statement says so; unheard, it would end the process.
  client.on('error', () => {});
  await client.connect();
  try {
    // What is there needs no lock to be seen, and a start finds nearly always that there is nothing to do.
    if (isComplete(migrations, await applied(client, migrations, release))) return;
    await lock(client, options.onWaiting);
    await makeList(client);
    const done = new Set(await applied(client, migrations, release));
    if (isComplete(migrations, [...done])) return;
    const missing = migrations.filter(({ name }) => !done.has(name));
    if (done.size > 0) await refuseBesideServers(client, missing, release, options.besideServers ?? 'go_on');
    if (!done.has(QUEUE)) {
      await migrateQueue(options.url);
      await note(client, { name: QUEUE, checksum: '' }, release);
    }
    for (const migration of missing) {
      await apply(client, migration, release);
      options.onApplied?.(migration.name);
    }
  } finally {
    await client.end();
  }
}

async function lock(client: pg.Client, onWaiting: (() => void) | undefined): Promise<void> {
  const { rows } = await client.query<{ is_ours: boolean }>('select pg_try_advisory_lock($1) as is_ours', [
    MIGRATION_LOCK,
  ]);
  if (rows[0]?.is_ours) return;
  onWaiting?.();
  await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
}

/** Names of what was applied, our own and the queue's. Refuses a database that this program must not touch. */
async function applied(client: pg.Client, migrations: Migration[], release: string): Promise<string[]> {
  const found = await appliedMigrations(client);
  refuseWhatIsNotOurs(migrations, found, release);
  return found.map(({ name }) => name);
}

function isComplete(migrations: Migration[], done: string[]): boolean {
  return [QUEUE, ...migrations.map(({ name }) => name)].every((name) => done.includes(name));
}

const STOPS_OLDER = /^-- Older processes must stop first:/m;

async function refuseBesideServers(
  client: pg.Client,
  missing: Migration[],
  release: string,
  beside: 'go_on' | 'refuse',
): Promise<void> {
  const stopping = missing.find(({ sql }) => STOPS_OLDER.test(sql));
  if (stopping === undefined && beside === 'go_on') return;
  const { rows } = await client.query<{ servers: number }>(
    "select count(*)::int as servers from pg_stat_activity where datname = current_database() and application_name like 'keyrail listen%'",
  );
  const servers = rows[0]?.servers ?? 0;
  if (servers === 0) return;
  const working = `${servers === 1 ? 'A server' : `${servers} servers`} of an older release ${servers === 1 ? 'works' : 'work'} on this database`;
  throw new StartRefused(
    stopping === undefined
      ? `${working}, and this is Keyrail ${release}, which would bring the database to ${missing.at(-1)?.name ?? 'its own schema'}. Upgrade the servers first (the first one to start does it), then give the command again. Nothing was touched.`
      : `${working}, and ${stopping.name}, which Keyrail ${release} brings, takes away what it needs. Nothing was touched. Stop every older server, then start again.`,
  );
}

export function ownMigrations(folder: string = OUR_FOLDER): Migration[] {
  return readMigrations(folder);
}

/**
 * The tables that these migrations make, by name, read from their texts. (Asking the database would take what else lies in
 * the same schema for ours.)
 */
export function tablesOf(migrations: readonly Migration[]): Set<string> {
  const tables = new Set<string>();
  for (const { sql } of migrations) {
    for (const [, verb, name = '', renamed] of sql.matchAll(
      /^(create table|drop table|alter table)(?: if (?:not )?exists)? ("?\w+"?)(?: rename to ("?\w+"?))?/gim,
    )) {
      if (/create/i.test(verb ?? '')) tables.add(name);
      else if (/drop/i.test(verb ?? '') || renamed !== undefined) tables.delete(name);
      if (renamed !== undefined) tables.add(renamed);
    }
  }
  return tables;
}

function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
    .sort()
    .map((file) => {
      const sql = readFileSync(join(folder, file), 'utf8');
      return {
        name: file.slice(0, -'.sql'.length),
        sql,
        checksum: createHash('sha256').update(sql).digest('hex'),
      };
    });
}

/** Where the applied migrations are listed; made before the first. */
async function makeList(client: pg.Client): Promise<void> {
  await client.query(
    `create table if not exists keyrail_migrations (
       name text collate "C" primary key,
       checksum text not null,
       release text not null,
       applied_at timestamptz not null default now()
     )`,
  );
}

/** What was applied, in the order of the names; nothing where no migration ever was. */
export async function appliedMigrations(client: pg.Client): Promise<Applied[]> {
  const { rows: there } = await client.query("select to_regclass('keyrail_migrations') is not null as yes");
  if (!there[0]?.yes) return [];
  const { rows } = await client.query<Applied>(
    'select name, checksum, release, applied_at::text from keyrail_migrations order by name',
  );
  return rows;
}

/** Whether it is the mark of the queue's own migrations, which have no file of ours. */
export function isQueueMark(name: string): boolean {
  return name.startsWith(QUEUE_PREFIX);
}

export function refuseWhatIsNotOurs(
  ours: readonly Migration[],
  applied: readonly Pick<Applied, 'name' | 'checksum' | 'release'>[],
  release: string = ownRelease(),
): void {
  const byName = new Map(ours.map((migration) => [migration.name, migration]));
  const unknown = applied.filter(({ name }) => !byName.has(name) && !isQueueMark(name));
  const latest = unknown.at(-1);
  if (latest) {
    throw new StartRefused(
      `This is Keyrail ${release}, whose newest migration is ${ours.at(-1)?.name ?? 'none'}. The database was already ` +
        `brought to ${latest.name} by Keyrail ${latest.release}. An older program would damage newer data, so nothing ` +
        `was touched. Start Keyrail ${latest.release} or newer.`,
    );
  }
  const edited = applied.find(({ name, checksum }) => (byName.get(name)?.checksum ?? checksum) !== checksum);
  if (edited) {
    throw new StartRefused(
      `Migration ${edited.name} was applied by Keyrail ${edited.release} in another wording than the one in this program ` +
        `(${release}). A migration is never edited: put the file back, and make the change in a new one.`,
    );
  }
}

/** The queue's package brings migrations of its own; once per version of it there is something to look for. */
export async function migrateQueue(url: string): Promise<void> {
  const { runMigrations } = await import('graphile-worker');
  await runMigrations({ connectionString: url });
}

async function note(
  client: pg.Client,
  { name, checksum }: Pick<Migration, 'name' | 'checksum'>,
  release: string,
  appliedAt = 'now',
): Promise<void> {
  await client.query(
    'insert into keyrail_migrations (name, checksum, release, applied_at) values ($1, $2, $3, $4)',
    [name, checksum, release, appliedAt],
  );
}

/**
 * Makes the schema of another database in the running transaction: our tables as those migrations leave them, with the list
 * saying who applied them and when. For a restore, which is one transaction whatever becomes of it.
 */
export async function makeSchema(client: pg.Client, wanted: readonly Applied[]): Promise<void> {
  const texts = new Map(ownMigrations().map(({ name, sql }) => [name, sql]));
  await makeList(client);
  await note(client, { name: QUEUE, checksum: '' }, ownRelease());
  for (const one of wanted) {
    if (isQueueMark(one.name)) continue;
    const sql = texts.get(one.name);
    if (sql === undefined) throw new Error(`there is no migration ${one.name}`);
    await client.query(sql);
    await note(client, one, one.release, one.applied_at);
  }
}

async function apply(client: pg.Client, migration: Migration, release: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await note(client, migration, release);
    await client.query('commit');
  } catch (cause) {
    await client.query('rollback').catch(() => {});
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new StartRefused(
      `Migration ${migration.name} could not be applied: ${said}. Nothing of it was kept; earlier ones stay.`,
      { cause },
    );
  }
}

export function ownRelease(): string {
  const file = fileURLToPath(new URL('../../../package.json', import.meta.url));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function queueVersion(): string {
  const entry = createRequire(import.meta.url).resolve('graphile-worker');
  return (JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string })
    .version;
}
