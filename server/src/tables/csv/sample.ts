import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ImportLimits } from './limits.ts';
import { SAMPLE_BYTES } from './limits.ts';

/** The beginning of a file that is still coming in. */
export interface Sample {
  start: Buffer;
  /** The file ends with it. */
  isWhole: boolean;
  /** All of the file from its first byte on, `start` included; to be read once. */
  bytes(): AsyncIterable<Buffer>;
  /** Lets go of what still comes in. To be called in any case. */
  close(): Promise<void>;
}

/** A piece is worked on without a pause, so it must be small enough that nobody else waits for long. */
const PIECE_BYTES = 65_536;

/**
 * Reads the first megabyte and keeps it. Throws `too_large` at the limit of bytes, and `invalid_input` where whoever sends
 * goes away, or falls silent, before the file is whole.
 */
export async function takeSample(
  deps: { clock: Clock; limits: Pick<ImportLimits, 'maxBytes' | 'stallMs'> },
  body: AsyncIterable<Buffer>,
): Promise<Sample> {
  const pieces = guarded(deps, body);
  const kept: Buffer[] = [];
  let length = 0;
  let isWhole = false;
  while (length < SAMPLE_BYTES && !isWhole) {
    const next = await pieces.next();
    if (next.done) isWhole = true;
    else {
      kept.push(next.value);
      length += next.value.length;
    }
  }
  return {
    start: Buffer.concat(kept),
    isWhole,
    bytes: async function* () {
      yield* kept.splice(0);
      if (!isWhole) yield* pieces;
    },
    close: async () => {
      await pieces.return(undefined);
    },
  };
}

async function* guarded(
  deps: { clock: Clock; limits: Pick<ImportLimits, 'maxBytes' | 'stallMs'> },
  body: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  let taken = 0;
  const source = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await within(deps, source.next());
      if (next.done) return;
      taken += next.value.length;
      if (taken > deps.limits.maxBytes) throw tooManyBytes(deps.limits.maxBytes);
      for (let at = 0; at < next.value.length; at += PIECE_BYTES)
        yield next.value.subarray(at, at + PIECE_BYTES);
    }
  } finally {
    // Not waited for: a sender that has fallen silent would keep us here.
    void source.return?.(undefined)?.catch(() => {});
  }
}

async function within<T>(
  deps: { clock: Clock; limits: Pick<ImportLimits, 'stallMs'> },
  next: Promise<T>,
): Promise<T> {
  const arrived = new AbortController();
  const stalled = deps.clock.sleep(deps.limits.stallMs, arrived.signal).then(
    () => {
      throw ended(`Nothing came for ${Math.round(deps.limits.stallMs / 1000)} seconds.`);
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([
      next.catch((error: unknown) => {
        throw error instanceof AppError ? error : ended('The upload ended before the file was whole.', error);
      }),
      stalled,
    ]);
  } finally {
    arrived.abort();
  }
}

function ended(what: string, cause?: unknown): AppError {
  return new AppError('invalid_input', {
    reason: 'upload_ended',
    detail: `${what} Nothing was imported. Send it again.`,
    cause,
  });
}

function tooManyBytes(maxBytes: number): AppError {
  return new AppError('too_large', {
    reason: 'too_many_bytes',
    detail: `The file is larger than ${sizeInWords(maxBytes)}, the most this server takes. Nothing was imported. Split it, or ask the operator to raise KEYRAIL_CSV_MAX_BYTES.`,
  });
}

function sizeInWords(bytes: number): string {
  const [unit, size] =
    bytes >= 1024 ** 3 ? ['GB', 1024 ** 3] : bytes >= 1024 ** 2 ? ['MB', 1024 ** 2] : ['KB', 1024];
  return `${(bytes / Number(size)).toLocaleString('en', { maximumFractionDigits: 1 })} ${unit}`;
}
