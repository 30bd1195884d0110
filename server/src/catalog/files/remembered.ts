import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CatalogEntry } from '../catalog-entry.ts';
import { isSame, type Stamp, stampOf } from './folder-files.ts';
import type { Place } from './pack.ts';

/**
 * What earlier starts read from catalog files, so that the next need not parse and check them again: a pack (pack.ts) for each
 * folder. It lies among the installed packages, which are trusted as much as the catalog itself: who could write there could
 * change the program.
 */
export const memoryFolder: string = fileURLToPath(
  new URL('../../../../node_modules/.cache/keyrail', import.meta.url),
);

export interface Remembered {
  code: Code;
  /** By the names of what they describe; those without at the end. */
  files: readonly RememberedFile[];
}

/** What came of reading one file. */
export interface RememberedFile {
  name: string;
  /** Null: it had just been changed when it was read, so that its text must be looked at once more. */
  stamp: Stamp | null;
  sum: string;
  /** Null: it has problems. */
  entry: CatalogEntry | null;
  place: Place | null;
  slugAt: { line: number; column: number };
  /** What it says its slug is, also where it has problems; null: that cannot be read. */
  slug: string | null;
  problems: readonly { line: number; column: number; message: string }[];
}

/** The code that reads and checks: what another one said of a file says nothing. */
export interface Code {
  stamp: string;
  sum: string;
}

/** One memory for each folder and what else decides what comes of its files. */
export function memoryOf(folder: string, origin: string, decidedBy: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([folder, ...decidedBy]));
  return `catalog-${origin}-${hash.digest('hex').slice(0, 20)}.pack`;
}

export function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}

/** A change within this time may leave no trace in the times of a file, which file systems count in steps. */
const STEP_MS = 2_000;

export function lastingStamp(stamp: Stamp | null, readAt: number): Stamp | null {
  const isOld = stamp !== null && Math.max(stamp.modified, stamp.changed) < readAt - STEP_MS;
  return isOld ? stamp : null;
}

const ROOM = fileURLToPath(new URL('..', import.meta.url));
/** Written by npm with what is installed. */
const INSTALLED = fileURLToPath(new URL('../../../../node_modules/.package-lock.json', import.meta.url));

/** As it is now; its texts are read only where a file is not the one that was read last. */
export function codeNow(last: Code | null): Code {
  const files = [...programFiles(), INSTALLED].map((file) => ({ file, stamp: stampOf(file) }));
  const isFresh = files.some(({ stamp }) => lastingStamp(stamp, Date.now()) === null);
  const stamp = isFresh ? '' : sumOf(JSON.stringify([process.version, files]));
  if (last !== null && stamp !== '' && stamp === last.stamp) return last;
  const hash = createHash('sha256').update(process.version);
  for (const { file } of files) hash.update(`\0${file}\0`).update(textOf(file));
  return { stamp, sum: hash.digest('base64') };
}

/** All of this room: what a file comes to is decided in several of its folders. */
export function programFiles(): string[] {
  const names = readdirSync(ROOM, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => /(?<!test)\.ts$/.test(name))
    .sort()
    .map((name) => join(ROOM, name));
}

function textOf(file: string): Buffer | string {
  try {
    return readFileSync(file);
  } catch {
    return '';
  }
}

/** The file is the one that was read: not even its text has to be looked at. */
export function isAsRead(file: RememberedFile | undefined, stamp: Stamp | null): file is RememberedFile {
  return file !== undefined && isSame(file.stamp, stamp);
}

/** So many memories of each origin are kept: those of folders that are not read any more make way. */
const MOST_KEPT = 16;
/** No writer takes so long: what it left behind is of one that was killed. */
const WRITING_MS = 86_400_000;

export async function tidy(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => ({
      name,
      file: join(folder, name),
      at: (await timeOf(join(folder, name))) ?? 0,
    })),
  );
  const packs = found
    .filter(({ name }) => /^catalog-\w+-[0-9a-f]{20}\.pack$/.test(name))
    .sort((a, b) => b.at - a.at);
  const beyond = ['built_in', 'user'].flatMap((origin) =>
    packs.filter(({ name }) => name.startsWith(`catalog-${origin}-`)).slice(MOST_KEPT),
  );
  const left = found.filter(
    ({ name, at }) => /^catalog[^/]*\.(partial|json)$/.test(name) && at < Date.now() - WRITING_MS,
  );
  for (const { file } of [...beyond, ...left]) await rm(file, { force: true }).catch(() => {});
}

async function timeOf(file: string): Promise<number | null> {
  return (await stat(file).catch(() => null))?.mtimeMs ?? null;
}
