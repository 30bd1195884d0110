import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inSources } from './source-places.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-places-'));
  const map = { version: 3, names: [], sources: ['../src/made.ts'], mappings: ';;AAEA' };
  writeFileSync(join(folder, 'bundle.mjs.map'), JSON.stringify(map));
});
afterAll(() => rmSync(folder, { recursive: true }));

const at = (file: string) => `    at work (${pathToFileURL(join(folder, file)).href}:3:5)`;

test('a place in a bundle is told as the place in its source', () => {
  expect(inSources(at('bundle.mjs'))).toBe(`    at work (${join(folder, '..', 'src', 'made.ts')}:3:1)`);
});

test('a place in a file without a map, or in none at all, stays as it is', () => {
  const stack = `${at('other.mjs')}\n    at node:internal/process/task_queues:103:5`;
  expect(inSources(stack)).toBe(stack);
});
