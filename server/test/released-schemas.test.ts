import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { checkBackup } from '../src/backup/read-backup.ts';
import { restoreBackup } from '../src/backup/restore.ts';
import { having, KEY, schemaOf, withClient } from '../src/backup/under-test.ts';
import { migrate } from '../src/db/migrate.ts';
import { startApp } from './app.ts';
import { emptyDatabase, freshDatabase, type TestDatabase } from './database.ts';
import { FIXTURE, FIXTURE_KEY } from './schemas/fill.ts';

/* Databases as every release left them (schemas/write.ts makes one), brought to the schema of this one. */

const folder = fileURLToPath(new URL('schemas', import.meta.url));
const fixtures = readdirSync(folder).filter((name) => name.endsWith('.backup'));
const home = mkdtempSync(join(tmpdir(), 'keyrail-released-'));
const keyFile = join(home, 'master.key');
writeFileSync(keyFile, FIXTURE_KEY, { mode: 0o600 });
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Migrations that were meant to change what was there: by table, what they leave out of the comparison. */
const MEANT: Record<string, string> = {
  // 0117: readings stand in the audit log alone.
  connection_events: "kind <> 'credentials_read'",
};

describe.each(fixtures)('the schema of %s', (fixture) => {
  test('is brought to the present one by one of eight servers, keeps every value, and opens its secrets', async () => {
    const database = await emptyDatabase();
    try {
      await restoreBackup(database.url, await checkBackup(having(KEY), join(folder, fixture)));
      const columns = await columnsOf(database);
      const before = await digestsOf(database, columns);

      const applied: string[] = [];
      const starts = Array.from({ length: 8 }, () =>
        migrate({ url: database.url, onApplied: (name) => applied.push(name) }),
      );
      await Promise.all(starts);
      expect(applied).toEqual([...new Set(applied)].sort());
      expect(applied[0] ?? '').toSatisfy((first: string) => first > fixture);
      expect(await digestsOf(database, columns)).toEqual(before);

      const app = await startApp({ database, keyFile, settings: { KEYRAIL_ROLE: 'api' } });
      try {
        const listed = (await app.owner.get('/v1/connections')).json.data;
        expect(listed).toContainEqual(
          expect.objectContaining({ id: FIXTURE.connectionId, name: 'Main', status: 'connected' }),
        );
        const token = await app.token(['credentials:read', 'connections:read']);
        const read = await token.get(`/v1/connections/${FIXTURE.connectionId}/credentials`);
        expect(read.json.credentials ?? read.json).toMatchObject({ api_key: FIXTURE.apiKey });
      } finally {
        await app.close();
      }
    } finally {
      await database.close();
    }
  });
});

test('a schema that was migrated from the first release is the one that is made new today', async () => {
  const [migrated, made] = [await emptyDatabase(), await freshDatabase()];
  try {
    await restoreBackup(migrated.url, await checkBackup(having(KEY), join(folder, fixtures[0] ?? '')));
    await migrate({ url: migrated.url });
    expect(await schemaOf(migrated.url)).toEqual(await schemaOf(made.url));
  } finally {
    await migrated.close();
    await made.close();
  }
});

type Columns = { table: string; columns: string[] }[];

async function columnsOf({ url }: TestDatabase): Promise<Columns> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<Columns[number]>(`
      select c.relname as table, array_agg(a.attname::text order by a.attname) as columns
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        and c.relname not in ('keyrail_migrations', 'keyrail_job_workers') group by c.relname order by 1`);
    return rows;
  });
}

/** By table, what the columns hold that there were in the old schema. */
async function digestsOf({ url }: TestDatabase, tables: Columns): Promise<Record<string, string>> {
  return withClient(url, async (client) => {
    const digests: Record<string, string> = {};
    for (const { table, columns } of tables) {
      const list = columns.map((name) => `"${name}"`).join(', ');
      const { rows } = await client.query<{ digest: string }>(
        `select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as digest
         from (select ${list} from "${table}" where ${MEANT[table] ?? 'true'}) t`,
      );
      digests[table] = rows[0]?.digest ?? '';
    }
    return digests;
  });
}
