import { fileURLToPath } from 'node:url';
import type { ApiDeps } from './api/app.ts';
import { listEntries } from './audit/store.ts';
import type { Catalogs } from './catalog/catalogs.ts';
import { composeCatalogs, composeCustom } from './compose/catalogs.ts';
import { composeConnections, connectionsDeps } from './compose/connections.ts';
import { composeHealth } from './compose/health.ts';
import { composeJobs } from './compose/jobs.ts';
import { composeNotices } from './compose/notices.ts';
import { composeOutbound } from './compose/outbound.ts';
import { composePeople, composeSignInLog, composeTokenUses } from './compose/people.ts';
import { composeRuns } from './compose/runs.ts';
import { composeSetupCheck } from './compose/setup-check.ts';
import { composeSignIns } from './compose/sign-ins.ts';
import { composeVault } from './compose/vault.ts';
import { composeWorkspaceDeletion } from './compose/workspace-deletion.ts';
import type { Config } from './config.ts';
import type { Connections } from './connections/connections.ts';
import { openListener } from './db/listen.ts';
import type { Database } from './db/open.ts';
import { sayCatalogRead } from './instance/catalog-readings-store.ts';
import type { Instance } from './instance/instance.ts';
import { watchInstance } from './instance/watch.ts';
import type { Task } from './jobs/job.ts';
import type { Periodic } from './jobs/schedule.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Metrics } from './lib/metrics.ts';
import type { Transact } from './lib/tx.ts';
import { forward } from './proxy/forward.ts';
import { cellsSource } from './runs/store/cell-view-store.ts';
import { DEFAULT_IMPORT_LIMITS } from './tables/csv/limits.ts';
import { createTables, type Tables } from './tables/tables.ts';
import type { Vault } from './vault/unlock.ts';
import { createIdempotencyKeys } from './workspaces/idempotency.ts';
import type { People } from './workspaces/people.ts';

export interface ComposeDeps {
  config: Config;
  db: Database;
  /** The tables' owner's, for what needs a connection of its own (LISTEN). */
  databaseUrl: string;
  vault: Vault;
  log: Log;
  clock: Clock;
  metrics: Metrics;
  /** Which instance this is, and whether anything may leave. */
  instance: Instance;
  /** HMAC under a key that only this installation has. */
  keyedHash: (text: string) => string;
}

/** The whole program without its edges: the socket, the database's process, signals. */
export interface Keyrail {
  people: People;
  api: ApiDeps;
  /** What this process does when a job of its kind is due, and what is due by the clock. */
  tasks: Task[];
  periodics: Periodic[];
  /** What a worker does by itself, besides jobs. */
  startWork(): void;
  /** Ends that: takes nothing new, waits for what is in flight. */
  stopWork(): Promise<void>;
  /** Writes what is only noted in memory and lets go of the database; the last thing before it closes. */
  close(): Promise<void>;
}

const webDir = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** Builds each room once and hands it what it asked for. */
export async function compose(deps: ComposeDeps): Promise<Keyrail> {
  const { config, db, databaseUrl, vault, log, clock, metrics, instance, keyedHash } = deps;
  const { system } = db;
  const idempotency = createIdempotencyKeys({ transact: db.transact, clock, keyedHash });
  const transact = idempotency.marking;
  const listener = await openListener({ clock, log }, databaseUrl);
  await watchInstance({ instance, listener, log });

  const tokenUses = composeTokenUses(deps);
  const signInLog = composeSignInLog(deps);
  const { people, membership } = composePeople(deps, transact, tokenUses, signInLog);
  const catalogs = await composeCatalogs(deps, listener);
  const outbound = composeOutbound(deps);
  const readings = await sayCatalogRead({ system, listener, log }, catalogs.readyMade.digest);
  const { readLast } = readings;
  const shared = { ...connectionsDeps(deps, transact, catalogs, outbound), readLast };
  const connections = await composeConnections(shared, listener);
  await connections.followFiles(catalogs.readyMade);
  const keys = await composeVault({ ...deps, keyring: shared.keyring, connections }, listener);
  const deletion = composeWorkspaceDeletion({ ...deps, connections });
  const { signIns, apps } = composeSignIns({ config, system, vault, shared, connections });

  const notices = await composeNotices(deps, transact, shared, listener);
  const work = await composeRuns(deps, transact, catalogs, outbound, connections, listener);

  const health = await composeHealth(deps);
  const api: ApiDeps = {
    config,
    clock,
    log,
    metrics,
    identify: people,
    idempotencyKeys: idempotency.keys,
    health,
    webDir,
    people: {
      ...people,
      ...membership,
      isQuarantined: instance.isQuarantined,
      deleteWorkspace: deletion.deleteWorkspace,
      isIntegration: async (workspaceId, slug) => (await catalogs.of(workspaceId)).entry(slug) !== undefined,
    },
    audit: {
      entries: (who, page, filter) =>
        transact(who.workspaceId, (tx) => listEntries(tx, who.workspaceId, page, filter), 'read'),
    },
    catalogs,
    connections,
    oauth: { apps, signIns },
    notices: { notices },
    custom: {
      custom: composeCustom(deps, transact, catalogs, outbound, connections),
      connections,
    },
    proxy: {
      forward: (who, asked) =>
        forward({ catalogs, connections, outbound, maxBodyBytes: config.proxyMaxBytes }, who, asked),
    },
    setupCheck: composeSetupCheck(deps, catalogs, outbound),
    runs: { runs: work.runs, watch: work.watch },
    tables: composeTables(deps, transact, catalogs, connections),
  };
  return {
    people,
    api,
    ...composeJobs(
      { notices, transact: db.transact, connections, people, signIns, executor: work.executor },
      { tasks: [...keys.tasks, ...deletion.tasks], periodics: keys.periodics },
    ),
    startWork: () => {
      work.executor.start();
      notices.dispatcher.start();
    },
    stopWork: async () => {
      await Promise.all([work.executor.stop(), notices.dispatcher.stop()]);
    },
    close: async () => {
      await connections.drain();
      await work.stop();
      await tokenUses.stop();
      await signInLog.settle();
      await outbound.close();
      await listener.close();
    },
  };
}

function composeTables(
  { config, db, clock }: ComposeDeps,
  transact: Transact,
  catalogs: Catalogs,
  connections: Connections,
): Tables {
  const limits = { ...DEFAULT_IMPORT_LIMITS, maxBytes: config.csvMaxBytes, maxRows: config.csvMaxRows };
  return createTables({ transact, bulk: db, catalogs, connections, cells: cellsSource, clock, limits });
}
