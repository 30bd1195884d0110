import { Transform, type TransformCallback } from 'node:stream';

/** Shorter ones come about by chance in a large file. */
const SHORTEST = 6;
const STAR = 0x2a;

/**
 * Writes stars over every form of a secret in what passes, byte for byte, so that lengths stay true. What may be the
 * beginning of one is held back until more comes, and nothing else is: events of a stream are not delayed.
 */
export function maskStream(forms: readonly string[]): Transform | null {
  const needles = forms.map((form) => Buffer.from(form, 'utf8')).filter((form) => form.length >= SHORTEST);
  if (needles.length === 0) return null;
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      const data = masked(held.length === 0 ? chunk : Buffer.concat([held, chunk]), needles);
      const holdBytes = beginningAtEnd(data, needles);
      held = data.subarray(data.length - holdBytes);
      done(null, data.subarray(0, data.length - holdBytes));
    },
    flush(done) {
      done(null, held);
    },
  });
}

function masked(data: Buffer, needles: readonly Buffer[]): Buffer {
  let copy: Buffer | null = null;
  for (const needle of needles) {
    let at = (copy ?? data).indexOf(needle);
    while (at !== -1) {
      copy ??= Buffer.from(data);
      copy.fill(STAR, at, at + needle.length);
      at = copy.indexOf(needle, at + needle.length);
    }
  }
  return copy ?? data;
}

/** How many of the last bytes are the beginning of a needle, the longest such. */
function beginningAtEnd(data: Buffer, needles: readonly Buffer[]): number {
  let longest = 0;
  for (const needle of needles) {
    for (let length = Math.min(needle.length - 1, data.length); length > longest; length -= 1) {
      if (data.compare(needle, 0, length, data.length - length) === 0) longest = length;
    }
  }
  return longest;
}
