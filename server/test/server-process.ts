import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverFile } from '../../sandbox/server-process.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface ServerProcess {
  child: ChildProcess;
  /** Everything it printed so far, both streams. */
  said(): string;
  /** Resolves when the pattern has been printed; rejects when the process ends first. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** The address it listens on, once it is ready. */
  url(): Promise<string>;
  /**
   * Sends the signal and resolves to the exit code, or the signal's name where it ended the process. All that it said has been
   * read then, unless it was killed: what it had started may still hold its output.
   */
  end(signal: NodeJS.Signals): Promise<number | string>;
  /** The same of a process that ends by itself. */
  ended(): Promise<number | string>;
}

/** What a process needs of ours: compiled once for all of them, it starts in half the time. */
export function surroundings(): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE: compiled } = process.env;
  return { PATH, ...(compiled === undefined ? {} : { NODE_COMPILE_CACHE: compiled }) };
}

/** The real server in a process of its own: alone, or as `npm start` runs it. */
export function startServer(env: Record<string, string>, program?: 'scripts/start.mjs'): ServerProcess {
  const file = program === undefined ? serverFile(env) : join(root, program);
  const child = spawn(process.execPath, [file], {
    env: { ...surroundings(), KEYRAIL_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const waiting = new Set<() => void>();
  const heard = (part: Buffer) => {
    text += part.toString();
    for (const look of waiting) look();
  };
  child.stdout.on('data', heard);
  child.stderr.on('data', heard);
  const isClosed = once(child, 'close');
  isClosed.catch(() => {});
  const outcome = () => child.exitCode ?? child.signalCode ?? 'unknown';

  const says = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(text);
        if (!match) return;
        waiting.delete(look);
        resolve(match);
      };
      waiting.add(look);
      look();
      // What it said last is read after it has ended.
      void isClosed.then(() =>
        reject(new Error(`the server ended before it said ${pattern}. It said:\n${text}`)),
      );
    });
  return {
    child,
    says,
    said: () => text,
    url: async () => (await says(/ready: (http:\S+)/))[1] ?? '',
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill(signal);
        await exited;
      }
      if (signal !== 'SIGKILL') await isClosed;
      return outcome();
    },
    ended: async () => {
      await isClosed;
      return outcome();
    },
  };
}
