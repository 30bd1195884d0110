import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';

/**
 * Many texts in one file, each read when it is asked for:
 *
 *   head, one line of 64 characters: "keyrail-pack 1", length and checksum of the index, length of the texts
 *   index, JSON
 *   texts, one behind the other; where each begins is for the index to say
 *
 * A file is written beside its place and moved there, so that whoever opens it has it whole. Who has it open keeps what it had
 * when another takes its place.
 */
export interface Pack<Index> {
  index: Index;
  /** The text at this place; null where it is not what was written there. */
  read(place: Place): string | null;
}

/** Counted in bytes from the first text. */
export interface Place {
  at: number;
  length: number;
  sum: number;
}

const HEAD_LENGTH = 64;
const HEAD = /^keyrail-pack 1 (\d+) (\d+) (\d+) *\n$/;

/** Null where there is none, or it is not whole. */
export function openPack<Index>(file: string): Pack<Index> | null {
  let handle: number | null = null;
  try {
    handle = openSync(file, 'r');
    const [, indexLength, indexSum, textsLength] =
      HEAD.exec(bytesAt(handle, 0, HEAD_LENGTH).toString('latin1')) ?? [];
    const textsAt = HEAD_LENGTH + Number(indexLength);
    if (fstatSync(handle).size !== textsAt + Number(textsLength)) throw new Error('not whole');
    const index = bytesAt(handle, HEAD_LENGTH, Number(indexLength));
    if (crc32(index) !== Number(indexSum)) throw new Error('changed');
    return packAt(handle, textsAt, JSON.parse(index.toString('utf8')) as Index);
  } catch {
    if (handle !== null) closeSync(handle);
    return null;
  }
}

const OWN = 0o600;

/** Writes it and has it open. Where it cannot be written it is kept in memory: slower at the next start, nothing else. */
export function writePack<Index>(
  file: string,
  index: Index,
  texts: readonly Buffer[],
  mode: number = OWN,
): Pack<Index> {
  const body = Buffer.concat(texts);
  const indexBytes = Buffer.from(JSON.stringify(index), 'utf8');
  const head = `keyrail-pack 1 ${indexBytes.length} ${crc32(indexBytes)} ${body.length}`;
  const partial = `${file}.${randomBytes(4).toString('hex')}.partial`;
  let handle: number | null = null;
  try {
    mkdirSync(dirname(file), { recursive: true });
    handle = openSync(partial, 'wx+', mode);
    const all = Buffer.concat([Buffer.from(`${head.padEnd(HEAD_LENGTH - 1)}\n`, 'latin1'), indexBytes, body]);
    for (let written = 0; written < all.length; ) written += writeSync(handle, all, written);
    renameSync(partial, file);
    return packAt(handle, HEAD_LENGTH + indexBytes.length, index);
  } catch {
    if (handle !== null) closeSync(handle);
    takeAway(partial);
    return { index, read: (place) => checked(body.subarray(place.at, place.at + place.length), place) };
  }
}

function takeAway(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Its folder is none, or may not be written: then it is not there either.
  }
}

/** What a text is found by again, once it stands behind `at` bytes of others. */
export function placeOf(text: Buffer, at: number): Place {
  return { at, length: text.length, sum: crc32(text) };
}

/** Closes a file when nobody can read from it any more; a server has two open for as long as it runs. */
const unused = new FinalizationRegistry<number>((handle) => closeSync(handle));

function packAt<Index>(handle: number, textsAt: number, index: Index): Pack<Index> {
  const opened = { handle };
  unused.register(opened, handle);
  return {
    index,
    read: (place) => {
      try {
        return checked(bytesAt(opened.handle, textsAt + place.at, place.length), place);
      } catch {
        return null;
      }
    },
  };
}

function checked(bytes: Buffer, { length, sum }: Place): string | null {
  return bytes.length === length && crc32(bytes) === sum ? bytes.toString('utf8') : null;
}

function bytesAt(handle: number, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  for (let read = 0; read < length; ) {
    const count = readSync(handle, bytes, read, length - read, from + read);
    if (count === 0) throw new Error('not whole');
    read += count;
  }
  return bytes;
}
