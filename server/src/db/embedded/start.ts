import { existsSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { StartRefused } from '../../lib/start-refused.ts';
import { chooseAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { addressOf, DATABASE, ensureCluster, makePrivateFolder } from './cluster.ts';
import { endLeftover, stopPostmaster } from './leftover.ts';
import { takeLock } from './lock.ts';
import { choosePlace, type Place } from './place.ts';
import { type Postmaster, type PostmasterDeps, startPostmaster } from './postmaster.ts';
import { isPostmasterOf } from './processes.ts';

/** As pino's: fields first, then the sentence. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface EmbeddedPostgres {
  /** For the owner of everything; stays the same over restarts of PostgreSQL. Holds the password: never log it. */
  url: string;
  place: Place;
  /** The postmaster's process number at this moment. */
  pid(): number;
  /** Stops PostgreSQL cleanly and gives the data free. Call it last, after everything that uses the database. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Keyrail's data folder; PostgreSQL's own lies within (or see place.ts). */
  dataDir: string;
  log: Log;
  clock?: Clock;
  /** False only for data that is thrown away anyway (tests). */
  durable?: boolean;
  /** Further settings of postgresql.conf. */
  settings?: Record<string, string>;
  /** The package with PostgreSQL's programs, where it is another one than the release's own (tests of upgrades). */
  programs?: string;
}

/** Between starts that fail. */
const LONGEST_BACKOFF_MS = 30_000;
/** Between starts that succeed, only for PostgreSQL to end again within `SETTLED_MS`. */
const LONGEST_RESTART_MS = 2_000;
const SETTLED_MS = 10_000;

/**
 * Starts the PostgreSQL that comes with Keyrail and keeps it running.
 *
 *   lock → end what an earlier start left → make the data folder (first time) → start → [dies by itself → start again] → stop
 *
 * Throws `StartRefused` where a person must act: somebody else runs on this data, no program for this machine, …
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { log, clock = systemClock, durable = true, settings = {}, programs } = options;
  const account = chooseAccount();
  const place = choosePlace(options.dataDir, account);
  const lock = takeLock(place.lockFile);
  if (lock.kind === 'taken') {
    throw new StartRefused(
      `Keyrail is already running on this data (process ${lock.pid}, data in ${options.dataDir}). ` +
        'Use that one, stop it first, or set KEYRAIL_DATA_DIR to another folder.',
    );
  }
  try {
    const binaries = findBinaries(place.home, account, programs);
    await endLeftover(place.data, log, clock);
    const password = ensureCluster(place, binaries, account, { durable, dataDir: options.dataDir });
    makePrivateFolder(place.socket, account);
    const keeper = await keepRunning({ place, binaries, account, durable, settings, log, clock });
    await ensureDatabase(place, password);
    return {
      url: addressOf(place, password, DATABASE),
      place,
      pid: keeper.pid,
      stop: async () => {
        await keeper.stop();
        rmSync(place.socket, { recursive: true, force: true });
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Starts it again, each time after a longer pause, when it ends without having been told to. */
async function keepRunning(deps: PostmasterDeps): Promise<{ pid: () => number; stop: () => Promise<void> }> {
  let postmaster = await startPostmaster(deps);
  const stopping = new AbortController();

  async function watch(): Promise<void> {
    let backoffMs = 100;
    while (!stopping.signal.aborted) {
      const startedAt = deps.clock.now().getTime();
      const end = await postmaster.ended;
      if (stopping.signal.aborted) return;
      if (deps.clock.now().getTime() - startedAt > SETTLED_MS) backoffMs = 100;
      deps.log.error({ ...end, backoffMs }, 'PostgreSQL ended by itself: starting it again');
      postmaster = await restart(deps, postmaster, stopping.signal, backoffMs);
      if (!stopping.signal.aborted) deps.log.info({ pid: postmaster.pid }, 'PostgreSQL runs again');
      backoffMs = Math.min(backoffMs * 2, LONGEST_RESTART_MS);
    }
  }
  const watching = watch();

  return {
    pid: () => postmaster.pid,
    stop: async () => {
      stopping.abort();
      const { data } = deps.place;
      if (isPostmasterOf(postmaster.pid, data)) await stopPostmaster(postmaster.pid, deps.clock);
      // A restart that was under way may have brought up another one.
      await watching;
      if (isPostmasterOf(postmaster.pid, data)) await stopPostmaster(postmaster.pid, deps.clock);
    },
  };
}

/** Tries until it runs or nobody wants it any more (then the ended one is handed back). */
async function restart(
  deps: PostmasterDeps,
  previous: Postmaster,
  signal: AbortSignal,
  firstBackoffMs: number,
): Promise<Postmaster> {
  for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
    try {
      await deps.clock.sleep(backoffMs, signal);
      await endLeftover(deps.place.data, deps.log, deps.clock);
      return await startPostmaster(deps);
    } catch (error) {
      if (signal.aborted) return previous;
      deps.log.error(
        { err: error, backoffMs },
        isFull(deps.place)
          ? `The disk is full: PostgreSQL cannot run. Make room in ${deps.place.home}, and it goes on by itself; nothing that was confirmed is lost`
          : 'PostgreSQL could not be started again: trying on',
      );
    }
  }
}

/** Less than PostgreSQL's log grows by at a time: without that much it does not run. */
const NEEDED_BYTES = 32 * 1024 * 1024;

function isFull({ data }: Place): boolean {
  try {
    const { bavail, bsize } = statfsSync(data);
    return bavail * bsize < NEEDED_BYTES;
  } catch {
    return false;
  }
}

/** Asked once in the life of the data: the mark is made when the database is there. */
async function ensureDatabase(place: Place, password: string): Promise<void> {
  if (existsSync(place.databaseMark)) return;
  const client = new pg.Client({ connectionString: addressOf(place, password, 'postgres') });
  client.on('error', () => {});
  await client.connect();
  try {
    const found = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
    writeFileSync(place.databaseMark, '');
  } finally {
    await client.end();
  }
}
