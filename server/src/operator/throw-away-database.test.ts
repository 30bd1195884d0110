import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startThrowAway } from './throw-away-database.ts';

let folder: string;
let root: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-throw-away-'));
  vi.stubEnv('TMPDIR', folder);
  root = join(folder, `keyrail-drill-${userInfo().uid}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['that others may write to', () => chmodSync(root, 0o777)],
  [
    'that is a link',
    () => {
      rmSync(root, { recursive: true });
      mkdirSync(join(folder, 'theirs', 'run-evil'), { recursive: true });
      writeFileSync(join(folder, 'theirs', 'run-evil', 'postgres-is-at'), join(folder, 'dear', 'postgres'));
      symlinkSync(join(folder, 'theirs'), root);
    },
  ],
])('a folder for drills %s is refused, and nothing that it names is removed', async (_what, prepare) => {
  mkdirSync(join(folder, 'dear'));
  mkdirSync(join(root, 'run-evil'), { recursive: true });
  writeFileSync(join(root, 'run-evil', 'postgres-is-at'), join(folder, 'dear', 'postgres'));
  prepare();
  await expect(startThrowAway()).rejects.toThrow(/belongs to somebody else, or others may write to it/);
  expect(existsSync(join(folder, 'dear'))).toBe(true);
});
