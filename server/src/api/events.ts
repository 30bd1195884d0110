import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../lib/clock.ts';

/** One server-sent event; `data` becomes JSON. */
export interface ServerEvent {
  event: string;
  data: unknown;
  id?: string;
}

/** Streams of server-sent events that stay open until the browser leaves, the server stops, or the right to see them ends. */
export interface EventStreams {
  /**
   * Answers with an event stream. `feed` sends what it has and resolves when there is nothing more to come; `closed`
   * tells it that nobody listens any more. A slow reader is waited for: `send` resolves when there is room.
   */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    feed: (send: (event: ServerEvent) => Promise<void>, closed: AbortSignal) => Promise<void>,
  ): FastifyReply;
  /** Ends all of them; for the stop of the server. Browsers connect again by themselves. */
  closeAll(): void;
}

interface EventStreamsDeps {
  clock: Clock;
  /** Whether who opened the stream may still see it: roles, sessions and tokens end while one is open. */
  isStillAllowed: (request: FastifyRequest) => Promise<boolean>;
}

/** How often a quiet stream shows it lives (proxies cut silent ones), and the right to it is looked at again. */
const HEARTBEAT_MS = 4_000;

export function createEventStreams(deps: EventStreamsDeps): EventStreams {
  const open = new Set<AbortController>();
  return {
    open: (request, reply, feed) => {
      const stream = new PassThrough();
      const closing = new AbortController();
      open.add(closing);
      closing.signal.addEventListener('abort', () => {
        open.delete(closing);
        stream.end();
      });
      // Of the answer: the connection may live on with whatever is asked on it next.
      reply.raw.once('close', () => closing.abort());
      stream.once('error', () => closing.abort());
      stream.once('close', () => closing.abort());
      // Headers leave with the first bytes; without any, the browser would not know that it is connected.
      stream.write(': \n\n');
      const write = (text: string) => writeTo(stream, text, closing.signal);
      void beat(deps, request, write, closing);
      void feed((event) => write(format(event)), closing.signal)
        .catch((error: unknown) => {
          request.log.error({ err: error, request_id: request.id }, 'an event stream ended early');
        })
        .finally(() => closing.abort());
      return reply
        .header('content-type', 'text/event-stream; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('x-accel-buffering', 'no')
        .send(stream);
    },
    closeAll: () => {
      for (const closing of open) closing.abort();
    },
  };
}

async function beat(
  deps: EventStreamsDeps,
  request: FastifyRequest,
  write: (text: string) => Promise<void>,
  closing: AbortController,
): Promise<void> {
  try {
    while (!closing.signal.aborted) {
      await deps.clock.sleep(HEARTBEAT_MS, closing.signal);
      if (!(await deps.isStillAllowed(request))) closing.abort();
      else await write(': \n\n');
    }
  } catch {
    closing.abort();
  }
}

async function writeTo(stream: PassThrough, text: string, closed: AbortSignal): Promise<void> {
  if (closed.aborted || stream.write(text)) return;
  await new Promise<void>((resolve) => {
    stream.once('drain', resolve);
    closed.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html: JSON has no line breaks of its own. */
function format({ event, data, id }: ServerEvent): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
