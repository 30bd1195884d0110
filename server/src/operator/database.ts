import type { Config } from '../config.ts';
import { borrowEmbeddedPostgres } from '../db/embedded/borrow.ts';
import { reachDatabase } from '../db/reach.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { StartRefused } from '../lib/start-refused.ts';

const LONGEST_WAIT_MS = 30_000;

/** The database of the settings, reached and as it is: nothing is migrated. Call `release` at the end. */
export async function borrowDatabase(config: Config): Promise<{ url: string; release: () => Promise<void> }> {
  const borrowed =
    config.databaseUrl === null
      ? await borrowEmbeddedPostgres({ dataDir: config.dataDir, log: silentLog })
      : { url: config.databaseUrl.reveal(), release: async () => {} };
  const log = { ...silentLog, warn: (_fields: object, message: string) => console.error(message) };
  try {
    await reachInTime({ log, clock: systemClock }, borrowed.url);
    return borrowed;
  } catch (error) {
    await borrowed.release();
    throw error;
  }
}

/** Where a server would wait for as long as it takes, a person at a terminal is told. */
async function reachInTime(deps: Parameters<typeof reachDatabase>[0], url: string): Promise<void> {
  const late = AbortSignal.timeout(LONGEST_WAIT_MS);
  try {
    await reachDatabase(deps, url, late);
  } catch (error) {
    if (!late.aborted) throw error;
    throw new StartRefused(
      `The database did not answer within ${LONGEST_WAIT_MS / 1000} seconds. Start it, or see whether DATABASE_URL or KEYRAIL_DATA_DIR is the one that is meant.`,
      { cause: error },
    );
  }
}
