import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { StartRefused } from '../../lib/start-refused.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import type { Place } from './place.ts';

/** The environment PostgreSQL sees: nothing of ours, so that no LANG, LC_ or PG variable changes how it behaves. */
export const postgresEnvironment = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

const SUPERUSER = 'keyrail';
export const DATABASE = 'keyrail';

/**
 * Makes the data folder where there is none, and returns the password. initdb works in a folder of its own that is
 * renamed when whole: killed half-way it leaves nothing that looks like data.
 */
export function ensureCluster(
  place: Place,
  binaries: Binaries,
  account: Account,
  { durable, dataDir }: { durable: boolean; dataDir: string },
): string {
  if (existsSync(join(place.data, 'PG_VERSION'))) {
    checkVersion(place, binaries, dataDir);
    return readPassword(place);
  }
  const password = randomBytes(24).toString('base64url');
  const partial = join(place.home, 'data.new');
  const passwordForInitdb = join(place.home, 'password.new');
  rmSync(partial, { recursive: true, force: true });
  makePrivateFolder(partial, account);
  writeFileSync(passwordForInitdb, password, { mode: 0o600 });
  if (account) chownSync(passwordForInitdb, account.uid, account.gid);
  try {
    runInitdb(binaries, partial, passwordForInitdb, account, durable);
    rmSync(passwordForInitdb);
    // The password is in place before the data is: data without its password would be lost to us.
    writeFileSync(place.passwordFile, password, { mode: 0o600 });
    renameSync(partial, place.data);
  } finally {
    rmSync(passwordForInitdb, { force: true });
  }
  return password;
}

/** Holds the password: never log it. */
export function addressOf(place: Place, password: string, database: string): string {
  const host = encodeURIComponent(place.socket);
  return `postgres://${SUPERUSER}:${password}@localhost:5432/${database}?host=${host}`;
}

/**
 * A folder for PostgreSQL's user alone. One that is there already must be its or ours: in a folder that everybody may write to
 * (a socket in /tmp), somebody else could have put theirs, or a link, in its place.
 */
export function makePrivateFolder(folder: string, account: Account): void {
  mkdirSync(dirname(folder), { recursive: true });
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const { uid, isDirectory } = ownerOf(folder);
    if (!isDirectory || (uid !== process.getuid?.() && uid !== account?.uid)) {
      throw new StartRefused(`${folder} belongs to somebody else. Remove it, then start again.`, {
        cause: error,
      });
    }
    chmodSync(folder, 0o700);
  }
  if (account) chownSync(folder, account.uid, account.gid);
}

function ownerOf(path: string): { uid: number; isDirectory: boolean } {
  const stats = lstatSync(path);
  return { uid: stats.uid, isDirectory: stats.isDirectory() };
}

function runInitdb(
  binaries: Binaries,
  data: string,
  passwordFile: string,
  account: Account,
  durable: boolean,
): void {
  // The builtin provider gives UTF-8 and the same order of text on every machine, whatever locales it has.
  const result = spawnSync(
    binaries.initdb,
    [
      `--pgdata=${data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      // Iterations slow the guessing of weak passwords down. Ours has 192 random bits, and every connection would pay.
      '--set=scram_iterations=16',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    ],
    {
      env: postgresEnvironment,
      cwd: '/',
      encoding: 'utf8',
      ...(account ? { uid: account.uid, gid: account.gid } : {}),
    },
  );
  if (result.status === 0) return;
  const words = (result.error?.message ?? `${result.stderr}${result.stdout}`).trim().slice(-1500);
  throw new StartRefused(
    `The embedded PostgreSQL could not make its data folder ${data}. It said:\n${words}\n` +
      'Put that right, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

/**
 * PostgreSQL cannot open the data of another major version, and its own upgrade needs the programs of both. Backup and restore
 * go across: the release that wrote the data makes the one, this release reads it.
 */
function checkVersion({ data, home }: Place, binaries: Binaries, dataDir: string): void {
  const found = Number.parseInt(readFileSync(join(data, 'PG_VERSION'), 'utf8'), 10);
  if (found === binaries.majorVersion) return;
  const before = `${home}-${found}`;
  throw new StartRefused(
    [
      `The data in ${data} was written by PostgreSQL ${found}, and this release of Keyrail brings PostgreSQL ${binaries.majorVersion}, which cannot open it. Nothing was touched.`,
      'To bring the data over:',
      '  1. with the release of Keyrail that ran on it before:',
      `       npm run keyrail -- backup "${dataDir}-${found}.backup"`,
      `       npm run keyrail -- backup verify "${dataDir}-${found}.backup"`,
      '  2. with this release, the server stopped:',
      `       mv "${home}" "${before}"`,
      `       npm run keyrail -- restore "${dataDir}-${found}.backup"`,
      '       npm run keyrail -- instance keep',
      '       npm start',
      `${before} can go when all is well. Until then the release from before runs on it again, once it is moved back.`,
    ].join('\n'),
  );
}

function readPassword(place: Place): string {
  try {
    return readFileSync(place.passwordFile, 'utf8').trim();
  } catch (cause) {
    throw new StartRefused(
      `The data in ${place.data} is there, but the file with its password, ${place.passwordFile}, cannot be read. ` +
        'Put it back from your backup, or start as the user who owns it.',
      { cause },
    );
  }
}
