import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

export async function until(is: () => Promise<boolean> | boolean, withinMs = 15_000): Promise<void> {
  const endAt = Date.now() + withinMs;
  while (!(await is())) {
    if (Date.now() > endAt) throw new Error('it did not come about');
    await sleep(20);
  }
}
