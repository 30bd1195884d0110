import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { catalogFolder } from '../server/src/catalog/built-in.ts';
import type { Catalog } from '../server/src/catalog/catalog.ts';
import { loadCatalog } from '../server/src/catalog/load.ts';

/** One turn of `bench catalog`, in a process of its own, as a start is: catalog-turn.ts load|bare|search FOLDER MEMORY. */
const [turn, user = '', rememberIn = ''] = process.argv.slice(2);

export interface Turn {
  ms: number;
  files: number;
  problems: number;
  bytes: number;
  /** One search each, in ms. */
  searches: number[];
  bareSearches: number[];
}

const said: Turn = { ms: 0, files: 0, problems: 0, bytes: 0, searches: [], bareSearches: [] };
let kept: unknown;
const before = inMemory();
const beganAt = performance.now();
if (turn === 'bare') {
  const parsed = [catalogFolder, user].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => parse(readFileSync(join(folder, name), 'utf8')) as unknown),
  );
  said.ms = performance.now() - beganAt;
  said.files = parsed.length;
  kept = parsed;
} else {
  const catalog = await loadCatalog({ builtIn: catalogFolder, user, rememberIn });
  said.ms = performance.now() - beganAt;
  said.files = catalog.list().length;
  said.problems = catalog.problems.length;
  kept = catalog;
  if (turn === 'search') search(catalog);
}
said.bytes = (inMemory() - before) / said.files;
console.log(JSON.stringify(said));
// Until here it must not be collected.
if (kept === undefined) throw new Error('nothing was read');

/** Names as people type them, letter by letter, some with two letters swapped; and beside each a filter over the names alone. */
function search(catalog: Catalog): void {
  const names = catalog.list().map(({ name }) => name.toLowerCase());
  const typed = catalog
    .list()
    .filter((_, index) => index % 20 === 0)
    .flatMap(
      ({ name, category, synonyms }, index) => [name, synonyms[0] ?? name, category][index % 3] ?? name,
    )
    .flatMap((text, index) => {
      const whole = index % 2 === 0 ? text : text.replace(/^(..)(.)(.)/, '$1$3$2');
      return Array.from({ length: Math.min(whole.length, 16) }, (_, at) => whole.slice(0, at + 1));
    });
  for (const text of typed) said.searches.push(timed(() => catalog.search(text)));
  for (const text of typed)
    said.bareSearches.push(timed(() => names.filter((name) => name.includes(text.toLowerCase()))));
}

function timed(work: () => unknown): number {
  const at = performance.now();
  work();
  return performance.now() - at;
}

function inMemory(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
