import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The real server as a process of its own, for those who play a person: the demo, the journeys, the story. */
export interface ServerProcess {
  url: string;
  port: number;
  pid: number;
  /** The one-time link that makes the owner's account; null where there is an owner already. */
  setupLink: string | null;
  /** Everything it has said so far: words for people and its log. */
  said(): string;
  /** As ctrl-C does: it drains. Resolves to its exit code. */
  stop(): Promise<number | null>;
  /** As a power cut does. */
  kill(): Promise<void>;
}

const sources = fileURLToPath(new URL('../server/src/main.ts', import.meta.url));

/**
 * The file Node runs as the server. A whole test run gives its bundle, as of npm start, which is there in two thirds of the
 * processor's time; the sources it is where there is none, and where something is loaded first that may change them.
 */
export function serverFile(settings: Record<string, string>): string {
  const { TESTED_SERVER: bundle } = process.env;
  return bundle === undefined || settings.NODE_OPTIONS !== undefined ? sources : bundle;
}

/**
 * Starts the server with these settings alone: what the surrounding environment sets for another Keyrail is left out.
 * It ends with this process, however that ends; `stopping` gives the start up. Throws with the server's own words where it does not come up.
 */
export async function startServerProcess(
  settings: Record<string, string>,
  stopping?: AbortSignal,
): Promise<ServerProcess> {
  // With the nursery that npm start gives it.
  const child = spawn(process.execPath, ['--max-semi-space-size=16', serverFile(settings)], {
    env: { ...inherited(), KEYRAIL_PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // Out of ctrl-C's reach: whoever started it stops it in order.
    detached: true,
  });
  const said: string[] = [];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => said.push(text));
  // Once only: a second one means "at once" to the server, which then leaves its PostgreSQL to the next start.
  let isTold = false;
  const tellToStop = () => {
    if (!isTold) child.kill('SIGTERM');
    isTold = true;
  };
  stopping?.addEventListener('abort', tellToStop, { once: true });
  const isClosed = once(child, 'close');
  isClosed.catch(() => {});
  const { url, setupLink } = await greeting(child, said);
  const end = async (tell: () => void) => {
    const exited = once(child, 'exit');
    tell();
    if (child.exitCode === null && child.signalCode === null) await exited;
    return child.exitCode;
  };
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    setupLink,
    said: () => said.join(''),
    stop: async () => {
      const code = await end(tellToStop);
      // What it said last is read after it has ended.
      await isClosed;
      return code;
    },
    kill: async () => void (await end(() => child.kill('SIGKILL'))),
  };
}

/** What a person reads in the terminal, once it is ready. */
function greeting(child: ChildProcess, said: string[]): Promise<{ url: string; setupLink: string | null }> {
  return new Promise((resolve, reject) => {
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said.push(text);
      words += text;
      const url = /Keyrail is ready: (\S+)\n/.exec(words)?.[1];
      if (url !== undefined && words.endsWith('\n'))
        resolve({ url, setupLink: /(http\S+\/setup\?code=\S+)/.exec(words)?.[1] ?? null });
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      reject(new Error(`The server ended with code ${code} before it was ready. It said:\n${said.join('')}`));
    });
  });
}

function inherited(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env);
  return Object.fromEntries(
    entries.filter(([name]) => !name.startsWith('KEYRAIL_') && name !== 'DATABASE_URL'),
  );
}
