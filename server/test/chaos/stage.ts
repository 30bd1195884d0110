import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freshDatabase } from '../database.ts';
import { type Fleet, type FleetOptions, startFleet } from './fleet.ts';

/** A fleet on a database of its own, for the tests of one file. */
export async function startStage(
  options: Omit<FleetOptions, 'databaseUrl' | 'folder'>,
): Promise<{ fleet: Fleet; folder: string; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'keyrail-chaos-'));
  const database = await freshDatabase();
  const fleet = await startFleet({ ...options, databaseUrl: database.url, folder });
  return {
    fleet,
    folder,
    close: async () => {
      await fleet.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
