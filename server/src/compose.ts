import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import type { ApiDeps } from './api/app.ts';
import { listEntries } from './audit/store.ts';
import { catalogFolder } from './catalog/built-in.ts';
import type { Catalogs } from './catalog/catalogs.ts';
import { CATALOG_CHANGED, createCatalogs, type KeptCatalogs } from './catalog/catalogs.ts';
import { readKeyForms } from './catalog/key-forms.ts';
import { loadCatalog } from './catalog/load.ts';
import { composeRuns } from './compose/runs.ts';
import { composeSignIns } from './compose/sign-ins.ts';
import type { Config } from './config.ts';
import { CONNECTION_CHANGED, connectionCheck, connectionsSweep } from './connections/announce.ts';
import { type Connections, type ConnectionsDeps, createConnections } from './connections/connections.ts';
import { connectionsMadeBy } from './connections/made-by-store.ts';
import { DEFAULT_CONNECTION_SETTINGS } from './connections/settings.ts';
import { createSweepStore } from './connections/sweep-store.ts';
import { type Custom, createCustom } from './custom/custom.ts';
import { ownDefinitions } from './custom/own-definitions.ts';
import { type Listener, openListener } from './db/listen.ts';
import type { Database } from './db/open.ts';
import { type Task, task } from './jobs/job.ts';
import type { Periodic } from './jobs/schedule.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Metrics } from './lib/metrics.ts';
import type { Transact } from './lib/tx.ts';
import { createOperatorAppStore, deleteApp } from './oauth/app-store.ts';
import { authorizationsSweep } from './oauth/sweep.ts';
import { guardPolicy } from './outbound/guard-policy.ts';
import { createOutbound, type RunningOutbound } from './outbound/outbound.ts';
import { budgetStore, usageOf, usageStore } from './outbound/store.ts';
import { forward } from './proxy/forward.ts';
import { runTasks } from './runs/runs.ts';
import { cellsSource } from './runs/store/cell-view-store.ts';
import { DEFAULT_IMPORT_LIMITS } from './tables/csv/limits.ts';
import { columnDependents } from './tables/dependents-store.ts';
import { FORGET_VALUES, runForgetValues } from './tables/forget-values.ts';
import { createTables, type Tables } from './tables/tables.ts';
import { TOKEN_CHANGED, tokenRenew, tokensSweep } from './tokens/announce.ts';
import { createTokenSweepStore } from './tokens/token-sweep-store.ts';
import { createKeyring } from './vault/keyring.ts';
import type { MasterKey } from './vault/master-key.ts';
import { canaryStore, dataKeyStore } from './vault/store.ts';
import { createIdempotencyKeys } from './workspaces/idempotency.ts';
import { createInvitationLookup } from './workspaces/invitation-store.ts';
import { createMembershipStore } from './workspaces/member-store.ts';
import { createMembership, type Membership } from './workspaces/membership.ts';
import { createPasswords } from './workspaces/password.ts';
import { createPeople, type People } from './workspaces/people.ts';
import { createSessionStore } from './workspaces/session-store.ts';
import { createSetupStore } from './workspaces/setup-store.ts';
import { createSignInLog, type SignInLog } from './workspaces/sign-in-log.ts';
import { createSignInStore } from './workspaces/sign-in-store.ts';
import { peopleSweep } from './workspaces/sweep.ts';
import { createTokenLookup } from './workspaces/token-store.ts';
import { createTokenUses, type TokenUses } from './workspaces/token-uses.ts';

