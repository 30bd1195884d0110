import { createServer } from 'node:net';

/** Below what systems hand out by themselves (Linux from 32768, others from 49152); each process has a part of its own. */
const FIRST = 12_000;
const PARTS = 400;
const PORTS_IN_PART = 50;
let given = 0;

/**
 * A port for what is named before it listens, or goes away and comes back. One that the system chose may be the port of
 * anybody's connection as soon as it is let go.
 */
export async function ownPort(): Promise<number> {
  for (let tries = 0; tries < PORTS_IN_PART; tries += 1) {
    const port = FIRST + (process.pid % PARTS) * PORTS_IN_PART + (given++ % PORTS_IN_PART);
    if (await isFree(port)) return port;
  }
  throw new Error('all ports of this process are taken: did something not close?');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
