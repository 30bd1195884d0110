import pg from 'pg';
import type { Clock } from '../lib/clock.ts';

/**
 * Who of the workers lives. graphile-worker leaves the jobs of a killed process locked for four hours. Here each worker
 * holds an advisory lock on a connection of its own for as long as it lives; PostgreSQL frees it the moment the connection
 * ends, whatever ended the process. A timestamp renewed by a timer would have to choose between slow recovery and taking
 * the jobs of a process that is only busy: a blocked event loop keeps its connection.
 *
 *   held → [connection ends] → missing (since) → held again, by the same worker on a new connection
 *                                              → still missing after GRACE_MS: its jobs are unlocked, its row deleted
 *
 * The grace covers a restart of PostgreSQL, at which every worker loses its connection and is back within half a second.
 */
const GRACE_MS = 3_000;
const LOCK_CLASS = 731_322;
const RECONNECT_MS = 250;
/** Whoever does not get to give its jobs back by then leaves them to be taken over. */
const RELEASE_MS = 3_000;

interface LivenessDeps {
  clock: Clock;
  log: { warn(fields: object, message: string): void };
}

export interface Liveness {
  /** Ends the claim. Jobs it still holds are for others to run from now on. */
  release(): Promise<void>;
}

/** Registers a worker and holds its lock, over reconnections, until released. */
export async function claimLiveness(deps: LivenessDeps, url: string, poolId: string): Promise<Liveness> {
  const releasing = new AbortController();
  let client: pg.Client | null = null;
  let coming: pg.Client | null = null;

  /** Only when all of it is done it counts as held: what fails on the way is closed, and tried anew by one alone. */
  async function hold(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: 'keyrail worker',
      keepAlive: true,
    });
    const lost = () => {
      if (client !== fresh) return;
      client = null;
      void holdAgain();
    };
    fresh.on('error', lost);
    fresh.on('end', lost);
    coming = fresh;
    try {
      await fresh.connect();
      // So that the server notices within half a minute when a whole machine is gone and no connection was closed.
      await fresh.query(
        'set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3',
      );
      const { rows } = await fresh.query<{ lock_id: number }>(
        `insert into keyrail_job_workers (pool_id) values ($1)
         on conflict (pool_id) do update set missing_since = null returning lock_id`,
        [poolId],
      );
      await fresh.query('select pg_advisory_lock($1, $2)', [LOCK_CLASS, rows[0]?.lock_id]);
      client = fresh;
    } catch (error) {
      hangUp(fresh);
      throw error;
    } finally {
      coming = null;
    }
  }

  async function holdAgain(): Promise<void> {
    while (!releasing.signal.aborted) {
      try {
        await deps.clock.sleep(RECONNECT_MS, releasing.signal);
        await hold();
        return;
      } catch (error) {
        if (!releasing.signal.aborted) deps.log.warn({ err: error }, 'the worker cannot reach the database');
      }
    }
  }

  await hold();
  return {
    release: async () => {
      releasing.abort();
      // It may wait for a lock, or for a database that says nothing.
      if (coming !== null) hangUp(coming);
      const last = client;
      client = null;
      if (last === null) return;
      const end = async () => {
        await last.query('select graphile_worker.force_unlock_workers(array[$1])', [poolId]).catch(() => {});
        await last.query('delete from keyrail_job_workers where pool_id = $1', [poolId]).catch(() => {});
        await last.end().catch(() => {});
      };
      const isOver = new AbortController();
      await Promise.race([end(), deps.clock.sleep(RELEASE_MS, isOver.signal).catch(() => {})]);
      isOver.abort();
      hangUp(last);
    },
  };
}

function hangUp(client: pg.Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}

/** Unlocks the jobs of dead workers. Any number of processes may do so at once. Returns the dead ones' pool ids. */
export async function takeOverFromDead(pool: pg.Pool): Promise<string[]> {
  await pool.query(
    `update keyrail_job_workers w
     set missing_since = case when ${isHeld} then null else coalesce(missing_since, now()) end
     where (missing_since is null) <> ${isHeld}`,
  );
  const { rows } = await pool.query<{ pool_id: string }>(
    `with registered as (
       delete from keyrail_job_workers w
       where missing_since < now() - make_interval(secs => $1) and not ${isHeld}
       returning pool_id
     ), unregistered as (
       -- Left by a release that knew no such table, or unlocked while still at work.
       select distinct locked_by as pool_id from graphile_worker._private_jobs
       where locked_at < now() - make_interval(secs => 10 * $1)
         and locked_by not in (select pool_id from keyrail_job_workers)
     ), dead as (
       select pool_id from registered union select pool_id from unregistered
     ), unlocked as (
       select graphile_worker.force_unlock_workers(array(select pool_id from dead)) where exists (select from dead)
     ), told as (
       -- Workers look every two seconds, or when told.
       select pg_notify('jobs:insert', '{"count":10}') from unlocked
     )
     select pool_id from dead where (select count(*) from told) >= 0`,
    [GRACE_MS / 1000],
  );
  return rows.map((row) => row.pool_id);
}

const isHeld = `(exists (
  select from pg_locks l
  where l.locktype = 'advisory' and l.classid = ${LOCK_CLASS} and l.objid = w.lock_id and l.granted
    and l.database = (select oid from pg_database where datname = current_database())
))`;
