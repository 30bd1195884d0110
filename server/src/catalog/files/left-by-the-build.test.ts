import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { catalogFolder } from '../built-in.ts';
import { openPack } from './pack.ts';
import { codeNow, memoryOf, type Remembered } from './remembered.ts';

const bundleServer = fileURLToPath(new URL('../../../../scripts/bundle-server.mjs', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'keyrail-build-'));
beforeAll(async () => {
  await promisify(execFile)(process.execPath, [bundleServer, join(home, 'server'), join(home, 'memory')]);
}, 120_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('the build leaves a memory of every ready-made file, which a start of this very program believes and anybody may read', () => {
  const file = join(home, 'memory', memoryOf(catalogFolder, 'built_in', []));
  const memory = openPack<Remembered>(file);
  if (memory === null) throw new Error('there is none, or it is not whole');
  const names = readdirSync(catalogFolder).filter((name) => name.endsWith('.yaml'));
  expect(memory.index.files.map(({ name }) => name).sort()).toEqual(names.sort());
  for (const { name, entry, place } of memory.index.files) {
    expect(entry, name).not.toBeNull();
    expect(place === null ? null : memory.read(place), name).not.toBeNull();
  }
  expect(memory.index.code.sum).toBe(codeNow(null).sum);
  expect(statSync(file).mode & 0o444).toBe(0o444);
});
