import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import type { ApiDeps } from './api/app.ts';
import { listEntries } from './audit/store.ts';
import type { Config } from './config.ts';
import type { Database } from './db/open.ts';
import type { Task } from './jobs/job.ts';
import type { Periodic } from './jobs/schedule.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import type { Metrics } from './lib/metrics.ts';
import type { MasterKey } from './vault/master-key.ts';
import { createIdempotencyKeys } from './workspaces/idempotency.ts';
import { createMembershipStore } from './workspaces/member-store.ts';
import { createPasswords } from './workspaces/password.ts';
import { createPeople, type People } from './workspaces/people.ts';
import { createSessionStore } from './workspaces/session-store.ts';
import { createSetupStore } from './workspaces/setup-store.ts';
import { createSignInStore } from './workspaces/sign-in-store.ts';
import { createTokenLookup } from './workspaces/token-store.ts';
import { createTokenUses } from './workspaces/token-uses.ts';

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
  /** Writes what is only noted in memory and ends what runs by itself; the last thing before the database closes. */
  close(): Promise<void>;
}

const webDir = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** Builds each room once and hands it what it asked for. */
export async function compose(deps: ComposeDeps): Promise<Keyrail> {
  const { config, db, log, clock, metrics, keyedHash } = deps;
  const { system } = db;
  const idempotency = createIdempotencyKeys({ transact: db.transact, clock, keyedHash });
  const transact = idempotency.marking;

  const tokens = createTokenLookup(system);
  const tokenUses = createTokenUses({
    tokens,
    clock,
    onError: (error) => log.warn({ err: error }, 'the last use of tokens could not be noted'),
  });
  const people = createPeople({
    transact,
    clock,
    passwords: createPasswords(),
    limits: { idleDays: config.sessionIdleDays, maxDays: config.sessionMaxDays },
    sessions: createSessionStore(system),
    signIns: createSignInStore(system),
    setups: createSetupStore(system),
    memberships: createMembershipStore(system),
    tokens,
    tokenUses,
  });

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
      },
    },
    webDir,
    people,
    audit: {
      entries: (who, page) => transact(who.workspaceId, (tx) => listEntries(tx, who.workspaceId, page)),
    },
  };
  return {
    people,
    api,
    tasks: [],
    periodics: [],
    close: async () => {
      await tokenUses.stop();
    },
  };
}
