import { createHmac } from 'node:crypto';
import { createApi, type RouteSummary } from './api/app.ts';
import { createHttpServer } from './api/http-server.ts';
import { instanceDeps } from './compose/instance.ts';
import { masterKeySettings } from './compose/master-key-settings.ts';
import { compose, type Keyrail } from './compose.ts';
import type { Config } from './config.ts';
import { migrate } from './db/migrate.ts';
import { type Database, openDatabase } from './db/open.ts';
import { reachDatabase } from './db/reach.ts';
import { type Instance, openInstance } from './instance/instance.ts';
import { whileConfirmed } from './instance/while-confirmed.ts';
import { startSchedule } from './jobs/schedule.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { createMetrics, type Metrics } from './lib/metrics.ts';
import { StartRefused } from './lib/start-refused.ts';
import { canaryStore } from './vault/store.ts';
import { unlock } from './vault/unlock.ts';
import type { People } from './workspaces/people.ts';

export interface ServeOptions {
  config: Config;
  /** For the owner of the tables; the embedded database's, or the operator's. Holds a password. */
  databaseUrl: string;
  log: Log;
  clock: Clock;
  /** Tells the person who starts the server; not the log. */
  announce: (message: string) => void;
  metrics?: Metrics;
  /** Gives the start up, as when ctrl-C is pressed while the database is waited for. */
  signal?: AbortSignal;
}

export interface Serving {
  /** Where people open it. */
  url: string;
  /** Where it listens. */
  localUrl: string;
  people: People;
  routes: readonly RouteSummary[];
  /** Takes nothing new, lets requests and jobs end, writes what is noted in memory, closes the database's connections. */
  stop(): Promise<void>;
}

/** How long the database may take before the port is opened to say that it is waited for. */
const QUIET_WAIT_MS = 2_000;
const JOBS_AT_ONCE = 10;

