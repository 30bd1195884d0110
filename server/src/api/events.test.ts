import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../lib/clock.ts';
import { createEventStreams, type EventStreams } from './events.ts';

let app: ReturnType<typeof Fastify>;
let streams: EventStreams;
let url: string;
let isAllowed: boolean;
let beat: () => void;
let closed: AbortSignal;
let feed: Parameters<EventStreams['open']>[2];

/** Waits until the test says that the heartbeat is due. */
const clock: Clock = {
  now: () => new Date(),
  sleep: (_ms, signal) =>
    new Promise((resolve, reject) => {
      beat = resolve;
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
};

const whenClosed = (signal: AbortSignal) => (signal.aborted ? Promise.resolve() : once(signal, 'abort'));

beforeEach(async () => {
  isAllowed = true;
  streams = createEventStreams({ clock, isStillAllowed: async () => isAllowed });
  app = Fastify();
  app.get('/events', (request: FastifyRequest, reply: FastifyReply) =>
    streams.open(request, reply, (send, signal) => {
      closed = signal;
      return feed(send, signal);
    }),
  );
  url = `${await app.listen({ port: 0, host: '127.0.0.1' })}/events`;
});
afterEach(() => app.close());

describe('an event stream', () => {
  test('sends events as they come, and ends when there are no more', async () => {
    feed = async (send) => {
      await send({ event: 'progress', data: { done: 1, text: 'two\nlines' }, id: '7' });
      await send({ event: 'end', data: {} });
    };
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await answer.text()).toBe(
      ': \n\nid: 7\nevent: progress\ndata: {"done":1,"text":"two\\nlines"}\n\nevent: end\ndata: {}\n\n',
    );
  });

  test('tells its source when the browser leaves', async () => {
    feed = (_send, signal) => whenClosed(signal).then(() => {});
    const leaving = new AbortController();
    await fetch(url, { signal: leaving.signal });
    leaving.abort();
    await whenClosed(closed);
  });

  test('leaves nothing on a connection that is used for many, one after the other', async () => {
    const sockets: Socket[] = [];
    app.server.on('connection', (socket: Socket) => sockets.push(socket));
    feed = async () => {};
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const listeners = new Set<number>();
    for (let count = 0; count < 5; count += 1) {
      const [answer] = (await once(get(url, { agent }), 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
      listeners.add(sockets[0]?.listenerCount('close') ?? 0);
    }
    agent.destroy();
    expect([sockets.length, listeners.size]).toEqual([1, 1]);
  });

  test('ends with the next heartbeat when the right to see it is gone', async () => {
    feed = (_send, signal) => whenClosed(signal).then(() => {});
    const answer = await fetch(url);
    beat();
    isAllowed = false;
    const beatAndLook = () => {
      beat();
      return closed.aborted;
    };
    await expect.poll(beatAndLook).toBe(true);
    expect(await answer.text()).toMatch(/^(: \n\n)*$/);
  });

  test('ends when the server stops', async () => {
    feed = (_send, signal) => whenClosed(signal).then(() => {});
    const answer = await fetch(url);
    streams.closeAll();
    expect(await answer.text()).toBe(': \n\n');
  });

  test('waits for a slow reader instead of keeping everything in memory', async () => {
    let sent = 0;
    feed = async (send, signal) => {
      while (!signal.aborted) {
        await send({ event: 'x', data: 'y'.repeat(10_000) });
        sent += 10_000;
      }
    };
    const answer = await fetch(url);
    let before = -1;
    await expect
      .poll(
        () => {
          const isStill = sent === before;
          before = sent;
          return isStill;
        },
        { interval: 100 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(20_000_000);
    await answer.body?.cancel();
    await whenClosed(closed);
  });
});
