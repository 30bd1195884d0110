import { AsyncLocalStorage } from 'node:async_hooks';
import { CompiledQuery, Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Transact, Tx } from '../lib/tx.ts';
import { commitFailure } from './failure.ts';
import { BEGIN, LATER, type TransactionKind, translatingPool, valueTypes } from './pool.ts';
import type { DB } from './schema.ts';
import { watchSilence } from './silence.ts';

/** Queries as Kysely builds them, over the tables the migrations made. */
export type Queries = Kysely<DB>;

export interface Database {
  /**
   * Row-level security on: sees one workspace, whatever a query forgets to say. Everything done for a person goes here.
   * Throws AppError `unavailable` when the database is away. One inside another is a mistake and says so.
   */
  transact: Transact;
  /**
   * The tables' owner, past row-level security: only for what has no workspace yet (sign-in, token look-up),
   * belongs to all (sweeps, the job queue, usage roll-ups), or cannot work otherwise (COPY).
   */
  system: Queries;
  /** The pool behind `system`, for what needs a bare connection (COPY, graphile-worker). Its failures are the driver's own. */
  systemPool: pg.Pool;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  url: string;
  appPoolSize: number;
  systemPoolSize: number;
  /** Longest wait for a connection, also when all are in use. */
  connectTimeoutMs: number;
  statementTimeoutMs: number;
  onIdleError: (error: Error) => void;
}

/** Together with the wait for a connection a request is told within about five seconds. */
const WONDER_AFTER_MS = 1_000;
const PULSE_TIMEOUT_MS = 3_000;
/** How much longer than the server's own limit the driver waits before it takes a silent server for dead. */
const SILENCE_MS = 2_000;
const LONGEST_IDLE_MS = 120_000;

/** Opens two pools on one database; no connection is made before the first query. */
export function openDatabase(options: DatabaseOptions): Database {
  const shared: pg.PoolConfig = {
    connectionString: options.url,
    connectionTimeoutMillis: options.connectTimeoutMs,
    statement_timeout: options.statementTimeoutMs,
    application_name: 'keyrail',
    keepAlive: true,
    // No transaction waits for anybody else. One whose process was cut off from the database would keep its locks for hours.
    idle_in_transaction_session_timeout: LONGEST_IDLE_MS,
    types: valueTypes,
  };
  const answerWithin = { query_timeout: options.statementTimeoutMs + SILENCE_MS };
  const appPool = new pg.Pool({
    ...shared,
    ...answerWithin,
    max: options.appPoolSize,
    options: '-c role=keyrail_app',
  });
  // No such limit here: COPY of a large file lets a connection wait for as long as the file takes.
  const systemPool = new pg.Pool({ ...shared, max: options.systemPoolSize });
  let isClosing = false;
  for (const pool of [appPool, systemPool]) {
    pool.on('error', (error) => {
      if (!isClosing) options.onIdleError(error);
    });
    // Lost between two statements of a transaction: the next statement says so; unheard, it would end the process.
    pool.on('connect', (client) => client.on('error', () => {}));
  }

  const silence = watchSilence({
    url: options.url,
    wonderAfterMs: WONDER_AFTER_MS,
    pulseTimeoutMs: Math.min(PULSE_TIMEOUT_MS, options.connectTimeoutMs),
  });
  const handleOf = (pool: pg.Pool) =>
    new Kysely<DB>({ dialect: new PostgresDialect({ pool: translatingPool(pool, silence) }) });
  const app = handleOf(appPool);
  const system = handleOf(systemPool);

  return {
    transact: (workspaceId, work, kind = 'write') => inWorkspace(app, workspaceId, work, kind),
    system,
    systemPool,
    close: async () => {
      if (isClosing) return;
      isClosing = true;
      // The pools themselves: Kysely would leave one open that was used without it alone.
      await Promise.all([appPool.end(), systemPool.end()]);
    },
  };
}

/** What is inside a `Tx`; for stores. */
export function queries(tx: Tx): Queries {
  return tx as unknown as Queries;
}

/**
 * A statement whose answer nobody needs before the transaction ends: it goes with the next one, or with the commit, in one
 * message. Where it fails, that one fails.
 */
export async function executeLater(
  tx: Tx,
  statement: { compile(on: Queries): CompiledQuery },
): Promise<void> {
  const { sql: text, parameters } = statement.compile(queries(tx));
  await queries(tx).executeQuery(CompiledQuery.raw(LATER, [text, parameters]));
}

/** The transaction of the running call chain, to catch a second one inside it. */
const current = new AsyncLocalStorage<{ isOpen: boolean }>();

async function inWorkspace<T>(
  app: Queries,
  workspaceId: string,
  work: (tx: Tx) => Promise<T>,
  kind: TransactionKind,
): Promise<T> {
  // A transaction that waits for a second connection while it holds one locks the pool up as soon as all do so,
  // and would not see what the first has written.
  if (current.getStore()?.isOpen)
    throw new Error('transact was called inside transact: pass the tx on instead');
  const state = { isOpen: true };
  try {
    return await current.run(state, () =>
      app.connection().execute(async (connection) => {
        try {
          await connection.executeQuery(CompiledQuery.raw(BEGIN, [workspaceId, kind]));
          const result = await work(connection as unknown as Tx);
          await sql`commit`.execute(connection).catch((error: unknown) => {
            throw commitFailure(error);
          });
          return result;
        } catch (error) {
          // Where even that fails, the connection is thrown away, and the transaction with it.
          await sql`rollback`.execute(connection).catch(() => {});
          throw error;
        }
      }),
    );
  } finally {
    state.isOpen = false;
  }
}
