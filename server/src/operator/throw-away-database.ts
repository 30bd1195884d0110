import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { chooseAccount } from '../db/embedded/account.ts';
import { endLeftover } from '../db/embedded/leftover.ts';
import { lockHolder } from '../db/embedded/lock.ts';
import { choosePlace } from '../db/embedded/place.ts';
import { startEmbeddedPostgres } from '../db/embedded/start.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { StartRefused } from '../lib/start-refused.ts';

/**
 * An embedded PostgreSQL in the temporary folder (TMPDIR says which), apart from everything, also where the database is one
 * of the operator's own: a drill asks for no rights there and is no load on it. What a killed drill left is removed by the next.
 */
export async function startThrowAway(): Promise<{ url: string; stop: () => Promise<void> }> {
  const root = ownFolder(join(tmpdir(), `keyrail-drill-${userInfo().uid}`));
  for (const name of readdirSync(root)) await removeLeft(join(root, name));
  const dataDir = mkdtempSync(join(root, 'run-'));
  chmodSync(dataDir, 0o711);
  const postgres = await startEmbeddedPostgres({ dataDir, log: silentLog, durable: false });
  return {
    url: postgres.url,
    stop: async () => {
      await postgres.stop();
      remove(dataDir, postgres.place.home);
    },
  };
}

/**
 * Everybody may make folders beside it, and its name is known. What lies in there is believed: it says where a database is that
 * is to be removed, and whoever starts a drill may be allowed to remove anything.
 */
function ownFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o711 });
  const found = lstatSync(path);
  const isOwn = found.isDirectory() && found.uid === (process.getuid?.() ?? found.uid);
  if (!isOwn || (found.mode & 0o022) !== 0)
    throw new StartRefused(
      `${path} belongs to somebody else, or others may write to it. Remove it, or name another temporary folder with TMPDIR.`,
    );
  return path;
}

async function removeLeft(dataDir: string): Promise<void> {
  try {
    const place = choosePlace(dataDir, chooseAccount());
    if (lockHolder(place.lockFile) !== null) return;
    await endLeftover(place.data, silentLog, systemClock);
    remove(dataDir, place.home);
  } catch {
    // Another drill has just begun in it, or removes it as well.
  }
}

/** PostgreSQL's own folder may lie elsewhere, where its user can reach it. */
function remove(dataDir: string, home: string): void {
  if (!home.startsWith(dataDir)) rmSync(dirname(home), { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
}
