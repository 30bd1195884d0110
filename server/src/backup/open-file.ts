import { createDecipheriv, createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Secret } from '../lib/secret.ts';
import {
  BackupError,
  type BackupHeader,
  backupHeader,
  CHUNK_BYTES,
  LONGEST_HEADER_BYTES,
  MAGIC,
  nonceOf,
  TAG_BYTES,
} from './file-format.ts';

const SEALED_BYTES = CHUNK_BYTES + TAG_BYTES;

/** The clear part of a file, for which no key is needed. Throws `BackupError` where it is no backup, or of a newer format. */
export async function readHeader(path: string): Promise<{ header: BackupHeader; bytes: Buffer }> {
  const file = await openForReading(path);
  try {
    return await headerOf(file, path);
  } finally {
    await file.close();
  }
}

/**
 * What is in the file, authenticated piece by piece before it is handed out, and nothing after its true end. Throws
 * `BackupError` where a piece does not open. `path` is read anew with each call.
 */
export async function* openFile(path: string, key: Secret<Buffer>): AsyncGenerator<Buffer> {
  const file = await openForReading(path);
  try {
    const { bytes } = await headerOf(file, path);
    const associated = createHash('sha256').update(bytes).digest();
    let position = bytes.length;
    const next = async () => {
      const chunk = await readFully(file, position, SEALED_BYTES);
      position += chunk.length;
      return chunk;
    };
    let sealed = await next();
    for (let number = 0; ; number += 1) {
      const following = sealed.length < SEALED_BYTES ? EMPTY : await next();
      const isLast = following.length === 0;
      const opened = openChunk(key, associated, number, isLast, sealed);
      if (opened === null) {
        // Whole, but not meant to be the last: what came after it is missing.
        const isCutOff = isLast && openChunk(key, associated, number, false, sealed) !== null;
        throw isCutOff || (isLast && number > 0 && sealed.length < TAG_BYTES) ? cutOff(path) : damaged(path);
      }
      if (opened.length > 0) yield opened;
      if (isLast) return;
      sealed = following;
    }
  } finally {
    await file.close();
  }
}

const EMPTY = Buffer.alloc(0);

function openChunk(
  key: Secret<Buffer>,
  associated: Buffer,
  number: number,
  isLast: boolean,
  sealed: Buffer,
): Buffer | null {
  if (sealed.length < TAG_BYTES) return null;
  const decipher = createDecipheriv('aes-256-gcm', key.reveal(), nonceOf(number, isLast), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const opened = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    decipher.final();
    return opened;
  } catch {
    return null;
  }
}

async function headerOf(file: FileHandle, path: string): Promise<{ header: BackupHeader; bytes: Buffer }> {
  const start = await readFully(file, 0, LONGEST_HEADER_BYTES);
  if (!start.subarray(0, MAGIC.length).equals(Buffer.from(MAGIC))) {
    throw new BackupError(`${path} is not a backup that Keyrail made.`);
  }
  const end = start.indexOf(10, MAGIC.length);
  const parsed = end < 0 ? null : safeJson(start.toString('utf8', MAGIC.length, end));
  if (typeof parsed !== 'object' || parsed === null) throw damaged(path);
  const format = 'format' in parsed ? parsed.format : null;
  if (typeof format === 'number' && format > 1) {
    throw new BackupError(
      `${path} was written by a newer Keyrail, in a format that this one does not know. Use that release, or a newer one.`,
    );
  }
  const header = backupHeader.safeParse(parsed);
  if (!header.success) throw damaged(path);
  return { header: header.data, bytes: start.subarray(0, end + 1) };
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    const why = code === 'ENOENT' ? 'There is no such file' : `It cannot be read (${String(code)})`;
    throw new BackupError(`${path}: ${why}.`, { cause });
  }
}

/** Fewer bytes only at the end of the file. */
async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function damaged(path: string): BackupError {
  return new BackupError(
    `${path} is damaged: part of it was changed after it was written. Use another backup.`,
  );
}

function cutOff(path: string): BackupError {
  return new BackupError(
    `${path} ends too early: it was cut off when it was copied or written. Copy it again, or use another backup.`,
  );
}
