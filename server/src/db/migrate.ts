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

interface Applied {
  name: string;
  checksum: string;
  release: string;
}

export interface MigrateOptions {
  url: string;
  /** Where the `NNNN_what.sql` files are; ours by default. */
  folder?: string;
  /** This program's version, written beside what it applies, so that an older one can name the release it needs. */
  release?: string;
  onApplied?: (name: string) => void;
}

const OUR_FOLDER = fileURLToPath(new URL('migrations', import.meta.url));
/** Any number will do as long as all releases use the same: who holds this lock migrates. */
const MIGRATION_LOCK = 7_313_220_415;

const QUEUE_PREFIX = 'graphile-worker@';
const QUEUE = `${QUEUE_PREFIX}${queueVersion()}`;

/**
 * Brings the database to this program's schema: the job queue's own migrations, then ours, each in a transaction of its
 * own. Of several processes that start at once one migrates and the others wait. Killed anywhere, it goes on where it
 * was. Throws `StartRefused` when the database is ahead of this program or was made by migrations that read otherwise.
 */
export async function migrate(options: MigrateOptions): Promise<void> {
  const migrations = readMigrations(options.folder ?? OUR_FOLDER);
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
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await readApplied(client);
    refuseWhatIsNotOurs(migrations, applied, release);
    const done = new Set(applied.map((migration) => migration.name));
    if (!done.has(QUEUE)) await migrateQueue(client, options.url, release);
    for (const migration of migrations.filter(({ name }) => !done.has(name))) {
      await apply(client, migration, release);
      options.onApplied?.(migration.name);
    }
  } finally {
    await client.end();
  }
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

async function readApplied(client: pg.Client): Promise<Applied[]> {
  await client.query(
    `create table if not exists keyrail_migrations (
       name text collate "C" primary key,
       checksum text not null,
       release text not null,
       applied_at timestamptz not null default now()
     )`,
  );
  const { rows } = await client.query<Applied>(
    'select name, checksum, release from keyrail_migrations order by name',
  );
  return rows;
}

function refuseWhatIsNotOurs(ours: Migration[], applied: Applied[], release: string): void {
  const byName = new Map(ours.map((migration) => [migration.name, migration]));
  const unknown = applied.filter(({ name }) => !byName.has(name) && !name.startsWith(QUEUE_PREFIX));
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
async function migrateQueue(client: pg.Client, url: string, release: string): Promise<void> {
  const { runMigrations } = await import('graphile-worker');
  await runMigrations({ connectionString: url });
  await client.query('insert into keyrail_migrations (name, checksum, release) values ($1, $2, $3)', [
    QUEUE,
    '',
    release,
  ]);
}

async function apply(client: pg.Client, migration: Migration, release: string): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query('insert into keyrail_migrations (name, checksum, release) values ($1, $2, $3)', [
      migration.name,
      migration.checksum,
      release,
    ]);
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

function ownRelease(): string {
  const file = fileURLToPath(new URL('../../../package.json', import.meta.url));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function queueVersion(): string {
  const entry = createRequire(import.meta.url).resolve('graphile-worker');
  return (JSON.parse(readFileSync(join(dirname(entry), '..', 'package.json'), 'utf8')) as { version: string })
    .version;
}
