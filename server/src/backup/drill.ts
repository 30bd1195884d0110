import type { CheckedBackup } from './read-backup.ts';
import { differences, restoreBackup } from './restore.ts';
import { refuseNewer } from './store/load.ts';

interface DrillDeps {
  /** A database that nobody has, and that is gone after `stop`. */
  startDatabase: () => Promise<{ url: string; stop: () => Promise<void> }>;
  /** Brings it to this program's schema. */
  migrate: (url: string) => Promise<void>;
  /** Opens the canary and every sealed record with the given key. Throws where the canary does not open. */
  openRecords: (url: string) => Promise<OpenedRecords>;
}

export interface OpenedRecords {
  opened: number;
  /** How many do not open, by kind: `credentials`. */
  unreadable: ReadonlyMap<string, number>;
}

export interface Drilled extends OpenedRecords {
  tables: number;
  rows: number;
  /** Tables whose rows, read once more, are not those of the backup. */
  different: string[];
}

/**
 * Restores a backup as it would be in earnest, into a database that is thrown away, and looks at what came of it: every row
 * is read once more and compared, this program's migrations are applied, and every secret is opened.
 */
export async function drill(deps: DrillDeps, backup: CheckedBackup): Promise<Drilled> {
  refuseNewer(backup);
  const database = await deps.startDatabase();
  try {
    const loaded = await restoreBackup(database.url, backup);
    const different = await differences(database.url, loaded);
    await deps.migrate(database.url);
    const records = await deps.openRecords(database.url);
    return { tables: backup.tables, rows: backup.rows, different, ...records };
  } finally {
    await database.stop();
  }
}
