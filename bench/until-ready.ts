import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface Started {
  child: ChildProcess;
  url: string;
  /** From the start of the process to the first "ready" of the health check. */
  ms: number;
}

/** A server with data of its own, started as `npm start` does. Whoever starts it stops it. */
export async function startUntilReady(
  program: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Started> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, program, {
    env: { ...environment, KEYRAIL_PORT: String(port), KEYRAIL_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const url = `http://127.0.0.1:${port}`;
  await untilReady(child, `${url}/health/ready`, () => said);
  return { child, url, ms: performance.now() - startedAt };
}

export async function stop(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
}

async function untilReady(child: ChildProcess, url: string, said: () => string): Promise<void> {
  while (child.exitCode === null) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`the server ended before it was ready. It said:\n${said()}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
