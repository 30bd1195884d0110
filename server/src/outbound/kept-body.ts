import { Readable } from 'node:stream';

/** The body of a request made for someone outside: sent as it comes, and kept while it is small, to be sent again. */
export interface KeptBody {
  /** In bytes; null: not known, so it is sent in chunks. */
  length: number | null;
  /** What `whole` gives at most. */
  keepBytes: number;
  /** For the first sending. Reads no faster than it is taken; leaves the source open, whatever becomes of it. */
  first(): Readable;
  /** Whether it was sent at least in part. */
  isBegun(): boolean;
  /** All of it, read to its end; null where it is larger than what is kept, or broke off. */
  whole(): Promise<Buffer | null>;
}

/** The source gave more than is taken. */
export class BodyTooLarge extends Error {
  constructor() {
    super('the body is larger than what is taken');
    this.name = 'BodyTooLarge';
  }
}

/** The source broke off before its end. */
class BodyBrokeOff extends Error {
  constructor() {
    super('the body broke off');
    this.name = 'BodyBrokeOff';
  }
}

export function keepBody(
  source: Readable,
  length: number | null,
  limits: { keepBytes: number; maxBytes: number },
): KeptBody {
  let kept: Buffer[] | null = [];
  let received = 0;
  let hasEnded = false;
  let hasBegun = false;
  let broken: Error | null = null;
  /** Who is told of what comes; one at a time. */
  let taker: { data(chunk: Buffer): void; end(): void; fail(error: Error): void } | null = null;

  const fail = (error: Error) => {
    broken ??= error;
    taker?.fail(broken);
  };
  source.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > limits.maxBytes) {
      source.pause();
      fail(new BodyTooLarge());
      return;
    }
    if (received > limits.keepBytes) kept = null;
    else kept?.push(chunk);
    taker?.data(chunk);
  });
  source.pause();
  source.once('end', () => {
    hasEnded = true;
    taker?.end();
  });
  source.on('error', () => fail(new BodyBrokeOff()));
  source.once('close', () => hasEnded || fail(new BodyBrokeOff()));

  function first(): Readable {
    hasBegun = true;
    const out = new Readable({
      read: () => void source.resume(),
      destroy: (error, done) => {
        taker = null;
        source.pause();
        done(error);
      },
    });
    out.on('error', () => {});
    taker = {
      data: (chunk) => void (out.push(chunk) || source.pause()),
      end: () => void out.push(null),
      fail: (error) => void out.destroy(error),
    };
    if (broken) out.destroy(broken);
    return out;
  }

  function whole(): Promise<Buffer | null> {
    return new Promise((resolve) => {
      const over = () => {
        taker = null;
        resolve(kept === null || broken ? null : Buffer.concat(kept));
      };
      if (hasEnded || broken || kept === null) {
        over();
        return;
      }
      taker = { data: () => kept ?? over(), end: over, fail: over };
      source.resume();
    });
  }

  return { length, keepBytes: limits.keepBytes, first, isBegun: () => hasBegun, whole };
}
