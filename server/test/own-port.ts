import { createServer } from 'node:net';

/** Below what systems hand out by themselves (Linux from 32768, others from 49152); each process has a part of its own. */
const FIRST = 12_000;
const PARTS = 400;
const PORTS_IN_PART = 50;
let given = 0;
let part: Promise<number> | null = null;

/**
 * A port for what is named before it listens, or goes away and comes back. One that the system chose may be the port of
 * anybody's connection as soon as it is let go.
 */
export async function ownPort(): Promise<number> {
  part ??= ownPart();
  const guard = await part;
  for (let tries = 1; tries < PORTS_IN_PART; tries += 1) {
    const port = guard + 1 + (given++ % (PORTS_IN_PART - 1));
    if (await isFree(port)) return port;
  }
  throw new Error('all ports of this process are taken: did something not close?');
}

/** The first port of a part that nobody else has: held for as long as this process lives. */
async function ownPart(): Promise<number> {
  for (let tries = 0; tries < PARTS; tries += 1) {
    const port = FIRST + ((process.pid + tries) % PARTS) * PORTS_IN_PART;
    const isHeld = await new Promise<boolean>((resolve) => {
      const guard = createServer().unref();
      guard.once('error', () => resolve(false));
      guard.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (isHeld) return port;
  }
  throw new Error('every part of the ports is taken');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
