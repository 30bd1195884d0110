import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { FIXTURE_KEY, fillEveryTable } from '../../test/schemas/fill.ts';
import { systemClock } from '../lib/clock.ts';
import { type MasterKey, masterKey } from '../vault/master-key.ts';
import { opensCanary } from '../vault/unlock.ts';
import { type MadeBackup, makeBackup } from './make-backup.ts';

export const KEY = masterKey(Buffer.from(FIXTURE_KEY, 'base64'));
export const OTHER_KEY = masterKey(randomBytes(32));

export function having(...keys: MasterKey[]): (id: string) => Promise<MasterKey | null> {
  return async (id) => keys.find((key) => key.id === id) ?? null;
}

export function backUp(url: string, path: string, key = KEY): Promise<MadeBackup> {
  return makeBackup(
    { clock: systemClock, masterKey: having(key), opensCanary, announce: () => {} },
    url,
    path,
  );
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return work(client).finally(() => client.end());
}

export function fill(url: string): Promise<string[]> {
  return withClient(url, fillEveryTable);
}

/**
 * What a schema is made of: columns, keys, checks, indexes, triggers and whether they are on, policies, rights, functions.
 * The same for two databases where nothing is missing, and nothing else.
 */
export function schemaOf(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ line: string }>(`
      select line from (
        select format('column %s.%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
          a.attgenerated::text || a.attidentity::text, pg_get_expr(d.adbin, d.adrelid)) as line
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
        union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint
          where connamespace = 'public'::regnamespace
        union all select format('index %s', pg_get_indexdef(indexrelid)) from pg_index where indexrelid::regclass::text !~ '\\.'
        union all select format('trigger %s %s', pg_get_triggerdef(oid), tgenabled) from pg_trigger where not tgisinternal
        union all select format('policy %s', row(p.*)::text) from pg_policies p
        union all select format('table %s %s %s', relname, relrowsecurity, relacl) from pg_class
          where relnamespace = 'public'::regnamespace
        union all select format('function %s', pg_get_functiondef(oid)) from pg_proc
          where pronamespace = 'public'::regnamespace and prokind = 'f'
      ) lines order by line`);
    return rows.map(({ line }) => line);
  });
}

/** What is in every table, by table, but for who works and what was applied when. */
export function contentOf(url: string): Promise<Record<string, string>> {
  return withClient(url, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
       and relname not in ('keyrail_job_workers', 'setup_checks') order by 1`,
    );
    const content: Record<string, string> = {};
    for (const { name } of tables) {
      const { rows } = await client.query<{ digest: string }>(
        `select count(*) || ' ' || md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as digest from "${name}" t
         ${name === 'keyrail_migrations' ? "where name ~ '^[0-9]'" : ''}`,
      );
      content[name] = rows[0]?.digest ?? '';
    }
    return content;
  });
}
