import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { StartRefused } from '../../lib/start-refused.ts';
import { isAlive, isPostmasterOf, processesIn } from './processes.ts';
import type { Log } from './start.ts';

const FAST_STOP_MS = 15_000;
const HARD_STOP_MS = 10_000;
const POLL_MS = 20;

/**
 * Ends a PostgreSQL that a killed Keyrail left behind over this data. It is ended rather than adopted: a process that is
 * not our child cannot be watched for its death, and may run an older program or other settings.
 */
export async function endLeftover(dataDir: string, log: Log, clock: Clock): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
  if (pid > 0 && isPostmasterOf(pid, dataDir)) {
    log.warn({ pid }, 'a PostgreSQL of an earlier start is still running over this data: stopping it');
    await stopPostmaster(pid, clock);
  }
  await waitForChildren(dataDir, clock);
  if (pid > 0 && isAlive(pid) && existsSync(pidFile)) disownPidFile(pidFile);
}

/** Fast shutdown (clients are cut off, everything is written), then immediate (the log is replayed at the next start). */
export async function stopPostmaster(pid: number, clock: Clock): Promise<void> {
  const steps = [
    ['SIGINT', FAST_STOP_MS],
    ['SIGQUIT', HARD_STOP_MS],
    ['SIGKILL', HARD_STOP_MS],
  ] as const;
  for (const [signal, waitMs] of steps) {
    sendSignal(pid, signal);
    for (let waited = 0; waited < waitMs; waited += POLL_MS) {
      if (!isAlive(pid)) return;
      await clock.sleep(POLL_MS);
    }
  }
  throw new StartRefused(`PostgreSQL (process ${pid}) does not end. End it by hand, then start again.`);
}

/** The children of a killed postmaster notice and go; until then they may write, so nothing may be started. */
async function waitForChildren(dataDir: string, clock: Clock): Promise<void> {
  for (let waited = 0; waited < HARD_STOP_MS; waited += POLL_MS) {
    if (processesIn(dataDir).length === 0) return;
    await clock.sleep(POLL_MS);
  }
  throw new StartRefused(
    `Processes of an earlier PostgreSQL still work in ${dataDir}: ${processesIn(dataDir).join(', ')}. End them, then start again.`,
  );
}

/**
 * The process number in a stale file belongs to somebody else by now; PostgreSQL would take that for itself and refuse.
 * Only the number is replaced, by one no process can have: the rest lets PostgreSQL check that its shared memory is free.
 */
function disownPidFile(pidFile: string): void {
  const lines = readFileSync(pidFile, 'utf8').split('\n');
  writeFileSync(pidFile, ['999999999', ...lines.slice(1)].join('\n'));
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw new StartRefused(
      `PostgreSQL (process ${pid}) of an earlier start runs as another user and cannot be stopped from here. ` +
        'Start Keyrail as the user who started it before, or as root.',
      { cause: error },
    );
  }
}
