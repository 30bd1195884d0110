import { promisify } from 'node:util';
import zlib from 'node:zlib';

export type Decoded =
  | { kind: 'decoded'; body: Buffer }
  | { kind: 'too_large' }
  | { kind: 'undecodable'; detail: string };

type Decoder = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const DECODERS: Record<string, Decoder> = {
  gzip: promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip),
  'x-gzip': promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip),
  br: promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress),
  zstd: promisify<Buffer, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress),
  deflate: inflate,
};

/** Two are seen in practice (a proxy compressing again). More is an attack or a mistake. */
const MAX_ENCODINGS = 3;

/**
 * Undoes `Content-Encoding`, each step stopped at `maxBytes` of output: 275 bytes can stand for 200 MB, and a limit
 * on what comes over the wire does not see that.
 */
export async function decode(body: Buffer, contentEncoding: string, maxBytes: number): Promise<Decoded> {
  const encodings = contentEncoding
    .split(',')
    .map((encoding) => encoding.trim().toLowerCase())
    .filter((encoding) => encoding !== '' && encoding !== 'identity');
  if (encodings.length === 0 || body.length === 0) return { kind: 'decoded', body };
  if (encodings.length > MAX_ENCODINGS) return undecodable('it is compressed too many times over');
  let decoded = body;
  for (const encoding of encodings.reverse()) {
    const step = await decodeOnce(decoded, encoding, maxBytes);
    if (step.kind !== 'decoded') return step;
    decoded = step.body;
  }
  return { kind: 'decoded', body: decoded };
}

async function decodeOnce(body: Buffer, encoding: string, maxBytes: number): Promise<Decoded> {
  const decoder = Object.hasOwn(DECODERS, encoding) ? DECODERS[encoding] : undefined;
  if (!decoder) return undecodable('it is compressed in a way this server does not know');
  try {
    return { kind: 'decoded', body: await decoder(body, { maxOutputLength: maxBytes }) };
  } catch (error) {
    return isTooLarge(error) ? { kind: 'too_large' } : undecodable('its compression is damaged or cut off');
  }
}

/** "deflate" means zlib (RFC 9110 §8.4.1.2); some servers send the bare stream. */
async function inflate(body: Buffer, options: { maxOutputLength: number }): Promise<Buffer> {
  try {
    return await promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate)(body, options);
  } catch (error) {
    if (isTooLarge(error)) throw error;
    return await promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflateRaw)(body, options);
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function undecodable(detail: string): Decoded {
  return { kind: 'undecodable', detail };
}
