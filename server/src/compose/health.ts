import { sql } from 'kysely';
import type { ApiDeps } from '../api/app.ts';
import type { ComposeDeps } from '../compose.ts';
import type { Database } from '../db/open.ts';
import { dataKeyStore } from '../vault/store.ts';

/** What `/health/ready` asks. */
export async function composeHealth({ db, vault, instance }: ComposeDeps): Promise<ApiDeps['health']> {
  // Another database put in this one's place is noticed by it. A newer release's migrations only add (see db/migrate.ts).
  const migratedTo = await newestMigration(db);
  return {
    isQuarantined: instance.isQuarantined,
    checks: {
      database: async () => (await sql`select 1`.execute(db.system)).rows.length === 1,
      migrations: async () => ((await newestMigration(db)) ?? '') >= (migratedTo ?? ''),
      vault: async () => {
        const id = await dataKeyStore(db.system).masterKeyId();
        return id !== null && (await vault.masterKeys.byId(id)) !== null;
      },
    },
  };
}

async function newestMigration({ system }: Database): Promise<string | null> {
  const { rows } = await sql<{
    name: string | null;
  }>`select max(name) as name from keyrail_migrations where name ~ '^[0-9]{4}_'`.execute(system);
  return rows[0]?.name ?? null;
}