/**
 * Starts everything but the database's own process:
 *
 *   reach the database (meanwhile `/health/live` answers, all else is 503) → migrate → unlock the vault → compose → listen → work
 *
 * Throws `StartRefused` (or the vault's `MasterKeyError`) where a person must act; nothing listens then.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { log, clock, databaseUrl, metrics = createMetrics() } = options;
  const http = createHttpServer({
    isHttps: options.config.publicUrl?.startsWith('https:') ?? false,
    requestTimeoutMs: options.config.requestTimeoutSeconds * 1000,
    clock,
  });
  // The parts that must know our own address learn it before anything answers. A port that the system chooses is taken at once:
  // looked for and let go, it could be another program's by the time it is needed.
  const port = options.config.port === 0 ? await listen(http, options.config) : options.config.port;
  const config = { ...options.config, port };
  const drainMs = config.drainTimeoutSeconds * 1000;
  const undo: (() => Promise<unknown>)[] = [() => http.close(drainMs)];
  try {
    // The queue's library is loaded while the database is asked, not when requests could be answered already.
    const jobs = config.role === 'api' ? null : import('./jobs/worker.ts');
    await reachOrSayWaiting(options, () => listen(http, config));
    const applied: string[] = [];
    await migrate({
      url: databaseUrl,
      onApplied: (name) => applied.push(name),
      onWaiting: () =>
        options.announce('The database is being migrated, restored or backed up. Keyrail waits for that.'),
    });
    if (applied.length > 0) log.info({ migrations: applied }, 'migrated');
    const db = open(config, databaseUrl, log);
    undo.push(() => db.close());
    // Each asks the database; side by side they cost a start no more than one of them.
    const [vault, instance] = await Promise.all([
      unlock({ store: canaryStore(db.system), announce: options.announce }, masterKeySettings(config)),
      openInstance({ ...instanceDeps(config, db), clock, log, announce: options.announce }),
    ]);
    undo.push(async () => instance.close());
    metrics.gauge(
      'keyrail_quarantined',
      '1 while nothing is sent, because the database may be a copy.',
      () => (instance.isQuarantined() ? 1 : 0),
    );
    const hashKey = vault.derive('idempotency keys');
    const keyedHash = (text: string) =>
      createHmac('sha256', hashKey.reveal()).update(text).digest('base64url');
    const keyrail = await compose({
      config,
      db,
      databaseUrl,
      vault,
      log,
      clock,
      metrics,
      instance,
      keyedHash,
    });
    undo.push(() => keyrail.close());

    const api = await createApi(keyrail.api);
    http.answerWith((request, response) => api.app.routing(request, response));
    await listen(http, config);
    metrics.gauge('keyrail_http_requests_in_flight', 'Requests being answered.', http.inFlight);
    const work = jobs && (await startWork(options, await jobs, db, keyrail, instance, drainMs));

    const localUrl = `http://${urlHost(config.host)}:${port}`;
    return {
      url: config.publicUrl ?? localUrl,
      localUrl,
      people: keyrail.people,
      routes: api.routes,
      stop: async () => {
        api.closeStreams();
        const [{ cutOff }] = await Promise.all([http.close(drainMs), work?.stop()]);
        if (cutOff > 0) log.warn({ requests: cutOff }, 'requests were cut off, as the time to stop was over');
        instance.close();
        await keyrail.close();
        await db.close();
      },
    };
  } catch (error) {
    for (const one of undo.reverse()) await one().catch(() => {});
    throw error;
  }
}

async function reachOrSayWaiting(
  options: ServeOptions,
  listenMeanwhile: () => Promise<unknown>,
): Promise<void> {
  const { log, clock, databaseUrl, signal } = options;
  const done = new AbortController();
  const reached = reachDatabase({ log, clock }, databaseUrl, signal).finally(() => done.abort());
  const waiting = clock.sleep(QUIET_WAIT_MS, done.signal).then(
    () => 'waiting' as const,
    () => 'reached' as const,
  );
  if ((await waiting) === 'waiting') {
    options.announce('The database does not answer yet. Keyrail waits for it and goes on by itself.');
    await Promise.all([listenMeanwhile(), reached]);
  } else {
    await reached;
  }
}

function open(config: Config, url: string, log: Log): Database {
  return openDatabase({
    url,
    appPoolSize: config.databasePoolSize,
    systemPoolSize: config.databasePoolSize,
    connectTimeoutMs: 4_000,
    statementTimeoutMs: config.statementTimeoutSeconds * 1000,
    onIdleError: (error) => log.warn({ err: error }, 'an idle connection to the database was lost'),
  });
}

/** Resolves to the port. */
async function listen(http: ReturnType<typeof createHttpServer>, { host, port }: Config): Promise<number> {
  if (http.isListening()) return port;
  try {
    return (await http.listen(host, port)).port;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE') {
      throw new StartRefused(
        `Port ${port} on ${host} is in use by another program. Stop that one, or set KEYRAIL_PORT to a free port.`,
        { cause: error },
      );
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL') {
      throw new StartRefused(
        `Cannot listen on ${host}, port ${port} (${code}). Set KEYRAIL_HOST and KEYRAIL_PORT to what this machine has and allows.`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function startWork(
  { log, clock, databaseUrl }: ServeOptions,
  { startWorker }: typeof import('./jobs/worker.ts'),
  db: Database,
  keyrail: Keyrail,
  instance: Instance,
  drainMs: number,
): Promise<{ stop(): Promise<void> }> {
  const jobs = await whileConfirmed({ instance, log }, async () => {
    const worker = await startWorker(
      { clock, log },
      { url: databaseUrl, tasks: keyrail.tasks, concurrency: JOBS_AT_ONCE, drainMs },
    );
    const schedule = await startSchedule({ db, clock, log }, keyrail.periodics);
    keyrail.startWork();
    return {
      stop: async () => {
        await schedule.stop();
        await worker.stop();
      },
    };
  });
  return {
    stop: async () => {
      await Promise.all([jobs.stop(), keyrail.stopWork()]);
    },
  };
}

function urlHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
