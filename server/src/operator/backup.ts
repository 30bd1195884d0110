import { readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { drill } from '../backup/drill.ts';
import { BackupError } from '../backup/file-format.ts';
import { makeBackup } from '../backup/make-backup.ts';
import { checkBackup } from '../backup/read-backup.ts';
import { restoreBackup } from '../backup/restore.ts';
import { noteBackup } from '../backup/store/history.ts';
import { masterKeySettings } from '../compose/master-key-settings.ts';
import type { Config } from '../config.ts';
import { migrate } from '../db/migrate.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { openMasterKeys } from '../vault/master-keys.ts';
import { opensCanary } from '../vault/unlock.ts';
import type { FileCommand } from './command.ts';
import { borrowDatabase } from './database.ts';
import { openAllRecords } from './open-records.ts';
import { startThrowAway } from './throw-away-database.ts';

export const backup: FileCommand = {
  words: ['backup'],
  usage: 'backup FILE',
  about:
    'Writes everything of this moment into one new file, encrypted with the master key, while servers go on working: for the embedded database and for one of your own. The key is not in it: keep a copy of the key in another place. The old and the new Keyrail can make one before an upgrade.',
  run: async ({ config, clock, announce }, file) => {
    const path = resolve(file);
    const masterKeys = await openMasterKeys(masterKeySettings(config));
    const database = await borrowDatabase(config);
    try {
      const deps = { clock, announce, opensCanary, masterKey: masterKeys.byId };
      const made = await inWords(() => makeBackup(deps, database.url, path));
      await noteBackup(database.url, made).catch(() => {});
      return [
        `Backed up to ${path}: ${count(made.rows, 'row')} of ${count(made.tables, 'table')}, ${size(made.bytes)}, as of ${made.header.made_at}.`,
        `It opens with the master key ${made.header.master_key} alone, which is not in it. Keep that key in another place than this file.`,
        ...(made.foreign.length === 0
          ? []
          : [`Left out, as they are not Keyrail's: the tables ${made.foreign.join(', ')}.`]),
        ...(await journalWords(config)),
        `Try it: npm run keyrail -- backup verify ${quoted(file)}`,
      ].join('\n');
    } finally {
      await database.release();
    }
  },
};

export const backupVerify: FileCommand = {
  words: ['backup', 'verify'],
  usage: 'backup verify FILE',
  about:
    'Proves that a backup opens: restores it into a database that is thrown away afterwards, compares every row, applies the migrations of this release, and opens every secret with the master key that is given here. Nothing else is touched. Ends with 1 where anything is wrong. It needs room in the temporary folder (TMPDIR).',
  run: async ({ config }, file) => {
    const path = resolve(file);
    const settings = masterKeySettings(config);
    const masterKeys = await openMasterKeys(settings);
    const found = await inWords(async () => {
      const checked = await checkBackup(masterKeys.byId, path);
      const result = await drill(
        {
          startDatabase: startThrowAway,
          migrate: (url) => migrate({ url }),
          openRecords: (url) => openAllRecords(url, settings),
        },
        checked,
      );
      return { ...result, header: checked.header };
    });
    const failed = [...found.unreadable].map(([kind, number]) => `${kind} (${number})`);
    const isWell = found.different.length === 0 && failed.length === 0;
    const text = [
      `${isWell ? 'This backup is good.' : 'THIS BACKUP IS NOT GOOD.'} It was made on ${found.header.made_at} of Keyrail ${found.header.keyrail} (${found.header.schema}, PostgreSQL ${found.header.postgres}).`,
      found.different.length === 0
        ? `Restored and compared: ${count(found.rows, 'row')} of ${count(found.tables, 'table')}, all as they were backed up.`
        : `These tables came back otherwise than they were backed up: ${found.different.join(', ')}.`,
      failed.length === 0
        ? `Opened with the master key ${found.header.master_key}: ${count(found.opened, 'secret')}, all there are.`
        : `Opened with the master key ${found.header.master_key}: ${count(found.opened, 'secret')}. These do not open: ${failed.join(', ')}. They were damaged when the backup was made: "npm run keyrail -- doctor" names them.`,
      'The database of the drill was removed.',
    ].join('\n');
    return { text, code: isWell ? 0 : 1 };
  },
};

export const restore: FileCommand = {
  words: ['restore'],
  usage: 'restore FILE',
  about:
    'Writes a backup into an empty database: all of it, or nothing. It needs the master key that the backup was made under. What was restored counts as a possible copy, so its servers send nothing until "instance keep" or "instance copy" says which it is.',
  run: async ({ config, announce }, file) => {
    const path = resolve(file);
    const masterKeys = await openMasterKeys(masterKeySettings(config));
    const checked = await inWords(() => checkBackup(masterKeys.byId, path));
    const database = await borrowDatabase(config);
    try {
      announce(`Restoring ${count(checked.rows, 'row')} …`);
      await inWords(() => restoreBackup(database.url, checked).catch(whereToPutIt(config)));
      await migrate({ url: database.url });
      return [
        `Restored: ${count(checked.rows, 'row')} of ${count(checked.tables, 'table')}, as they were on ${checked.header.made_at}.`,
        `It is under the master key ${checked.header.master_key}; its servers need that one.`,
        'What changed after the backup is not in it. A tool that has given a newer token since may refuse the restored one: that connection then asks for a new sign-in.',
        'Servers on it pause until you say which it is: "npm run keyrail -- instance keep" if it takes the place of the original, which no other Keyrail works on any more; "npm run keyrail -- instance copy" if the original lives on.',
      ].join('\n');
    } finally {
      await database.release();
    }
  },
};

/** The folder is where a person would look first; where the database is their own, it is theirs to make. */
function whereToPutIt(config: Config): (error: unknown) => never {
  return (error) => {
    if (error instanceof BackupError && /is not empty/.test(error.message)) {
      const how =
        config.databaseUrl === null
          ? `Stop the server, move its data away (mv "${config.dataDir}" "${config.dataDir}-before") and give the command again, or name another folder with KEYRAIL_DATA_DIR (and the key file with KEYRAIL_MASTER_KEY_FILE).`
          : 'Make an empty database, name it with DATABASE_URL, and give the command again.';
      throw new BackupError(`${error.message} ${how}`, { cause: error });
    }
    throw error;
  };
}

/** Tokens that wait for the database are on this machine's disk, and not in the backup. */
async function journalWords({ journalDir }: Config): Promise<string[]> {
  const names = await readdir(journalDir).catch(() => []);
  const waiting = names.filter((name) => /^tkn_.*\.json$/.test(name)).length;
  if (waiting === 0) return [];
  return [
    `${count(waiting, 'new access token')} in ${journalDir} ${waiting === 1 ? 'has' : 'have'} not come into the database yet and ${waiting === 1 ? 'is' : 'are'} not in the backup. A running server brings ${waiting === 1 ? 'it' : 'them'} in by itself: back up again then, or copy the folder, too.`,
  ];
}

/** What is the person's to put right comes without a stack. */
async function inWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BackupError) throw new StartRefused(error.message, { cause: error });
    throw error;
  }
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}

function size(bytes: number): string {
  const mega = bytes / 1_000_000;
  return mega < 1 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${mega.toFixed(1)} MB`;
}

function quoted(file: string): string {
  return /^[\w./~+-]+$/.test(file) ? file : `"${file}"`;
}
