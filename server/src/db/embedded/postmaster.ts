import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../lib/clock.ts';
import { StartRefused } from '../../lib/start-refused.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { postgresEnvironment } from './cluster.ts';
import type { Place } from './place.ts';
import type { Log } from './start.ts';

export interface Postmaster {
  pid: number;
  /** Resolves when the process has ended, however. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface PostmasterDeps {
  place: Place;
  binaries: Binaries;
  account: Account;
  /** False only for data that is thrown away anyway (tests). */
  durable: boolean;
  settings: Record<string, string>;
  log: Log;
  clock: Clock;
}

const LOG_KEPT_BYTES = 10 * 1024 * 1024;

/** Starts PostgreSQL and resolves when it takes connections; after a crash it first replays its log, however long that takes. */
export async function startPostmaster(deps: PostmasterDeps): Promise<Postmaster> {
  const child = spawnPostgres(deps);
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => {
      deps.log.error({ err: error }, 'PostgreSQL could not be started');
      resolve({ code: null, signal: null });
    });
  });
  const isReady = await Promise.race([waitUntilReady(deps, child), ended.then(() => false)]);
  if (!isReady || child.pid === undefined) {
    throw new StartRefused(
      `The embedded PostgreSQL ended while starting. The end of ${deps.place.logFile}:\n${logTail(deps.place)}`,
    );
  }
  return { pid: child.pid, ended };
}

function spawnPostgres({
  place,
  binaries,
  account,
  durable,
  settings: further,
}: PostmasterDeps): ChildProcess {
  rotateLog(place.logFile);
  const logFd = openSync(place.logFile, 'a', 0o600);
  const switchable = durable ? 'on' : 'off';
  const settings = {
    // Reached through a socket in a folder only PostgreSQL's user may enter (0700); nothing listens on the network.
    listen_addresses: '',
    port: '5432',
    unix_socket_directories: `"${place.socket}"`,
    unix_socket_permissions: '0700',
    // On the command line, so that no file switches them off by accident: what was confirmed survives a power cut.
    fsync: switchable,
    synchronous_commit: switchable,
    full_page_writes: switchable,
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Our queries are short; compiling them costs more than it saves.
    jit: 'off',
    ...further,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  try {
    return spawn(binaries.postgres, ['-D', place.data, ...args], {
      env: postgresEnvironment,
      cwd: '/',
      // Its own session: ctrl-C in the terminal reaches us alone, and PostgreSQL ends after we have drained. Its words
      // go to a file, because a pipe to us would break with us.
      detached: true,
      stdio: ['ignore', logFd, logFd],
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
    });
  } finally {
    closeSync(logFd);
  }
}

/** The eighth line of postmaster.pid is PostgreSQL's own statement of how far it is (pg_ctl waits for the same). */
async function waitUntilReady(deps: PostmasterDeps, child: ChildProcess): Promise<boolean> {
  const startedAt = deps.clock.now().getTime();
  let saidAt = startedAt;
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const lines = readLines(join(deps.place.data, 'postmaster.pid'));
    if (lines[0] === String(child.pid) && lines[7]?.trim() === 'ready') return true;
    const now = deps.clock.now().getTime();
    if (now - saidAt >= 5_000) {
      saidAt = now;
      deps.log.info(
        { seconds: Math.round((now - startedAt) / 1000) },
        'PostgreSQL is still starting (after a crash it replays its log first)',
      );
    }
    await deps.clock.sleep(10);
  }
  return false;
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function rotateLog(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LOG_KEPT_BYTES) renameSync(file, `${file}.1`);
}

function logTail(place: Place): string {
  return readLines(place.logFile).slice(-15).join('\n').trim();
}
