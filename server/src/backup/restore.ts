import { BackupError } from './file-format.ts';
import type { CheckedBackup } from './read-backup.ts';
import { compare, type LoadedTable, load, lookWhetherEmpty, refuseNewer } from './store/load.ts';

/** Writes a backup into an empty database, all of it or nothing. Throws `BackupError`. The schema is then the backup's own. */
export async function restoreBackup(url: string, backup: CheckedBackup): Promise<LoadedTable[]> {
  refuseNewer(backup);
  const content = await lookWhetherEmpty(url);
  if (content.kind === 'not_empty') {
    throw new BackupError(
      `The database is not empty: ${content.what}. A backup is restored into an empty one alone, so that nothing is lost or mixed. Nothing was written.`,
    );
  }
  return load(url, backup.frames());
}

/** Names of tables that do not hold what the backup holds; none where all is well. */
export async function differences(url: string, loaded: readonly LoadedTable[]): Promise<string[]> {
  return compare(url, loaded);
}
