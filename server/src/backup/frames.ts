import { z } from 'zod';

/** What a backup is made of, in this order: each table with its rows, the jobs, the sequences, and a last word. */
export const notes = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('schema'),
    /** The migrations that had been applied, in the order of their names. */
    migrations: z.array(
      z.object({ name: z.string(), checksum: z.string(), release: z.string(), applied_at: z.string() }),
    ),
  }),
  z.object({ kind: z.literal('table'), name: z.string(), columns: z.array(z.string()).min(1) }),
  z.object({ kind: z.literal('table_end'), rows: z.number(), bytes: z.number(), sha256: z.string() }),
  z.object({
    kind: z.literal('sequences'),
    values: z.array(
      z.object({ table: z.string(), column: z.string(), last: z.string(), is_called: z.boolean() }),
    ),
  }),
  z.object({ kind: z.literal('end'), tables: z.number(), rows: z.number() }),
]);
export type Note = z.output<typeof notes>;

/** Either a note, or rows as COPY writes them (text format), cut anywhere. */
export type Frame = { kind: 'note'; note: Note } | { kind: 'rows'; bytes: Buffer };

const HEAD_BYTES = 5;
const NOTE = 'N'.charCodeAt(0);
const ROWS = 'R'.charCodeAt(0);
/** Far above what is written; a length beyond it is nonsense. */
const LONGEST_FRAME_BYTES = 64 * 1024 * 1024;

/** Kind, length, content. */
export function encodeFrame(frame: Frame): Buffer {
  const content = frame.kind === 'note' ? Buffer.from(JSON.stringify(frame.note)) : frame.bytes;
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = frame.kind === 'note' ? NOTE : ROWS;
  head.writeUInt32BE(content.length, 1);
  return Buffer.concat([head, content]);
}

/** The frames of a stream of bytes. Throws where they are none; the bytes were authenticated, so that is a mistake of ours. */
export async function* decodeFrames(parts: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let held: Buffer = Buffer.alloc(0);
  for await (const part of parts) {
    held = held.length === 0 ? part : Buffer.concat([held, part]);
    for (;;) {
      if (held.length < HEAD_BYTES) break;
      const length = held.readUInt32BE(1);
      if (length > LONGEST_FRAME_BYTES) throw new Error('a frame of the backup is too long');
      if (held.length < HEAD_BYTES + length) break;
      const content = held.subarray(HEAD_BYTES, HEAD_BYTES + length);
      yield frameOf(held[0] ?? 0, content);
      held = held.subarray(HEAD_BYTES + length);
    }
  }
  if (held.length > 0) throw new Error('the backup ends within a frame');
}

function frameOf(kind: number, content: Buffer): Frame {
  if (kind === ROWS) return { kind: 'rows', bytes: content };
  if (kind === NOTE) return { kind: 'note', note: notes.parse(JSON.parse(content.toString('utf8'))) };
  throw new Error(`a frame of the backup is of no known kind: ${kind}`);
}
