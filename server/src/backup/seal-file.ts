import { createCipheriv, createHash } from 'node:crypto';
import { Transform, type TransformCallback } from 'node:stream';
import type { Secret } from '../lib/secret.ts';
import type { MasterKey } from '../vault/master-key.ts';
import { type BackupHeader, CHUNK_BYTES, headerBytes, nonceOf, TAG_BYTES } from './file-format.ts';

/** The key of one file: made from the master key and the file's salt. */
export function fileKey(masterKey: MasterKey, header: Pick<BackupHeader, 'salt'>): Secret<Buffer> {
  return masterKey.derive(`backup ${header.salt}`);
}

/** Bytes in, the whole file out, its clear lines first. */
export function sealFile(header: BackupHeader, key: Secret<Buffer>): Transform {
  const clear = headerBytes(header);
  const associated = createHash('sha256').update(clear).digest();
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let chunks = 0;

  function seal(plaintext: Buffer, isLast: boolean): Buffer {
    const cipher = createCipheriv('aes-256-gcm', key.reveal(), nonceOf(chunks, isLast), {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(associated);
    chunks += 1;
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  const sealer = new Transform({
    transform(part: Buffer, _encoding: BufferEncoding, done: TransformCallback) {
      waiting.push(part);
      waitingBytes += part.length;
      // What fills a chunk exactly waits, too: it may be the last one.
      if (waitingBytes > CHUNK_BYTES) {
        let rest = Buffer.concat(waiting);
        while (rest.length > CHUNK_BYTES) {
          this.push(seal(rest.subarray(0, CHUNK_BYTES), false));
          rest = rest.subarray(CHUNK_BYTES);
        }
        waiting = [Buffer.from(rest)];
        waitingBytes = rest.length;
      }
      done();
    },
    flush(done: TransformCallback) {
      this.push(seal(Buffer.concat(waiting), true));
      done();
    },
  });
  sealer.push(clear);
  return sealer;
}
