import type { ServerResponse } from 'node:http';
import { createGzip } from 'node:zlib';
import type { Reply } from './request.ts';

const HUGE_BYTES = 200 * 1024 * 1024;

export function sendReply(outgoing: ServerResponse, reply: Reply): void {
  const isText = typeof reply.body === 'string';
  const body = reply.body === null ? '' : isText ? String(reply.body) : JSON.stringify(reply.body);
  const type = isText || body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' };
  outgoing.writeHead(reply.status, { ...type, ...reply.headers, 'content-length': Buffer.byteLength(body) });
  outgoing.end(body);
}

export function sendHtml(outgoing: ServerResponse): void {
  outgoing.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  outgoing.end(
    '<!doctype html><html><head><title>Sign in</title></head><body><h1>Please sign in</h1></body></html>',
  );
}

/** 200 MB of JSON that never gets to its point, as fast as the other side reads. */
export function sendHuge(outgoing: ServerResponse): void {
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  pump(outgoing, HUGE_BYTES, () => outgoing.end('"}'));
}

/** The same, in about 200 KB on the wire. */
export function sendBomb(outgoing: ServerResponse): void {
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  const gzip = createGzip();
  gzip.pipe(outgoing);
  outgoing.once('close', () => gzip.destroy());
  pump(gzip, HUGE_BYTES, () => gzip.end('"}'));
}

type Sink = Pick<NodeJS.WritableStream, 'write' | 'once'> & { destroyed?: boolean };

function pump(sink: Sink, sizeBytes: number, done: () => void): void {
  const chunk = Buffer.alloc(64 * 1024, 'a');
  let left = sizeBytes;
  sink.write('{"data":"');
  const more = (): void => {
    while (left > 0) {
      if (sink.destroyed) return;
      left -= chunk.length;
      if (!sink.write(chunk)) {
        sink.once('drain', more);
        return;
      }
    }
    done();
  };
  more();
}
