import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { endLeftover } from '../src/db/embedded/leftover.ts';
import { lockHolder } from '../src/db/embedded/lock.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/db/embedded/start.ts';
import { systemClock } from '../src/lib/clock.ts';

const silent = { info: () => {}, warn: () => {}, error: console.error };

/**
 * A PostgreSQL for one test run: fsync off, in a folder of its own under the system's temporary one, so that several runs
 * at the same time do not meet. `stop` removes it; what killed runs left is removed by the next.
 */
export async function startThrowAwayPostgres(): Promise<{
  postgres: EmbeddedPostgres;
  stop: () => Promise<void>;
}> {
  const root = join(tmpdir(), `keyrail-test-${userInfo().uid}`);
  mkdirSync(root, { recursive: true, mode: 0o711 });
  await removeLeftovers(root);
  const dataDir = mkdtempSync(join(root, 'run-'));
  chmodSync(dataDir, 0o711);
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: silent,
    durable: false,
    settings: { max_connections: '300', autovacuum: 'off', wal_level: 'minimal', max_wal_senders: '0' },
  });
  endWithUs(postgres.pid(), dataDir);
  return {
    postgres,
    stop: async () => {
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A killed test run cannot clean up: a shell that outlives it ends its PostgreSQL and removes the folder. */
function endWithUs(postmasterPid: number, dataDir: string): void {
  const script =
    'while kill -0 "$1" 2>/dev/null; do sleep 1; done; kill -QUIT "$2" 2>/dev/null && sleep 1; rm -rf "$3"';
  spawn('sh', ['-c', script, 'keyrail-test-cleanup', String(process.pid), String(postmasterPid), dataDir], {
    detached: true,
    stdio: 'ignore',
  }).unref();
}

async function removeLeftovers(root: string): Promise<void> {
  for (const name of readdirSync(root).filter((entry) => entry.startsWith('run-'))) {
    const home = join(root, name, 'postgres');
    // A run that has just begun has no lock file yet: leave alone what has none. One that has just ended has no folder any more.
    if (!existsSync(join(home, 'lock'))) continue;
    if (lockHolder(join(home, 'lock')) !== null) continue;
    await endLeftover(join(home, 'data'), silent, systemClock).catch(() => {});
    rmSync(join(root, name), { recursive: true, force: true });
  }
}
