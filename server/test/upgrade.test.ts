import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { schemaOf } from '../src/backup/under-test.ts';
import { migrate } from '../src/db/migrate.ts';
import { startApp } from './app.ts';
import { appliedIn, cutAfter } from './chaos/cut-migration.ts';
import { emptyDatabase, freshDatabase } from './database.ts';

/* One release takes over from another: starts that are cut off, and processes that run on under a newer schema. */

const migrations = fileURLToPath(new URL('../src/db/migrations', import.meta.url));

// Every message: node server/test/chaos/cut-migration.ts
test.each([9, 37, 131])(
  'a start that is cut off after message %i leaves whole migrations alone, and the next one makes the schema whole',
  async (messages) => {
    const [database, made] = await Promise.all([emptyDatabase(), freshDatabase()]);
    try {
      expect(await cutAfter(database.url, messages)).toBe(messages);
      const applied = await appliedIn(database.url);
      const all = await appliedIn(made.url);
      expect(applied).toEqual(all.slice(0, applied.length));
      expect(applied.length).toBeLessThan(all.length);
      await migrate({ url: database.url });
      expect(await schemaOf(database.url)).toEqual(await schemaOf(made.url));
    } finally {
      await database.close();
      await made.close();
    }
  },
);

test('a process goes on serving while a newer release brings the database to its own schema', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyrail-newer-'));
  cpSync(migrations, folder, { recursive: true });
  // Columns in the tables that are read most, where plans are kept and rows are read whole.
  writeFileSync(
    join(folder, '9999_newer.sql'),
    `-- A newer release adds.
    alter table connections add column newer text not null default 'x';
    alter table credentials add column newer jsonb not null default '{}';
    alter table api_tokens add column newer int;
    alter table sessions add column newer int;
    alter table members add column newer int;
    alter table workspaces add column newer int;
    create table newer (id int primary key, workspace_id text references workspaces on delete cascade);`,
  );
  const app = await startApp();
  try {
    const journey = async () => {
      const table = await app.owner.post('/v1/tables', { name: `Leads ${Math.random()}` });
      const token = await app.token(['connections:read', 'tables:read']);
      const answers = [
        table,
        await app.owner.get('/v1/connections'),
        await app.owner.get('/v1/session'),
        await token.get(`/v1/tables/${table.json.id}`),
        await app.owner.get('/v1/audit'),
        await app.anonymous.get('/health/ready'),
      ];
      return answers.map(({ status }) => status);
    };
    const well = [201, 200, 200, 200, 200, 200];
    expect(await journey()).toEqual(well);
    let upgraded = false;
    const upgrade = migrate({ url: app.database.url, folder, release: '9.0.0' }).then(() => {
      upgraded = true;
    });
    while (!upgraded) expect(await journey()).toEqual(well);
    await upgrade;
    expect(await journey()).toEqual(well);
    // Ended, it does not start again: what it would write is not what the newer one expects.
    await expect(migrate({ url: app.database.url })).rejects.toThrow(
      /already brought to 9999_newer by Keyrail 9\.0\.0.*Start Keyrail 9\.0\.0 or newer/,
    );
  } finally {
    await app.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
