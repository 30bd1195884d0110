import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Clock } from '../lib/clock.ts';
import type { MasterKey } from '../vault/master-key.ts';
import { BackupError, type BackupHeader } from './file-format.ts';
import { encodeFrame, type Frame } from './frames.ts';
import { fileKey, sealFile } from './seal-file.ts';
import { openSnapshot, type Snapshot } from './store/read-snapshot.ts';

interface MakeBackupDeps {
  clock: Clock;
  /** Null: this machine does not have it. */
  masterKey: (id: string) => Promise<MasterKey | null>;
  /** Whether the key opens what the database keeps to tell. */
  opensCanary: (key: MasterKey, canary: string) => boolean;
  /** For the person who waits. */
  announce: (message: string) => void;
}

export interface MadeBackup {
  header: BackupHeader;
  tables: number;
  rows: number;
  bytes: number;
  foreign: string[];
}

/** Nobody writes for so long without a byte: a killed backup left it. */
const LEFT_MS = 60 * 60_000;
const GZIP_LEVEL = 1;

/**
 * Writes everything of one moment into a file, while the servers go on working. The file is written beside its place and
 * renamed when it is whole and on the disk, so that under its name stands a whole backup or nothing. Throws `BackupError`.
 */
export async function makeBackup(deps: MakeBackupDeps, url: string, path: string): Promise<MadeBackup> {
  await refuseTaken(path);
  const snapshot = await openSnapshot(url, () =>
    deps.announce('The database is being migrated or restored. The backup waits for that.'),
  );
  if (snapshot === null) {
    throw new BackupError('There is nothing to back up: no server has worked on this database yet.');
  }
  const beside = `${path}.${randomBytes(4).toString('hex')}.partial`;
  try {
    const key = await keyOf(deps, snapshot);
    const header = headerOf(deps, snapshot, key);
    await removeLeft(path);
    const seen = { tables: 0, rows: 0 };
    await pipeline(
      Readable.from(encoded(snapshot.read(), seen)),
      createGzip({ level: GZIP_LEVEL }),
      sealFile(header, fileKey(key, header)),
      createWriteStream(beside, { flags: 'wx', mode: 0o600, flush: true }),
    );
    const { size } = await stat(beside);
    await refuseTaken(path);
    await rename(beside, path);
    await syncFolder(dirname(path));
    return { header, ...seen, bytes: size, foreign: snapshot.foreign };
  } catch (error) {
    throw inWords(error, path);
  } finally {
    await rm(beside, { force: true });
    await snapshot.close();
  }
}

async function keyOf(deps: MakeBackupDeps, { canary, neededKeyId }: Snapshot): Promise<MasterKey> {
  const id = canary?.split('.')[1] ?? neededKeyId;
  if (id === null || canary === null) {
    throw new BackupError(
      'There is nothing to back up: the first start of the server on this database did not end.',
    );
  }
  const key = await deps.masterKey(id);
  if (key === null) {
    throw new BackupError(
      `The database is under the master key ${id}, and this machine does not have it. A backup is encrypted with it: give it with KEYRAIL_MASTER_KEY or KEYRAIL_MASTER_KEY_FILE, as the server gets it.`,
    );
  }
  if (!deps.opensCanary(key, canary)) {
    throw new BackupError(
      `The master key ${id} is the right one, but the database's check record does not open: it was changed. Look at "npm run keyrail -- doctor" before you back up.`,
    );
  }
  return key;
}

function headerOf({ clock }: MakeBackupDeps, snapshot: Snapshot, key: MasterKey): BackupHeader {
  return {
    format: 1,
    made_at: clock.now().toISOString(),
    keyrail: snapshot.release,
    schema: snapshot.schema,
    postgres: snapshot.postgres,
    instance: snapshot.instance,
    master_key: key.id,
    salt: randomBytes(16).toString('base64url'),
  };
}

async function* encoded(
  frames: AsyncIterable<Frame>,
  seen: { tables: number; rows: number },
): AsyncGenerator<Buffer> {
  for await (const frame of frames) {
    if (frame.kind === 'note' && frame.note.kind === 'end') {
      seen.tables = frame.note.tables;
      seen.rows = frame.note.rows;
    }
    yield encodeFrame(frame);
  }
}

async function refuseTaken(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere)
    throw new BackupError(
      `There is a file ${path} already. Give the backup another name: no backup is written over.`,
    );
}

/** What killed backups of this name left beside it. */
async function removeLeft(path: string): Promise<void> {
  const name = basename(path);
  for (const other of await readdir(dirname(path))) {
    if (!other.startsWith(`${name}.`) || !/^\.[0-9a-f]{8}\.partial$/.test(other.slice(name.length))) continue;
    const left = join(dirname(path), other);
    const { mtimeMs } = await stat(left);
    if (Date.now() - mtimeMs > LEFT_MS) await rm(left, { force: true });
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function inWords(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  const why: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk is full for this user',
    EFBIG: 'the file became larger than this machine allows',
    ENOENT: 'there is no such folder',
    EACCES: 'this user may not write there',
    EROFS: 'nothing can be written there',
  };
  const said = typeof code === 'string' ? why[code] : undefined;
  if (said === undefined) return error;
  return new BackupError(`The backup could not be written to ${path}: ${said}. Nothing of it was kept.`, {
    cause: error,
  });
}
