import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { catalogFolder } from './built-in.ts';
import { loadCatalog } from './load.ts';
import { recall } from './remembered.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-catalog-'));
  file = join(folder, 'remembered.json');
  cpSync(catalogFolder, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what is recalled is what the files say, to the last field', async () => {
  const read = await loadCatalog({ builtIn: folder, rememberIn: file });
  const { definitions } = await recall(file, folder);
  expect(definitions).not.toBeNull();
  expect((await loadCatalog({ builtIn: folder, rememberIn: file })).list()).toStrictEqual(read.list());
});

test('a changed file is read anew', async () => {
  await loadCatalog({ builtIn: folder, rememberIn: file });
  appendFileSync(join(folder, 'hunter.yaml'), '\n# a remark\n');
  expect((await recall(file, folder)).definitions).toBeNull();
});

test('a folder with a problem in it is never remembered', async () => {
  appendFileSync(join(folder, 'hunter.yaml'), '\nno_such_field: true\n');
  const { problems } = await loadCatalog({ builtIn: folder, rememberIn: file });
  expect(problems).toHaveLength(1);
  expect((await recall(file, folder)).definitions).toBeNull();
});
