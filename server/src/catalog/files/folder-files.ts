import { constants, readdirSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** A file as the folder shows it, without opening it. */
export interface FolderFile {
  name: string;
  stamp: Stamp | null;
}

/**
 * What tells whether a file is the one that was read: size, time of the last change, and of the last change of anything about
 * it, which no copying and no `touch` sets back.
 */
export interface Stamp {
  size: number;
  modified: number;
  changed: number;
}

export type ReadText =
  | { kind: 'text'; text: string; parts: number }
  | { kind: 'unreadable'; message: string; line: number };

const LARGEST_FILE_BYTES = 256 * 1024;
/** Of a folder of one's own; each takes some milliseconds to read and check for the first time. */
export const MOST_FILES = 2_000;
/** Of them all: as much as so many files usually are. */
export const MOST_BYTES = 20 * 1024 * 1024;
/**
 * A text takes time by its parts, some millionths of a second each, however long it is: 256 KB as they are usually written have 30,000,
 * and made to be slow ten times as many.
 */
const MOST_PARTS = 40_000;
/** Of files that are new or changed, at one start: as many as 2,000 files usually have. */
export const MOST_PARTS_AT_A_START = 2_500_000;

/** Of a folder of one's own, as many as are read, the first by name, and what to say where that is not all. */
export function within(files: readonly FolderFile[]): { files: FolderFile[]; tooMany: string | null } {
  let bytes = 0;
  const taken = files.slice(0, MOST_FILES).filter(({ stamp }) => {
    // Larger ones are not read.
    const size = stamp === null || stamp.size > LARGEST_FILE_BYTES ? 0 : stamp.size;
    bytes += size;
    return size === 0 || bytes <= MOST_BYTES;
  });
  const tooMany =
    files.length > MOST_FILES
      ? `There are ${files.length} files in this folder; the first ${MOST_FILES} by name are read. Take away what is not used.`
      : bytes > MOST_BYTES
        ? `The files in this folder are more than ${MOST_BYTES / 1024 / 1024} MB together; the first ${taken.length} by name are read. Take away what is not used.`
        : null;
  return { files: taken, tooMany };
}

/** In the order of their names. Names that begin with a dot are editors' and systems' own. Throws where the folder cannot be read. */
export function filesIn(folder: string): FolderFile[] {
  const names = readdirSync(folder).filter((name) => /^[^.].*\.ya?ml$/is.test(name));
  return names.sort().map((name) => ({ name, stamp: stampOf(join(folder, name)) }));
}

/** Null where there is no such file, or it is none that could be read. */
export function stampOf(file: string): Stamp | null {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found === undefined || !found.isFile()) return null;
    return { size: found.size, modified: found.mtimeMs, changed: found.ctimeMs };
  } catch {
    return null;
  }
}

export function isSame(a: Stamp | null, b: Stamp | null): boolean {
  return (
    a !== null && b !== null && a.size === b.size && a.modified === b.modified && a.changed === b.changed
  );
}

/** At most 256 KB of UTF-8. Nothing waits for what never ends, such as a pipe that somebody put there. */
export async function readText(file: string): Promise<ReadText> {
  let handle: FileHandle | null = null;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    if (!found.isFile()) return unreadable('This is not a file.');
    const bytes = Buffer.alloc(Math.min(found.size, LARGEST_FILE_BYTES) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      ({ bytesRead: read } = await handle.read(bytes, length, bytes.length - length, length));
    if (length > LARGEST_FILE_BYTES) return unreadable('The file is larger than 256 KB.');
    return decoded(bytes.subarray(0, length));
  } catch (error) {
    return unreadable(`The file cannot be read (${reasonOf(error)}).`);
  } finally {
    await handle?.close();
  }
}

function decoded(bytes: Buffer): ReadText {
  const { parts, endOfMost } = countParts(bytes);
  if (endOfMost !== null) {
    const line = bytes.subarray(0, endOfMost).toString('latin1').split('\n').length;
    return unreadable(TOO_MANY_PARTS, line);
  }
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), parts };
  } catch {
    const before = bytes.toString('utf8').split('\uFFFD', 1)[0] ?? '';
    return unreadable('The file is not text in UTF-8. Save it as such.', before.split('\n').length);
  }
}

const TOO_MANY_PARTS = `The file has more than ${MOST_PARTS.toLocaleString('en')} parts (lines, colons, commas, brackets) up to here; no integration needs so many. Take away what is not used.`;
const PART = new Set(Buffer.from('\n:,[]{}'));

/** `endOfMost`: where the last one is that a file may have; null: it has not so many. */
function countParts(bytes: Buffer): { parts: number; endOfMost: number | null } {
  let parts = 0;
  for (let at = 0; at < bytes.length; at++) {
    if (!PART.has(bytes[at] ?? 0)) continue;
    parts += 1;
    if (parts > MOST_PARTS) return { parts, endOfMost: at };
  }
  return { parts, endOfMost: null };
}

function unreadable(message: string, line = 1): ReadText {
  return { kind: 'unreadable', message, line };
}

export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  return REASONS[code] ?? code;
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is none of this name',
  ENOTDIR: 'what has this name is no folder',
  EACCES: 'the user that the server runs as may not',
  ELOOP: 'a link that leads back to itself',
};
