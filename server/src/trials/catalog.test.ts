import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { catalogFolder } from '../catalog/built-in.ts';
import { type Bench, openBench } from './bench.ts';
import { checkFile } from './check-file.ts';
import { certificateOf } from './under-test.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

const files = readdirSync(catalogFolder).filter((name) => /\.ya?ml$/.test(name));

describe('every answer that a file documents, and every one that could come besides, means to the engine what the facts say', () => {
  test.each(files)('%s', async (name) => {
    const text = readFileSync(join(catalogFolder, name), 'utf8');
    const options = { origin: 'built_in', makeCertificate: certificateOf } as const;
    const { problems, played, notTried } = await checkFile(bench, { file: name, text }, options);
    expect(problems.map(({ line, message }) => `${name}:${line}: ${message}`)).toEqual([]);
    expect(notTried).toEqual([]);
    expect(played).toBeGreaterThan(0);
  });
});
