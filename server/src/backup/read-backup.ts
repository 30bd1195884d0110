import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { MasterKey } from '../vault/master-key.ts';
import { BackupError, type BackupHeader } from './file-format.ts';
import { decodeFrames, type Frame, type Note } from './frames.ts';
import { openFile, readHeader } from './open-file.ts';
import { fileKey } from './seal-file.ts';

/** A backup whose key is at hand and which was read to its end: every byte of it is as it was written. */
export interface CheckedBackup {
  header: BackupHeader;
  key: MasterKey;
  tables: number;
  rows: number;
  migrations: Extract<Note, { kind: 'schema' }>['migrations'];
  /** From the beginning, as often as wanted. */
  frames(): AsyncGenerator<Frame>;
}

/** The key first, then the whole file, before anything is written anywhere. Throws `BackupError`. */
export async function checkBackup(
  masterKey: (id: string) => Promise<MasterKey | null>,
  path: string,
): Promise<CheckedBackup> {
  const { header } = await readHeader(path);
  const key = await masterKey(header.master_key);
  if (key === null) {
    throw new BackupError(
      `${path} opens with the master key ${header.master_key} alone, and this machine does not have it. Give that key with KEYRAIL_MASTER_KEY, or name its file with KEYRAIL_MASTER_KEY_FILE. Nothing was written.`,
    );
  }
  const frames = () => framesOf(path, header, key);
  let migrations: CheckedBackup['migrations'] = [];
  let end: Extract<Note, { kind: 'end' }> | null = null;
  for await (const frame of frames()) {
    if (end !== null) throw new Error('the backup goes on after its end');
    if (frame.kind === 'note' && frame.note.kind === 'schema') migrations = frame.note.migrations;
    if (frame.kind === 'note' && frame.note.kind === 'end') end = frame.note;
  }
  if (end === null) throw new BackupError(`${path} has no end: it is not whole.`);
  return { header, key, migrations, tables: end.tables, rows: end.rows, frames };
}

async function* framesOf(path: string, header: BackupHeader, key: MasterKey): AsyncGenerator<Frame> {
  const unpacked = createGunzip();
  const sealed = Readable.from(openFile(path, fileKey(key, header)));
  sealed.on('error', (error) => unpacked.destroy(error));
  try {
    yield* decodeFrames(sealed.pipe(unpacked));
  } finally {
    sealed.destroy();
    unpacked.destroy();
  }
}
