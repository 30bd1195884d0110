import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePrivateFolder } from './cluster.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-private-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a private folder is closed to others, also one that was open before', () => {
  const own = join(folder, 'socket');
  makePrivateFolder(own, null);
  chmodSync(own, 0o755);
  makePrivateFolder(own, null);
  expect(lstatSync(own).mode & 0o777).toBe(0o700);
});

test('a link in its place is refused', () => {
  const target = join(folder, 'target');
  mkdirSync(target);
  symlinkSync(target, join(folder, 'socket'));
  expect(() => makePrivateFolder(join(folder, 'socket'), null)).toThrow(/belongs to somebody else/);
});

test.runIf(process.getuid?.() === 0)("somebody else's folder in its place is refused", () => {
  const foreign = join(folder, 'socket');
  mkdirSync(foreign);
  chownSync(foreign, 12_345, 12_345);
  expect(() => makePrivateFolder(foreign, null)).toThrow(/belongs to somebody else/);
});
