import { randomBytes } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entryIn, entryText, type SealedEntry } from './journal-entry.ts';

/**
 * New tokens that the database could not take when they came: kept in a folder until their rows have them. Every process of
 * this machine sees the same folder; each file is one token.
 *
 *   written beside (fsync) → renamed (fsync of the folder) → in the row → removed
 *                                                          → put aside, where nothing can be done with it
 *
 * Where the folder cannot be written, an entry is kept in memory, and written as soon as that works.
 */
export interface Journal {
  /** Resolves to where it is now. */
  keep(entry: SealedEntry): Promise<'disk' | 'memory'>;
  /** Oldest token first, and of one generation the newest lease first; `id`: of one row alone. */
  entries(id?: string): Promise<Kept[]>;
  /** Its row has it, or it is of no use any more. */
  remove(kept: Kept): Promise<void>;
  /** False: another process was faster. */
  putAside(kept: Kept): Promise<boolean>;
  /** Whether anything is in memory alone, and would be lost with this process. */
  isOnlyInMemory(): boolean;
  /** Makes the folder, and takes in what a process left half-way. */
  prepare(): Promise<void>;
}

export interface Kept {
  name: string;
  /** Null: it is no entry, or only half of one. */
  entry: SealedEntry | null;
}

interface Deps {
  /** Null: none; then memory is all there is. */
  folder: string | null;
  log: { warn(fields: object, message: string): void };
}

const ASIDE = 'aside';
const NAME = /^(tkn_[0-9a-z]+)\.(\d+)\.(\d+)\.json$/;
const BESIDE = /^\.(tkn_[0-9a-z]+\.\d+\.\d+\.json)\.[0-9a-f]+$/;
/** Nobody takes longer to write one: it was left. */
const LEFT_MS = 60_000;
const KEPT_ASIDE_MS = 30 * 86_400_000;
/** Two tokens of 16 KB, sealed twice, are less. */
const LONGEST = 512 * 1024;

export function createJournal({ folder, log }: Deps): Journal {
  const inMemory = new Map<string, SealedEntry>();
  const given = new Set<string>();

  /** A folder that cannot be read keeps nobody from what is in memory. */
  async function onDisk(id: string | undefined): Promise<Kept[]> {
    if (folder === null) return [];
    try {
      const names = (await readdir(folder)).filter((name) => NAME.test(name));
      const wanted = names.filter((name) => id === undefined || name.startsWith(`${id}.`));
      const read = await Promise.all(wanted.map((name) => readEntry(folder, name)));
      return read.filter((kept) => kept !== null);
    } catch (error) {
      if (!isGone(error) && !given.has(folder)) {
        given.add(folder);
        log.warn({ err: error, folder }, 'the journal of new tokens cannot be read');
      }
      return [];
    }
  }

  async function toDisk(name: string, entry: SealedEntry): Promise<boolean> {
    if (folder === null) return false;
    try {
      await write(folder, name, entryText(entry));
      return true;
    } catch (error) {
      // Said once for each, however often it is tried.
      if (!given.has(name)) {
        log.warn({ err: error, folder }, 'the journal of new tokens cannot be written: kept in memory');
        given.add(name);
      }
      return false;
    }
  }

  return {
    keep: async (entry) => {
      const name = nameOf(entry);
      inMemory.set(name, entry);
      if (!(await toDisk(name, entry))) return 'memory';
      inMemory.delete(name);
      given.delete(name);
      return 'disk';
    },
    entries: async (id) => {
      const here = [...inMemory].filter(([, entry]) => id === undefined || entry.id === id);
      return [...(await onDisk(id)), ...here.map(([name, entry]) => ({ name, entry }))].sort(byAge);
    },
    remove: async ({ name }) => {
      inMemory.delete(name);
      if (folder !== null) await unlink(join(folder, name)).catch(unlessGone);
    },
    putAside: async ({ name }) => {
      const wasHere = inMemory.delete(name);
      if (folder === null || !(await isThere(join(folder, name)))) return wasHere;
      await mkdir(join(folder, ASIDE), { recursive: true, mode: 0o700 });
      const isMoved = await rename(join(folder, name), join(folder, ASIDE, name)).then(
        () => true,
        (error) => unlessGone(error) ?? false,
      );
      return isMoved || wasHere;
    },
    isOnlyInMemory: () => inMemory.size > 0,
    prepare: async () => {
      if (folder === null) return;
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await chmod(folder, 0o700);
        // Found out now rather than when it is needed.
        const probe = join(folder, `.probe.${randomBytes(6).toString('hex')}`);
        await writeFile(probe, '', { mode: 0o600 });
        await unlink(probe);
        await takeIn(folder);
        await forgetAside(folder);
      } catch (error) {
        log.warn({ err: error, folder }, 'the folder for the journal of new tokens cannot be used');
      }
    },
  };
}

function nameOf({ id, generation, leaseGeneration }: SealedEntry): string {
  return `${id}.${generation}.${leaseGeneration}.json`;
}

/** After this returns it is there after a power cut, too: the file's content first, then its name. */
async function write(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const beside = join(folder, `.${name}.${randomBytes(6).toString('hex')}`);
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, join(folder, name));
  } catch (error) {
    await unlink(beside).catch(() => {});
    throw error;
  }
  const directory = await open(folder, 'r');
  await directory.sync().finally(() => directory.close());
}

/** Null: another process has just removed it. */
async function readEntry(folder: string, name: string): Promise<Kept | null> {
  try {
    const path = join(folder, name);
    if ((await stat(path)).size > LONGEST) return { name, entry: null };
    const entry = entryIn(await readFile(path, 'utf8'));
    // A file under another's name is none of ours.
    return { name, entry: entry !== null && nameOf(entry) === name ? entry : null };
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** What nobody looked at for so long, nobody will. */
async function forgetAside(folder: string): Promise<void> {
  for (const name of await readdir(join(folder, ASIDE)).catch(() => [])) {
    const path = join(folder, ASIDE, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > KEPT_ASIDE_MS) await unlink(path).catch(unlessGone);
  }
}

/** A process that ended between writing and renaming left a whole entry. One that is not whole was never relied on. */
async function takeIn(folder: string): Promise<void> {
  for (const left of await readdir(folder)) {
    const name = BESIDE.exec(left)?.[1];
    if (name === undefined) continue;
    const path = join(folder, left);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs < LEFT_MS) continue;
    const entry = entryIn(await readFile(path, 'utf8'));
    if (entry !== null && nameOf(entry) === name) await rename(path, join(folder, name)).catch(unlessGone);
    else await unlink(path).catch(unlessGone);
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error) => unlessGone(error) ?? false,
  );
}

function unlessGone(error: unknown): undefined {
  if (!isGone(error)) throw error;
}

/** Also where there is no folder at all, but something else in its place. */
function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

function byAge(one: Kept, other: Kept): number {
  const [, , generation = '', lease = ''] = NAME.exec(one.name) ?? [];
  const [, , otherGeneration = '', otherLease = ''] = NAME.exec(other.name) ?? [];
  return Number(generation) - Number(otherGeneration) || Number(otherLease) - Number(lease);
}
