import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { type Fleet, type FleetOptions, startFleet } from '../server/test/chaos/fleet.ts';

const silent = { info() {}, warn() {}, error: console.error };

/** Server processes and authorization servers over a PostgreSQL of their own, for as long as `work` takes. */
export async function withFleet(
  options: Omit<FleetOptions, 'databaseUrl' | 'folder'>,
  work: (fleet: Fleet, at: { folder: string; postgres: EmbeddedPostgres }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
  chmodSync(folder, 0o711);
  const settings = { max_connections: '300' };
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent, settings });
  try {
    const fleet = await startFleet({ ...options, databaseUrl: postgres.url, folder });
    try {
      await work(fleet, { folder, postgres });
    } finally {
      await fleet.close();
    }
  } finally {
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
