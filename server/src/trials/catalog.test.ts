import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogFolder } from '../catalog/built-in.ts';
import { parseSourceFile } from '../catalog/checks/source-file.ts';
import { loadCatalog } from '../catalog/load.ts';
import { type Bench, openBench } from './bench.ts';
import { type Tried, tryFile } from './try-file.ts';
import { certificateOf } from './under-test.ts';

/** What else a file must be: catalog-files.test.ts. The two are what `keyrail catalog check` does. */
let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const catalog = await loadCatalog({ builtIn: catalogFolder });
const names = catalog.list().map(({ slug }) => `${slug}.yaml`);

describe('every answer that a file documents, and every one that could come besides, means to the engine what the facts say', () => {
  test.each(names)('%s', async (name) => {
    const definition = catalog.get(name.replace('.yaml', ''));
    if (definition === undefined) throw new Error('It has problems: catalog-files.test.ts says which.');
    const { problems, played, notTried } = await tryFile(bench, definition, {
      makeCertificate: certificateOf,
    });
    expect(inLines(name, problems)).toEqual([]);
    expect(notTried).toEqual([]);
    expect(played).toBeGreaterThan(0);
  });
});

/** A file is parsed for what is wrong in it alone. */
function inLines(name: string, problems: Tried['problems']): string[] {
  if (problems.length === 0) return [];
  const source = parseSourceFile(readFileSync(join(catalogFolder, name), 'utf8'));
  return problems.map((one) => `${name}:${source.locate(one).line}: ${one.message}`);
}
