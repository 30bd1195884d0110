import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockHolder, takeLock } from './lock.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-lock-'));
  file = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a held lock is taken, and free again after its release', () => {
  const first = takeLock(file);
  expect(takeLock(file)).toEqual({ kind: 'taken', pid: process.pid });
  expect(lockHolder(file)).toBe(process.pid);
  if (first.kind === 'ours') first.release();
  expect(lockHolder(file)).toBeNull();
  expect(takeLock(file).kind).toBe('ours');
});

test("a dead process's lock is taken over", () => {
  const { pid } = spawnSync('true');
  writeFileSync(file, JSON.stringify({ pid, identity: 'x/1' }));
  expect(lockHolder(file)).toBeNull();
  expect(takeLock(file).kind).toBe('ours');
});

test('a lock whose process number was given to a later process is taken over', () => {
  writeFileSync(file, JSON.stringify({ pid: process.pid, identity: 'another boot/1' }));
  expect(takeLock(file).kind).toBe('ours');
});

test('a file with anything else in it is no lock', () => {
  for (const text of ['', '{', '[]', '{"pid":"7"}']) {
    writeFileSync(file, text);
    const lock = takeLock(file);
    expect(lock.kind).toBe('ours');
    if (lock.kind === 'ours') lock.release();
  }
});

test('a lock that somebody else took over is not released by its former holder', () => {
  const first = takeLock(file);
  writeFileSync(file, JSON.stringify({ pid: process.ppid, identity: null }));
  if (first.kind === 'ours') first.release();
  expect(lockHolder(file)).toBe(process.ppid);
});
