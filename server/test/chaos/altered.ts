import { fileURLToPath } from 'node:url';

/** A guard taken out of the product as one process loads it: see `preload/alter-source.ts`. */
export interface Change {
  /** A folder below `server/src`. */
  room: string;
  /** What stands exactly once in its files. */
  text: string;
  by: string;
}

const preload = (name: string) => fileURLToPath(new URL(`preload/${name}.ts`, import.meta.url));

/** Settings for a process without these guards, and with a clock that goes as the file says. */
export function preloaded(changes: readonly Change[], clockFile: string | null): Record<string, string> {
  const imports = [
    ...(changes.length > 0 ? [preload('alter-source')] : []),
    ...(clockFile === null ? [] : [preload('shift-clock')]),
  ];
  if (imports.length === 0) return {};
  return {
    NODE_OPTIONS: imports.map((file) => `--import=${file}`).join(' '),
    CHAOS_CHANGES: JSON.stringify(changes),
    CHAOS_CLOCK_FILE: clockFile ?? '',
  };
}

/** Throws where a change was not made: its file was never loaded. */
export function assertAltered(changes: readonly Change[], said: string): void {
  for (const [index, { text }] of changes.entries()) {
    if (!said.includes(`altered ${index}\n`))
      throw new Error(`nothing was altered, as no process loaded: ${text}`);
  }
}
