import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type MasterKey, MasterKeyError, parseMasterKey } from './master-key.ts';

/** Where the key stands that is to take the place of the one in the file. */
export function nextKeyFile(path: string): string {
  return `${path}.next`;
}

/** Where one stands that was in the file before. */
export function keyFileOfId(path: string, id: string): string {
  return `${path}.${id}`;
}

/** The key in the file, or null where there is no file. A file others can read is refused. */
export async function readKeyFile(path: string): Promise<MasterKey | null> {
  const found = await stat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw unreadable(path, error);
  });
  if (found === null) return null;
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw new MasterKeyError(
      `The master key file ${path} can be read by others on this machine. Run: chmod 600 "${path}"`,
    );
  }
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return parseMasterKey(text, `The master key file ${path}`);
}

/**
 * Makes the file, mode 0600, whole or not at all: written beside it, then linked, which fails where somebody else
 * was first. Then theirs is the key. True where this call made it.
 */
export async function makeKeyFile(path: string): Promise<boolean> {
  const written = `${path}.${randomBytes(6).toString('hex')}.new`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  try {
    await writeDurably(written, `${randomBytes(32).toString('base64')}\n`);
    await link(written, path);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw new MasterKeyError(`The master key file ${path} cannot be made.`, { cause: error });
  } finally {
    await rm(written, { force: true });
  }
}

/**
 * The next key takes its place: the one in the file is kept beside it under its id, then the new one is moved over it. Cut off
 * anywhere, both are there, and the same again ends it.
 */
export async function promoteNextKey(path: string): Promise<{ keptAs: string | null }> {
  const [before, next] = [await readKeyFile(path), await readKeyFile(nextKeyFile(path))];
  if (next === null) return { keptAs: null };
  const keptAs = before === null || before.id === next.id ? null : keyFileOfId(path, before.id);
  try {
    if (keptAs !== null) await link(path, keptAs).catch(unlessThere);
    await rename(nextKeyFile(path), path);
    await syncFolder(dirname(path));
  } catch (error) {
    throw new MasterKeyError(`The master key file ${path} cannot be replaced.`, { cause: error });
  }
  return { keptAs };
}

/** Makes room for another: the file is kept beside under the id of its key. */
export async function setAsideKeyFile(path: string, id: string): Promise<void> {
  await rename(path, keyFileOfId(path, id));
}

function unlessThere(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  // The mask of the process may have taken bits away, never added any; an exact mode is what the check wants.
  await chmod(path, 0o600);
}

function unreadable(path: string, cause: unknown): MasterKeyError {
  return new MasterKeyError(`The master key file ${path} cannot be read.`, { cause });
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
