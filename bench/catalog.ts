import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Turn } from './catalog-turn.ts';
import { generateFiles } from './generated-catalog.ts';
import { isFull, median, report, tell } from './report.ts';
import { startUntilReady, stop } from './until-ready.ts';

/**
 * What a thousand catalog files of one's own cost, beside those that come along: reading all of them at a start (remembered from
 * an earlier one, which is every start but the first), beside reading and parsing the same files with the yaml package alone; the
 * first reading, with every check; searching, beside a filter over the names; and a start of the server with them and without.
 * Each turn is a process of its own, in turns; medians count.
 */
const FILES = 1_000;
const ROUNDS = isFull ? 15 : 5;
const FIRST_ROUNDS = isFull ? 5 : 1;

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const files = join(folder, 'catalog');
const memory = join(folder, 'memory');
const { serverProgram } = (await import(new URL('../scripts/build.mjs', import.meta.url).href)) as {
  serverProgram(): Promise<string[]>;
};

try {
  mkdirSync(files);
  generateFiles(files, FILES);
  // As files are that nobody is writing.
  for (const name of readdirSync(files)) utimesSync(join(files, name), 1_700_000_000, 1_700_000_000);
  const first: Turn[] = [];
  for (let round = 0; round < FIRST_ROUNDS; round++)
    first.push(await take('load', join(folder, `m${round}`)));
  await take('load', memory);
  await new Promise((resolve) => setTimeout(resolve, 2_100));
  await take('load', memory);
  const [loads, bares, searched]: [Turn[], Turn[], Turn[]] = [[], [], []];
  const [starts, bareStarts]: [number[], number[]] = [[], []];
  const program = await serverProgram();
  for (let round = 0; round <= ROUNDS; round++) {
    const load = await take('load', memory);
    // It takes most of the time, and differs least.
    const bare = isFull || round < 3 ? await take('bare', memory) : null;
    const [withFiles, without] = [await started(program, files), await started(program, null)];
    const search = await take('search', memory);
    // The first makes the data folder and the memory of the server's own.
    if (round === 0) continue;
    loads.push(load);
    if (bare !== null) bares.push(bare);
    starts.push(withFiles);
    bareStarts.push(without);
    searched.push(search);
    tell(
      `${round}/${ROUNDS}: load ${ms(load.ms)}, bare parse ${bare === null ? 'as before' : ms(bare.ms)}; start ${ms(withFiles)} with them, ${ms(without)} without; search p99 ${ms(at(search.searches, 0.99))}`,
    );
  }
  const msOf = (turns: readonly Turn[]) => median(turns.map((turn) => turn.ms));
  const [load, bare, start, whole] = [msOf(loads), msOf(bares), median(bareStarts), msOf(first)];
  const searches = searched.flatMap((turn) => turn.searches);
  const bareSearches = searched.flatMap((turn) => turn.bareSearches);
  const bytes = median(loads.map((turn) => turn.bytes));
  tell(
    `${loads[0]?.files} integrations (${loads[0]?.problems} problems). Search p50 ${ms(at(searches, 0.5))}, p99 ${ms(at(searches, 0.99))}; filter over names p50 ${ms(at(bareSearches, 0.5))}, p99 ${ms(at(bareSearches, 0.99))}. In memory: ${Math.round(bytes)} bytes a file, parsed ${Math.round(median(bares.map((turn) => turn.bytes)))}.`,
  );
  report({
    bench: 'catalog',
    value: load,
    unit: 'ms',
    against: { name: 'reading and parsing the same files, yaml package alone', value: bare },
    ratio: load / bare,
    goal: 'ratio <= 0.1',
    met: load / bare <= 0.1,
    checks: [
      goal('load at start over the time of a start', load / start, '', 0.1),
      goal('a start with them less one without', median(starts) - start, 'ms', start / 10),
      goal('first reading, with every check, over the bare parse', whole / bare, '', 4),
      goal('search p50', at(searches, 0.5), 'ms', 4),
      goal('search p99', at(searches, 0.99), 'ms', 16),
      goal('memory for each file', bytes, 'bytes', 4_096),
    ],
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function goal(name: string, value: number, unit: string, most: number) {
  return { name, value, unit, goal: `<= ${Number(most.toPrecision(3))}`, met: value <= most };
}

async function take(turn: 'load' | 'bare' | 'search', rememberIn: string): Promise<Turn> {
  const script = fileURLToPath(new URL('./catalog-turn.ts', import.meta.url));
  const { stdout } = await run(process.execPath, ['--expose-gc', script, turn, files, rememberIn], {
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: join(folder, 'compiled') },
    maxBuffer: 32 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Turn;
}

async function started(program: readonly string[], catalogDir: string | null): Promise<number> {
  const { child, ms: took } = await startUntilReady(program, {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    KEYRAIL_DATA_DIR: join(folder, 'server'),
    ...(catalogDir === null ? {} : { KEYRAIL_CATALOG_DIR: catalogDir }),
  });
  await stop(child);
  return took;
}

function at(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.ceil(values.length * part) - 1] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : 0)} ms`;
}
