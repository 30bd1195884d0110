import { z } from 'zod';

/**
 * A backup file:
 *
 *   Keyrail backup\n
 *   {one line of JSON: what it is, in clear}\n
 *   chunk, chunk, …, last chunk
 *
 * Each chunk is 64 KiB of the compressed stream (the last one less), encrypted with AES-256-GCM under a key made from the
 * master key and this file's own salt. The nonce is the chunk's number and whether it is the last one (the STREAM
 * construction, Hoang, Reyhanitabar, Rogaway and Vizár 2015, as age has it), and the two lines above are authenticated with
 * every chunk: what was cut off, put elsewhere, doubled, or joined from two files does not open.
 */
export const MAGIC = 'Keyrail backup\n';
export const CHUNK_BYTES = 64 * 1024;
export const TAG_BYTES = 16;
export const LONGEST_HEADER_BYTES = 16 * 1024;

/** What anybody may read of a backup, and what is checked before anything else. */
export const backupHeader = z.object({
  format: z.literal(1),
  made_at: z.iso.datetime(),
  /** The release of Keyrail that made it. */
  keyrail: z.string(),
  /** The last migration of what is in it. */
  schema: z.string(),
  /** As the server calls itself, such as 18.4. */
  postgres: z.string(),
  /** Null: the database had no instance id yet. */
  instance: z.string().nullable(),
  /** The master key without which it does not open; never the key itself. */
  master_key: z.string().regex(/^mk_[0-9a-f]+$/),
  /** 16 bytes in base64url, new with each file: no two backups share a key. */
  salt: z.string().regex(/^[\w-]{22}$/),
});
export type BackupHeader = z.output<typeof backupHeader>;

/** The file is not what it should be. The message is for the person, whole: what is wrong and what to do. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}

/** 96 bits: the number of the chunk, and whether it is the last one. */
export function nonceOf(chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(chunk, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

export function headerBytes(header: BackupHeader): Buffer {
  return Buffer.from(`${MAGIC}${JSON.stringify(header)}\n`, 'utf8');
}