export interface ComposeDeps {
  config: Config;
  db: Database;
  /** The tables' owner's, for what needs a connection of its own (LISTEN). */
  databaseUrl: string;
  masterKey: MasterKey;
  log: Log;
  clock: Clock;
  metrics: Metrics;
  /** HMAC under a key derived from the master key. */
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
const MINUTE_MS = 60_000;

/** Builds each room once and hands it what it asked for. */
export async function compose(deps: ComposeDeps): Promise<Keyrail> {
  const { config, db, databaseUrl, masterKey, log, clock, metrics, keyedHash } = deps;
  const { system } = db;
  const idempotency = createIdempotencyKeys({ transact: db.transact, clock, keyedHash });
  const transact = idempotency.marking;
  const listener = await openListener({ clock, log }, databaseUrl);

  const tokenUses = composeTokenUses(deps);
  const signInLog = composeSignInLog(deps);
  const { people, membership } = composePeople(deps, transact, tokenUses, signInLog);
  const catalogs = await composeCatalogs(deps, listener);
  const outbound = composeOutbound(deps);
  const shared = connectionsDeps(deps, transact, catalogs, outbound);
  const connections = await composeConnections(shared, listener);
  const { signIns, apps } = composeSignIns({ config, system, masterKey, shared, connections });

  const work = await composeRuns(deps, transact, catalogs, outbound, connections, listener);

  // Another program's migration, or another database put in this one's place, is noticed by it.
  const migratedTo = await newestMigration(db);

  const api: ApiDeps = {
    config,
    clock,
    log,
    metrics,
    identify: people,
    idempotencyKeys: idempotency.keys,
    health: {
      checks: {
        database: async () => (await sql`select 1`.execute(system)).rows.length === 1,
        migrations: async () => (await newestMigration(db)) === migratedTo,
        vault: async () => (await canaryStore(system).read())?.includes(`.${masterKey.id}.`) ?? false,
      },
    },
    webDir,
    people: {
      ...people,
      ...membership,
      isIntegration: async (workspaceId, slug) => (await catalogs.of(workspaceId)).get(slug) !== undefined,
    },
    audit: {
      entries: (who, page, filter) =>
        transact(who.workspaceId, (tx) => listEntries(tx, who.workspaceId, page, filter)),
    },
    catalogs,
    connections,
    oauth: { apps, signIns },
    custom: {
      custom: composeCustom(deps, transact, catalogs, outbound, connections),
      connections,
    },
    proxy: {
      forward: (who, asked) =>
        forward({ catalogs, connections, outbound, maxBodyBytes: config.proxyMaxBytes }, who, asked),
    },
    runs: { runs: work.runs, watch: work.watch },
    tables: composeTables(deps, transact, catalogs, connections),
  };
  return {
    people,
    api,
    tasks: [
      task(connectionCheck, ({ workspace_id, connection_id }) =>
        connections.check(workspace_id, connection_id),
      ),
      task(connectionsSweep, () => connections.sweep()),
      task(tokensSweep, () => connections.tokens.sweep()),
      task(tokenRenew, ({ generation, ...owner }) =>
        connections.tokens.renewDue(
          {
            workspaceId: owner.workspace_id,
            connectionId: owner.connection_id,
            credentialVersion: owner.credential_version,
          },
          generation,
        ),
      ),
      task(peopleSweep, () => people.sweep()),
      task(authorizationsSweep, () => signIns.sweep()),
      ...runTasks({ transact: db.transact }, work.executor),
      task(FORGET_VALUES, (payload, context) => runForgetValues({ transact: db.transact }, payload, context)),
    ],
    periodics: [
      { job: connectionsSweep, everyMs: MINUTE_MS },
      { job: tokensSweep, everyMs: MINUTE_MS / 2 },
      { job: peopleSweep, everyMs: 60 * MINUTE_MS },
      { job: authorizationsSweep, everyMs: 10 * MINUTE_MS },
    ],
    startWork: () => work.executor.start(),
    stopWork: () => work.executor.stop(),
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

async function newestMigration({ system }: Database): Promise<string | null> {
  const { rows } = await sql<{
    name: string | null;
  }>`select max(name) as name from keyrail_migrations where name ~ '^[0-9]{4}_'`.execute(system);
  return rows[0]?.name ?? null;
}

function composeTokenUses({ db, clock, log }: ComposeDeps): TokenUses {
  return createTokenUses({
    tokens: createTokenLookup(db.system),
    clock,
    onError: (error) => log.warn({ err: error }, 'the last use of tokens could not be noted'),
  });
}

function composeSignInLog({ db, log }: ComposeDeps): SignInLog {
  return createSignInLog({
    transact: db.transact,
    memberships: createMembershipStore(db.system),
    onError: (error) => log.warn({ err: error }, 'a sign-in could not be written to the audit log'),
  });
}

function composePeople(
  { config, db, clock }: ComposeDeps,
  transact: Transact,
  tokenUses: TokenUses,
  signInLog: SignInLog,
): { people: People; membership: Membership } {
  const { system } = db;
  const shared = {
    transact,
    clock,
    passwords: createPasswords(),
    signIns: createSignInStore(system),
    invitations: createInvitationLookup(system),
  };
  const limits = { idleDays: config.sessionIdleDays, maxDays: config.sessionMaxDays };
  const store = createSessionStore(system);
  const people = createPeople({
    ...shared,
    limits,
    sessions: store,
    signInLog,
    setups: createSetupStore(system),
    memberships: createMembershipStore(system),
    tokens: createTokenLookup(system),
    tokenUses,
  });
  const membership = createMembership({
    ...shared,
    sessions: { store, clock, limits },
    signedIn: { madeBy: connectionsMadeBy },
  });
  return { people, membership };
}

async function composeCatalogs({ config, db, log }: ComposeDeps, listener: Listener): Promise<KeptCatalogs> {
  const readyMade = await loadCatalog({
    builtIn: catalogFolder,
    user: config.catalogDir ?? undefined,
    allowedPrivateHosts: config.allowedPrivateHosts,
  });
  for (const problem of readyMade.problems) {
    log.warn({ ...problem }, 'a catalog file is left out: it has a problem');
  }
  const catalogs = createCatalogs({
    readyMade,
    own: (workspaceId) => ownDefinitions({ transact: db.transact, log }, workspaceId),
  });
  await listener.listen(CATALOG_CHANGED, catalogs.forget, () => catalogs.forget(null));
  return catalogs;
}

function composeCustom(
  { config, clock }: ComposeDeps,
  transact: Transact,
  catalogs: KeptCatalogs,
  outbound: RunningOutbound,
  connections: Connections,
): Custom {
  const own = [`http://127.0.0.1:${config.port}`, `http://localhost:${config.port}`, config.publicUrl];
  return createCustom({
    transact,
    clock,
    catalogs,
    outbound,
    connections,
    dependents: columnDependents,
    setups: { forget: deleteApp },
    actions: { outbound, clock },
    ownOrigins: own.flatMap((url) => (url === null ? [] : [new URL(url).origin])),
    forget: (workspaceId) => {
      connections.forget(workspaceId);
      catalogs.forget(workspaceId);
    },
  });
}

function composeOutbound({ config, db, clock, log, databaseUrl }: ComposeDeps): RunningOutbound {
  const addresses = new Set(['127.0.0.1', '[::1]']);
  if (isIP(config.host)) addresses.add(config.host.includes(':') ? `[${config.host}]` : config.host);
  const hosts = [databaseUrl, config.publicUrl].flatMap((url) =>
    url === null ? [] : [new URL(url).hostname],
  );
  return createOutbound({
    policy: guardPolicy({
      allowedPrivateHosts: config.allowedPrivateHosts,
      ownAddresses: [...addresses].map((address) => `${address}:${config.port}`),
      ownHosts: hosts.filter((host) => host !== ''),
    }),
    budgetStore: budgetStore(db.system),
    usageStore: usageStore(db.system),
    upstreams: config.upstreams,
    limits: {
      maxStreamBytes: config.proxyMaxBytes,
      streamTotalTimeoutMs: config.proxyTimeoutSeconds * 1000,
      streamIdleTimeoutMs: Math.min(config.proxyTimeoutSeconds, 60) * 1000,
    },
    clock,
    onFlushError: (error) => log.warn({ err: error }, 'the counts of calls could not be written yet'),
  });
}

function connectionsDeps(
  { config, db, clock, log, masterKey }: ComposeDeps,
  transact: Transact,
  catalogs: Catalogs,
  outbound: RunningOutbound,
): ConnectionsDeps {
  const hashKey = masterKey.derive('credential fingerprints');
  return {
    transact,
    ownTransact: db.transact,
    clock,
    keyring: createKeyring({
      store: dataKeyStore(db.system),
      masterKey,
      warn: (message) => log.warn({}, message),
    }),
    catalogs,
    keyForms: readKeyForms(JSON.parse(readFileSync(join(catalogFolder, 'key-forms.json'), 'utf8'))),
    outbound,
    dependents: columnDependents,
    usage: (tx, workspaceId, connectionId, since) => usageOf(tx, workspaceId, connectionId, 'hour', since),
    sweepStore: createSweepStore(db.system),
    tokenSweepStore: createTokenSweepStore(db.system),
    tokenSettings: { leaseMs: config.tokenLeaseSeconds * 1000 },
    operatorApps: createOperatorAppStore(db.system),
    keyedHash: (text) => createHmac('sha256', hashKey.reveal()).update(text).digest('base64url'),
    settings: DEFAULT_CONNECTION_SETTINGS,
    log,
  };
}

async function composeConnections(deps: ConnectionsDeps, listener: Listener): Promise<Connections> {
  const connections = createConnections(deps);
  await listener.listen(CONNECTION_CHANGED, connections.forget, () => connections.forget(null));
  await listener.listen(TOKEN_CHANGED, connections.tokens.hear, () => connections.tokens.hear(null));
  return connections;
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
