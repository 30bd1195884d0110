import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkBackup } from '../src/backup/read-backup.ts';
import { differences, restoreBackup } from '../src/backup/restore.ts';
import { backUp, contentOf, fill, having, KEY, schemaOf } from '../src/backup/under-test.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/db/embedded/start.ts';
import { migrate } from '../src/db/migrate.ts';

/* Data of the PostgreSQL that an earlier release brought along, and the one that comes along now. */

const BEFORE = 'postgres-17-linux-x64';
const log = { info() {}, warn() {}, error: console.error };

let folder: string;
let dataDir: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail-major-'));
  chmodSync(folder, 0o711);
  dataDir = join(folder, 'data');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = () => startEmbeddedPostgres({ dataDir, log, durable: false });
const before = () => startEmbeddedPostgres({ dataDir, log, durable: false, programs: BEFORE });

async function during<T>(postgres: EmbeddedPostgres, work: (url: string) => Promise<T>): Promise<T> {
  return work(postgres.url).finally(() => postgres.stop());
}

// Its programs come for one platform alone.
test.runIf(process.platform === 'linux' && process.arch === 'x64')(
  'data of PostgreSQL 17 is refused with what to do, stays as it was, and comes over by backup and restore, wholly',
  async () => {
    const path = join(folder, 'before.backup');
    const old = await during(await before(), async (url) => {
      await migrate({ url });
      await fill(url);
      await backUp(url, path);
      return { content: await contentOf(url), schema: await schemaOf(url) };
    });
    const home = join(dataDir, 'postgres');
    const files = digestOf(join(home, 'data'));

    await expect(now()).rejects.toThrow(
      new RegExp(
        `written by PostgreSQL 17, and this release of Keyrail brings PostgreSQL 18[^]*release of Keyrail that ran on it before:[^]*-- backup "${dataDir}-17.backup"[^]*mv "${home}" "${home}-17"[^]*-- restore "${dataDir}-17.backup"[^]*instance keep`,
      ),
    );
    expect(digestOf(join(home, 'data'))).toEqual(files);
    expect(await during(await before(), contentOf)).toEqual(old.content);

    renameSync(home, `${home}-17`);
    const checked = await checkBackup(having(KEY), path);
    expect(checked.header.postgres).toMatch(/^17\./);
    await during(await now(), async (url) => {
      const loaded = await restoreBackup(url, checked);
      expect(await differences(url, loaded)).toEqual([]);
      expect(await contentOf(url)).toEqual(old.content);
      // 18 lists NOT NULL among the constraints.
      const schema = (await schemaOf(url)).filter(
        (line) => !/^constraint \S+ \S+_not_null NOT NULL/.test(line),
      );
      expect(schema).toEqual(old.schema);
    });
  },
);

function digestOf(path: string): Record<string, string> {
  const names = readdirSync(path, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = join(entry.parentPath, entry.name);
        return [file, createHash('sha256').update(readFileSync(file)).digest('hex')];
      }),
  );
}
