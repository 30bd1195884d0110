import { pipeline, type Readable, Transform, type TransformCallback } from 'node:stream';
import zlib from 'node:zlib';
import { answerHeaders } from './headers.ts';
import type { OutboundLimits } from './limits.ts';
import { maskStream } from './mask.ts';
import { AnswerBroken, type StreamExchange } from './stream-exchange.ts';

/** The first part of an answer's body; `isWhole`: there is no more. */
interface Peeked {
  bytes: Buffer;
  isWhole: boolean;
  /** Why there is no more, where it broke off. */
  error: Error | null;
}

/** A readable answer: decoded, secrets starred out. */
export interface OpenedAnswer {
  kind: 'opened';
  headers: Record<string, string>;
  body: Readable;
  peeked: Peeked;
}

export type Opening = OpenedAnswer | { kind: 'too_large' } | { kind: 'invalid_response'; detail: string };

type Begun = Extract<StreamExchange, { kind: 'begun' }>;
interface Limits extends Pick<OutboundLimits, 'maxStreamBytes'> {}

/** Two are seen in practice (a proxy compressing again). More is an attack or a mistake. */
const MAX_ENCODINGS = 3;
/** Enough to tell a bomb from an answer that happens to compress well. */
const BOMB_BYTES = 1024 * 1024;
const BOMB_RATIO = 500;
/** An error's words are shorter. */
const PEEK_BYTES = 64 * 1024;
/** No event is held back for longer while we look; what has come is unpacked first, which on a busy machine may take longer. */
const PEEK_MS = 250;

/**
 * Undoes `Content-Encoding` and stars out secrets while the answer passes, within limits. `peek`: its beginning is looked
 * at before anything is handed on. What is compressed is always looked at, so that a bomb is told before the first byte.
 */
export async function openAnswer(
  limits: Limits,
  begun: Begun,
  forms: readonly string[],
  peek: boolean,
): Promise<Opening> {
  const headers = answerHeaders(begun.headers);
  const encodings = encodingsOf(headers['content-encoding'] ?? '');
  const decoders = encodings.map(decoderOf);
  if (encodings.length > MAX_ENCODINGS || decoders.includes(null)) {
    begun.body.destroy();
    return {
      kind: 'invalid_response',
      detail: 'The answer is compressed in a way this server does not know.',
    };
  }
  const isEncoded = encodings.length > 0;
  const mask = maskStream(forms);
  const stages = [
    ...decoders.filter((decoder) => decoder !== null),
    ...(isEncoded ? [limited(limits, decoders)] : []),
    ...(mask === null ? [] : [mask]),
  ];
  // An error of one goes to all of them; whoever reads the last one hears of it.
  const body = stages.length === 0 ? begun.body : chained(begun.body, stages);
  const isEvents = /^text\/event-stream/i.test(headers['content-type'] ?? '');
  if (isEncoded) {
    delete headers['content-encoding'];
    delete headers['content-length'];
  }
  const peekBytes = isEncoded && !isEvents ? BOMB_BYTES + 1 : peek ? PEEK_BYTES : 0;
  const isUnpacking = () => decoders.some((decoder) => (decoder?.writableLength ?? 0) > 0);
  const peeked = peekBytes === 0 ? nothing : await lookAt(body, peekBytes, isUnpacking);
  if (peeked.error) return failed(peeked.error);
  if (!peeked.isWhole && peeked.bytes.length > 0) body.unshift(peeked.bytes);
  return { kind: 'opened', headers, body, peeked };
}

const nothing: Peeked = { bytes: Buffer.alloc(0), isWhole: false, error: null };

function encodingsOf(header: string): string[] {
  return header
    .split(',')
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((encoding) => encoding !== '' && encoding !== 'identity')
    .reverse();
}

type Decoder = Transform & { bytesWritten: number };

function decoderOf(encoding: string): Decoder | null {
  switch (encoding) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip();
    case 'br':
      return zlib.createBrotliDecompress();
    case 'zstd':
      return zlib.createZstdDecompress();
    case 'deflate':
      // zlib's form; the bare one, which a few servers send, is not known from it before it is read.
      return zlib.createInflate();
    default:
      return null;
  }
}

function chained(first: Readable, stages: readonly Transform[]): Readable {
  const last = stages.at(-1);
  if (last === undefined) return first;
  pipeline([first, ...stages], () => {});
  // Unheard, it would end the process; whoever reads hears of it all the same.
  last.on('error', () => {});
  return last;
}

/** A limit on what comes over the wire does not see that 275 bytes stand for 200 MB. */
function limited({ maxStreamBytes }: Limits, [first]: readonly (Decoder | null)[]): Transform {
  let size = 0;
  // Of what has come, as much as was unpacked so far.
  const wireBytes = () => first?.bytesWritten ?? 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      size += chunk.length;
      const isBomb = size > BOMB_BYTES && size > wireBytes() * BOMB_RATIO;
      if (isBomb || size > maxStreamBytes) done(new AnswerBroken('too_large'));
      else done(null, chunk);
    },
  });
}

function lookAt(body: Readable, maxBytes: number, isUnpacking: () => boolean): Promise<Peeked> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    let timer: NodeJS.Timeout;
    let turn: NodeJS.Immediate;
    const over = (isWhole: boolean, error: Error | null = null) => {
      clearTimeout(timer);
      clearImmediate(turn);
      body.off('readable', onReadable).off('end', onEnd).off('error', onError);
      resolve({ bytes: Buffer.concat(chunks), isWhole, error });
    };
    const onReadable = () => {
      for (let chunk = body.read(); chunk !== null; chunk = body.read()) {
        chunks.push(chunk as Buffer);
        size += (chunk as Buffer).length;
        if (size >= maxBytes) return over(false);
      }
    };
    const onEnd = () => over(true);
    const onError = (error: Error) => over(false, error);
    const onTime = () => {
      // What has come while this process was busy is taken in before.
      turn = setImmediate(() => (isUnpacking() ? wait() : over(false)));
    };
    const wait = () => {
      timer = setTimeout(onTime, PEEK_MS);
    };
    wait();
    body.on('readable', onReadable).once('end', onEnd).once('error', onError);
  });
}

function failed(error: Error): Opening {
  if (!(error instanceof AnswerBroken)) {
    return { kind: 'invalid_response', detail: 'The answer cannot be read: its compression is damaged.' };
  }
  if (error.because === 'too_large') return { kind: 'too_large' };
  return { kind: 'invalid_response', detail: 'The answer broke off.' };
}
