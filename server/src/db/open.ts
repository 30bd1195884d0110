import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Transact, Tx } from '../lib/tx.ts';
import type { DB } from './schema.ts';

/** Queries as Kysely builds them, over the tables the migrations made. */
export type Queries = Kysely<DB>;

export interface Database {
  /** Row-level security on: sees one workspace, whatever a query forgets to say. Everything done for a person goes here. */
  transact: Transact;
  /**
   * The tables' owner, past row-level security: only for what has no workspace yet (sign-in, token look-up),
   * belongs to all (sweeps, the job queue, usage roll-ups), or cannot work otherwise (COPY).
   */
  system: Queries;
  /** The pool behind `system`, for what needs a bare connection (COPY, LISTEN, graphile-worker). */
  systemPool: pg.Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  appPoolSize: number;
  systemPoolSize: number;
  connectTimeoutMs: number;
  statementTimeoutMs: number;
  onIdleError: (error: Error) => void;
}

/** Opens two pools on one database; no connection is made before the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const shared = {
    connectionString: options.url,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    application_name: 'keyrail',
  };
  const appPool = new pg.Pool({ ...shared, max: options.appPoolSize, options: '-c role=keyrail_app' });
  const systemPool = new pg.Pool({ ...shared, max: options.systemPoolSize });
  appPool.on('error', options.onIdleError);
  systemPool.on('error', options.onIdleError);

  const app = new Kysely<DB>({ dialect: new PostgresDialect({ pool: appPool }) });
  const system = new Kysely<DB>({ dialect: new PostgresDialect({ pool: systemPool }) });

  return {
    transact: (workspaceId, work) => inWorkspace(app, workspaceId, work),
    system,
    systemPool,
    close: async () => {
      await Promise.all([app.destroy(), system.destroy()]);
    },
  };
}

/** What is inside a `Tx`; for stores. */
export function queries(tx: Tx): Queries {
  return tx as unknown as Queries;
}

async function inWorkspace<T>(app: Queries, workspaceId: string, work: (tx: Tx) => Promise<T>): Promise<T> {
  return app.transaction().execute(async (transaction) => {
    await sql`select set_config('keyrail.workspace_id', ${workspaceId}, true)`.execute(transaction);
    return work(transaction as unknown as Tx);
  });
}
