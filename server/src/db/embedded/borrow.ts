import { readFileSync } from 'node:fs';
import { chooseAccount } from './account.ts';
import { addressOf, DATABASE } from './cluster.ts';
import { lockHolder } from './lock.ts';
import { choosePlace } from './place.ts';
import { type EmbeddedOptions, startEmbeddedPostgres } from './start.ts';

/**
 * The database for a command of the operator: that of the server which runs on this data, or, where none does, one that is
 * started for the command. Call `release` at the end, either way.
 */
export async function borrowEmbeddedPostgres(
  options: EmbeddedOptions,
): Promise<{ url: string; release: () => Promise<void> }> {
  const place = choosePlace(options.dataDir, chooseAccount());
  if (lockHolder(place.lockFile) !== null) {
    const password = readFileSync(place.passwordFile, 'utf8').trim();
    return { url: addressOf(place, password, DATABASE), release: async () => {} };
  }
  const postgres = await startEmbeddedPostgres(options);
  return { url: postgres.url, release: () => postgres.stop() };
}
