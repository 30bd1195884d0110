// Writes the fixture of a release: the schema as it is now (or as it was with the named migration), with something in every
// table, as a backup under the fixture key. Run it with each release, and never again for that one:
//
//   node server/test/schemas/write.ts [LAST_MIGRATION]
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { backUp, fill } from '../../src/backup/under-test.ts';
import { migrate } from '../../src/db/migrate.ts';
import { startThrowAway } from '../../src/operator/throw-away-database.ts';

const all = fileURLToPath(new URL('../../src/db/migrations', import.meta.url));
const names = readdirSync(all)
  .filter((name) => name.endsWith('.sql'))
  .sort();
const last = process.argv[2] ?? (names.at(-1) ?? '').replace(/\.sql$/, '');
if (!names.includes(`${last}.sql`)) throw new Error(`there is no migration ${last}`);

const folder = mkdtempSync(join(tmpdir(), 'keyrail-schema-'));
for (const name of names.filter((one) => one <= `${last}.sql`)) cpSync(join(all, name), join(folder, name));
const database = await startThrowAway();
try {
  await migrate({ url: database.url, folder });
  const empty = await fill(database.url);
  if (empty.length > 0)
    throw new Error(`nothing could be made up for ${empty.join(', ')}: SPECIAL in fill.ts needs a line`);
  const path = fileURLToPath(new URL(`${last}.backup`, import.meta.url));
  rmSync(path, { force: true });
  const { rows, tables, bytes } = await backUp(database.url, path);
  console.log(`${path}: ${rows} rows of ${tables} tables, ${bytes} bytes`);
} finally {
  await database.stop();
  rmSync(folder, { recursive: true, force: true });
}
