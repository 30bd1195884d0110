import pg from 'pg';
import type { Clock } from '../lib/clock.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { isUnavailable } from './failure.ts';

interface ReachDeps {
  log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
  clock: Clock;
}

const OLDEST_VERSION = 15;
const CONNECT_TIMEOUT_MS = 5_000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Waits until the database can be reached, saying so while it waits, then looks whether it is one to work with. Refuses a
 * server older than 15 and a read-only replica; warns loudly where what was confirmed could be lost in a power cut.
 * Wrong password, unknown database and the like are refused at once: waiting does not mend them.
 */
export async function reachDatabase(deps: ReachDeps, url: string, signal?: AbortSignal): Promise<void> {
  const client = await connectPatiently(deps, url, signal);
  try {
    await checkServer(deps, client);
  } finally {
    await client.end();
  }
}

async function connectPatiently(
  { log, clock }: ReachDeps,
  url: string,
  signal?: AbortSignal,
): Promise<pg.Client> {
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    // Without a listener, a connection lost between two statements would end the process.
    client.on('error', () => {});
    try {
      await client.connect();
      return client;
    } catch (error) {
      await client.end().catch(() => {});
      const said = describe(error);
      if (!isUnavailable(error) && !(error instanceof AggregateError)) {
        throw new StartRefused(
          `The database at ${placeOf(url)} does not let Keyrail in: ${said}. Check DATABASE_URL.`,
          {
            cause: error,
          },
        );
      }
      log.warn(
        { database: placeOf(url), reason: said, nextTryMs: pauseMs },
        `the database at ${placeOf(url)} cannot be reached (${said}): trying again`,
      );
      await clock.sleep(pauseMs, signal);
    }
  }
}

async function checkServer({ log }: ReachDeps, client: pg.Client): Promise<void> {
  const { rows } = await client.query<
    Record<'version' | 'replica' | 'readonly' | 'encoding' | Durable, string>
  >(
    `select current_setting('server_version_num') as version, pg_is_in_recovery()::text as replica,
            current_setting('transaction_read_only') as readonly, current_setting('server_encoding') as encoding,
            current_setting('fsync') as fsync, current_setting('full_page_writes') as full_page_writes,
            current_setting('synchronous_commit') as synchronous_commit`,
  );
  const found = rows[0];
  if (!found) throw new StartRefused('The database did not say what it is.');
  const major = Math.floor(Number(found.version) / 10_000);
  if (major < OLDEST_VERSION) {
    throw new StartRefused(`The database is PostgreSQL ${major}. Keyrail needs ${OLDEST_VERSION} or newer.`);
  }
  if (found.replica === 'true' || found.readonly === 'on') {
    throw new StartRefused(
      'The database is read-only: a replica, or one with default_transaction_read_only. Point DATABASE_URL at the primary.',
    );
  }
  if (found.encoding !== 'UTF8') {
    throw new StartRefused(`The database keeps text as ${found.encoding}. Make one with encoding UTF8.`);
  }
  warnOfLoss(log, found);
}

const durable = ['fsync', 'full_page_writes', 'synchronous_commit'] as const;
type Durable = (typeof durable)[number];

function warnOfLoss(log: ReachDeps['log'], found: Record<Durable, string>): void {
  const off = durable.filter((setting) => found[setting] === 'off');
  if (off.length === 0) return;
  log.warn(
    { settings: off },
    `DATA CAN BE LOST: PostgreSQL runs with ${off.map((setting) => `${setting}=off`).join(', ')}. ` +
      'After a power cut or crash, saved connections, rotated tokens and finished cells may be gone. Switch it on.',
  );
}

/** Host, port and database name: never the user's password. */
function placeOf(url: string): string {
  try {
    const { host, pathname, searchParams } = new URL(url);
    return `${searchParams.get('host') ?? (host || 'localhost')}${pathname}`;
  } catch {
    return '(DATABASE_URL is no address)';
  }
}

function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return describe(error.errors[0]);
  return error instanceof Error
    ? error.message || String('code' in error ? error.code : error.name)
    : String(error);
}
