import { isAscii, isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/**
 * Turns the bytes of a file into text, chunk by chunk. What is wrong in them becomes U+FFFD, and `hasSeenInvalid`
 * says from then on that such a character is not the file's own.
 */
export interface Decoder {
  /** Settled by the first character that is not ASCII, at the latest by `end`. */
  readonly encoding: Encoding;
  readonly hasSeenInvalid: boolean;
  write(bytes: Buffer): string;
  end(): string;
}

/**
 * `auto`: a byte order mark decides; else the zeros of UTF-16; else it is UTF-8 if the first bytes that are not ASCII are
 * so, and Windows-1252 otherwise. That is put off until such bytes come, be it in the last line of a gigabyte.
 * `start`: the first bytes of the file, which are to be written all the same.
 */
export function createDecoder(wanted: Encoding | 'auto', start: Buffer): Decoder {
  if (wanted === 'utf-8') return utf8Decoder(true);
  if (wanted !== 'auto') return tableDecoder(wanted);
  const marked = byteOrderMark(start) ?? zerosOfUtf16(start);
  if (marked) return marked === 'utf-8' ? utf8Decoder(true) : tableDecoder(marked);
  return undecided();
}

function byteOrderMark(start: Buffer): Encoding | null {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return null;
}

/** Western text in UTF-16 has a zero in every second byte, and no other text has any. */
function zerosOfUtf16(start: Buffer): Encoding | null {
  const pairs = Math.min(start.length >> 1, 2048);
  const zeros: [even: number, odd: number] = [0, 0];
  for (let at = 0; at < pairs * 2; at++) if (start[at] === 0) zeros[at % 2 === 0 ? 0 : 1] += 1;
  const [even, odd] = zeros;
  if (pairs === 0 || Math.max(even, odd) < pairs * 0.3 || Math.min(even, odd) > pairs * 0.05) return null;
  return even > odd ? 'utf-16be' : 'utf-16le';
}

function undecided(): Decoder {
  let held: Buffer = Buffer.alloc(0);
  let decided: Decoder | null = null;
  const decide = (bytes: Buffer): Decoder => {
    decided = looksLikeUtf8(bytes) ? utf8Decoder(false) : tableDecoder('windows-1252');
    return decided;
  };
  return {
    get encoding() {
      return decided?.encoding ?? 'utf-8';
    },
    get hasSeenInvalid() {
      return decided?.hasSeenInvalid ?? false;
    },
    write: (chunk) => {
      if (decided) return decided.write(chunk);
      const bytes = joined(held, chunk);
      const complete = bytes.subarray(0, bytes.length - incompleteTail(bytes));
      // An unfinished character at the end says nothing yet: in Windows-1252 it is a whole one.
      if (!isAscii(complete)) return decide(complete).write(bytes);
      held = bytes.subarray(complete.length);
      return complete.toString('latin1');
    },
    end: () => {
      if (decided) return decided.end();
      const decoder = decide(held);
      return decoder.write(held) + decoder.end();
    },
  };
}

/** Damaged here and there it is still UTF-8: text in Windows-1252 hardly ever makes a whole character of it by chance. */
function looksLikeUtf8(bytes: Buffer): boolean {
  if (isUtf8(bytes)) return true;
  const text = bytes.toString('utf8');
  const wrong = text.match(/\ufffd/g)?.length ?? 0;
  const right = text.match(/[^\0-\x7f\ufffd]/g)?.length ?? 0;
  return right >= wrong;
}

function utf8Decoder(mayHaveMark: boolean): Decoder {
  let held: Buffer = Buffer.alloc(0);
  let hasSeenInvalid = false;
  let isAtStart = mayHaveMark;
  const decode = (bytes: Buffer): string => {
    if (isAscii(bytes)) return bytes.toString('latin1');
    if (!isUtf8(bytes)) hasSeenInvalid = true;
    return bytes.toString('utf8');
  };
  return {
    encoding: 'utf-8',
    get hasSeenInvalid() {
      return hasSeenInvalid;
    },
    write: (chunk) => {
      let bytes = joined(held, chunk);
      if (isAtStart) {
        if (bytes.length < 3) {
          held = bytes;
          return '';
        }
        isAtStart = false;
        if (byteOrderMark(bytes) === 'utf-8') bytes = bytes.subarray(3);
      }
      const complete = bytes.subarray(0, bytes.length - incompleteTail(bytes));
      held = bytes.subarray(complete.length);
      return decode(complete);
    },
    end: () => decode(held),
  };
}

/** iconv-lite leaves out the byte order mark, and marks what Windows-1252 does not have with U+FFFD. */
function tableDecoder(encoding: Exclude<Encoding, 'utf-8'>): Decoder {
  const decoder = iconv.getDecoder(encoding);
  return {
    encoding,
    hasSeenInvalid: encoding === 'windows-1252',
    write: (chunk) => decoder.write(chunk),
    end: () => decoder.end() ?? '',
  };
}

/** How many bytes at the end begin a UTF-8 character without finishing it. */
function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

function joined(held: Buffer, chunk: Buffer): Buffer {
  return held.length === 0 ? chunk : Buffer.concat([held, chunk]);
}
