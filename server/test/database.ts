import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../src/db/open.ts';
import { TEMPLATE, withDatabase } from './global-setup.ts';

export interface TestDatabase {
  /** For the owner of the tables (a superuser): what `openDatabase`, `migrate` and `openListener` take. */
  url: string;
  db: Database;
  /** Closes the pools and drops the database. */
  close(): Promise<void>;
}

/**
 * A database of one's own with every migration applied, cloned from the run's template:
 *
 *     let database: TestDatabase;
 *     beforeAll(async () => { database = await freshDatabase(); });
 *     afterAll(() => database.close());
 */
export async function freshDatabase(): Promise<TestDatabase> {
  return open(await createDatabase(`template ${TEMPLATE}`));
}

/** The same with nothing in it: for tests of the migrations themselves. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return open(await createDatabase('template template0'));
}

/**
 * Another database with everything that is in this one, as a dump and its restore make it. Whoever is connected to this one
 * loses the connection, since PostgreSQL copies none that is in use.
 */
export async function copyDatabase({ url }: Pick<TestDatabase, 'url'>): Promise<TestDatabase> {
  const from = new URL(url).pathname.slice(1);
  await execute(`alter database ${from} with allow_connections false`);
  try {
    await execute(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${from}'`);
    return open(await createDatabase(`template ${from}`));
  } finally {
    await execute(`alter database ${from} with allow_connections true`);
  }
}

async function createDatabase(from: string): Promise<string> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  // As files: through the log, as is usual, it takes twice as long.
  await execute(`create database ${name} ${from} strategy file_copy`);
  return name;
}

function open(name: string): TestDatabase {
  const url = withDatabase(inject('postgresUrl'), name);
  const db = openDatabase({
    url,
    appPoolSize: 5,
    systemPoolSize: 5,
    // What a test looks up itself is never late.
    connectTimeoutMs: 60_000,
    statementTimeoutMs: 120_000,
    onIdleError: () => {},
  });
  return {
    url,
    db,
    close: async () => {
      await db.close();
      await execute(`drop database ${name} with (force)`);
    },
  };
}

async function execute(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
