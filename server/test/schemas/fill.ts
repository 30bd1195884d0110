import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { masterKey } from '../../src/vault/master-key.ts';
import { sealWith } from '../../src/vault/seal.ts';

/** Opens nothing but what this folder made: it stands here for everybody to read. */
export const FIXTURE_KEY = Buffer.from('a fixture key, known to everybody', 'utf8')
  .subarray(0, 32)
  .toString('base64');

export const FIXTURE = {
  workspaceId: 'wsp_00000000000000000000000fx1',
  userId: 'usr_00000000000000000000000fx1',
  connectionId: 'con_00000000000000000000000fx1',
  dataKeyId: 'dk_00000000000000000000000fx1',
  apiKey: 'fake-key-good-0001',
} as const;

/** Of the owner that tests sign in as (`OWNER` in app.ts). */
const PASSWORD =
  '$argon2id$v=19$m=19456,t=2,p=1$Zml4dHVyZS1maXh0dXJlIQ$YRj2GngK8AnnFWljtwL4W+uYP7ZhXngCkSK62J2c9ok';

/** An integration of a workspace's own, as it was first written down. */
const DESCRIBED = `{"auth":{"type":"header","headers":[{"name":"X-Acme-Key","label":"API key","prefix":""}]},"icon":null,"name":"Acme CRM","check":{"body":null,"path":"/me","query":{},"method":"GET","ok_path":null,"ok_equals":null,"ok_status":[],"account_path":"email","rejected_status":[]},"actions":[{"body":null,"name":"find","path":"/people","label":"Find e-mail","query":{"name":"{name}"},"inputs":[{"help":"","name":"name","type":"full_name","label":"Name","is_required":true}],"method":"GET","address":null,"headers":{},"outputs":[{"name":"email","path":"person.email","type":"email","label":"E-mail"}],"description":"","is_repeatable":true,"no_result_path":null,"no_result_status":[]}],"headers":{},"base_url":"https://crm.example.com","description":"","allowed_hosts":[]}`;

interface Column {
  table: string;
  name: string;
  type: string;
  isIdentity: boolean;
  isNeeded: boolean;
}

type Row = Record<string, unknown>;

/**
 * A few rows in every table that there is, whatever release made the tables: the canary, one workspace with its owner and a
 * connection whose key opens with the fixture key, and made-up rows everywhere else. Returns the tables that stayed empty: what
 * their checks ask for needs a line in `SPECIAL`.
 */
export async function fillEveryTable(client: pg.Client): Promise<string[]> {
  const facts = await look(client);
  const there = new Set(facts.columns.map(({ table }) => table));
  for (const [table, rows] of Object.entries(planted())) {
    if (there.has(table)) for (const row of rows) await insert(client, facts.columns, table, row);
  }
  for (const table of facts.order) {
    const { rowCount } = await client.query(`select from "${table}" limit 1`);
    if (rowCount === 0) await makeUp(client, facts, table);
  }
  const empty: string[] = [];
  for (const table of facts.order) {
    if ((await client.query(`select from "${table}" limit 1`)).rowCount === 0) empty.push(table);
  }
  return empty;
}

const SINGLE = new Set(['instance', 'vault_canary', 'setup_links']);
const NOT_FILLED = new Set(['keyrail_migrations', 'keyrail_job_workers', 'setup_checks']);

/** Values that checks ask for together; by table, for every made-up row of it. */
const SPECIAL: Record<string, Row> = {
  tokens: { sealed: null, generation: 0, has_refresh_token: false, lease_owner: null, lease_until: null },
  withdrawals: { state: 'withdrawn', sealed: null, next_attempt_at: null },
  oauth_apps: { sealed: null },
  oauth_operator_apps: { sealed: null },
  authorizations: { sealed: null },
  instance: { place: '{"cluster": "1", "database": "1", "folder": null}' },
  deliveries: { state: 'delivered' },
};

async function makeUp(client: pg.Client, facts: Facts, table: string): Promise<void> {
  const columns = facts.columns.filter((column) => column.table === table && !column.isIdentity);
  const count = SINGLE.has(table) ? 1 : 2;
  for (let number = 0; number < count; number += 1) {
    const row: Row = {};
    for (const column of columns) row[column.name] = madeUp(facts, column, number);
    for (const { from, to, table: referenced } of facts.references.filter(
      (one) => one.table_from === table,
    )) {
      const found = await client.query(
        `select ${to.map((name) => `"${name}"`).join(', ')} from "${referenced}" order by 1 offset least(${number}, (select count(*) - 1 from "${referenced}")) limit 1`,
      );
      // To its own table: nothing.
      for (const [at, name] of from.entries()) row[name] = found.rows[0]?.[to[at] ?? ''] ?? null;
    }
    const whole = { ...row, ...SPECIAL[table] };
    // What checks do not let stand together is left out, as far as it may be.
    const needed = columns.filter(({ name, isNeeded }) => isNeeded || name in (SPECIAL[table] ?? {}));
    const least = Object.fromEntries(needed.map(({ name }) => [name, whole[name]]));
    await insert(client, columns, table, whole)
      .catch(() => insert(client, columns, table, least))
      .catch(() => {});
  }
}

function madeUp(facts: Facts, { table, name, type }: Column, number: number): unknown {
  const allowed = facts.allowed.get(`${table}.${name}`);
  if (allowed) return allowed[number % allowed.length];
  // What is sealed is planted, or not there.
  if (/(^|_)sealed$/.test(name)) return null;
  const at = new Date(Date.UTC(2026, 10, 20, 12, number)).toISOString();
  if (name === 'workspace_id') return FIXTURE.workspaceId;
  if (type.endsWith('[]')) return /^(integer|smallint|bigint)/.test(type) ? [1, 0, 0, 0, 0, 0, 0, 0, 0] : [];
  if (/^timestamp/.test(type)) return at;
  if (type === 'date') return at.slice(0, 10);
  if (/^jsonb?$/.test(type)) return '{}';
  if (type === 'bytea') return Buffer.from(`${table} ${name} ${number}`);
  if (type === 'boolean') return true;
  if (/int|numeric|double|real/.test(type)) return number + 1;
  if (type === 'interval') return '1 hour';
  if (type === 'inet') return '127.0.0.1';
  return `${table}.${name} ${number} – "quoted", \\ back, tab\t, line\n, 😀`;
}

async function insert(client: pg.Client, columns: Column[], table: string, row: Row): Promise<void> {
  const there = new Set(columns.filter((column) => column.table === table).map(({ name }) => name));
  const names = Object.keys(row).filter((name) => there.has(name));
  const places = names.map((_, at) => `$${at + 1}`);
  try {
    await client.query(
      `insert into "${table}" (${names.map((name) => `"${name}"`).join(', ')}) values (${places.join(', ')})`,
      names.map((name) => row[name]),
    );
  } catch (cause) {
    throw new Error(`no row could be made up for ${table} (SPECIAL may need a line): ${String(cause)}`, {
      cause,
    });
  }
}

interface Facts {
  columns: Column[];
  /** Tables, each after those that it refers to. */
  order: string[];
  references: { table_from: string; table: string; from: string[]; to: string[] }[];
  /** What a check lists for a column, by `table.column`. */
  allowed: Map<string, string[]>;
}

async function look(client: pg.Client): Promise<Facts> {
  const { rows: columns } = await client.query<Column>(`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attidentity <> '' as "isIdentity", a.attnotnull and not a.atthasdef as "isNeeded"
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and a.attgenerated = ''
    order by c.relname, a.attnum`);
  const { rows: references } = await client.query<Facts['references'][number]>(`
    select f.relname as table_from, t.relname as table,
      array(select a.attname::text from unnest(c.conkey) with ordinality k (n, o)
        join pg_attribute a on a.attrelid = f.oid and a.attnum = k.n order by o) as from,
      array(select a.attname::text from unnest(c.confkey) with ordinality k (n, o)
        join pg_attribute a on a.attrelid = t.oid and a.attnum = k.n order by o) as to
    from pg_constraint c join pg_class f on f.oid = c.conrelid join pg_class t on t.oid = c.confrelid
    where c.contype = 'f' and f.relnamespace = current_schema()::regnamespace`);
  const { rows: checks } = await client.query<{ table: string; definition: string }>(`
    select t.relname as table, pg_get_constraintdef(c.oid) as definition
    from pg_constraint c join pg_class t on t.oid = c.conrelid
    where c.contype = 'c' and t.relnamespace = current_schema()::regnamespace`);
  const allowed = new Map<string, string[]>();
  for (const { table, definition } of checks) {
    const list = /^CHECK \(\(+"?(\w+)"?\)? = ANY \(+ARRAY\[(.*?)\]/.exec(definition);
    if (!list) continue;
    const values = [...(list[2] ?? '').matchAll(/'((?:[^']|'')*)'/g)].map(([, value]) => value ?? '');
    if (values.length > 0) allowed.set(`${table}.${list[1]}`, values);
  }
  return { columns, references, allowed, order: inOrder(columns, references) };
}

function inOrder(columns: Column[], references: Facts['references']): string[] {
  const left = new Set(columns.map(({ table }) => table).filter((table) => !NOT_FILLED.has(table)));
  const order: string[] = [];
  while (left.size > 0) {
    const next = [...left].filter((table) =>
      references.every((one) => one.table_from !== table || one.table === table || !left.has(one.table)),
    );
    if (next.length === 0)
      throw new Error(`tables that refer to each other in a circle: ${[...left].join(', ')}`);
    for (const table of next) {
      left.delete(table);
      order.push(table);
    }
  }
  return order;
}

/** What later releases must be able to read: as the releases until now wrote it. */
function planted(): Record<string, Row[]> {
  const { workspaceId, userId, connectionId, dataKeyId, apiKey } = FIXTURE;
  const master = masterKey(Buffer.from(FIXTURE_KEY, 'base64'));
  const dataKey = randomBytes(32);
  const at = '2026-11-20T12:00:00Z';
  return {
    vault_canary: [
      {
        sealed: sealWith(
          { id: master.id, key: master.derive('canary').reveal() },
          { workspaceId: '', recordId: 'canary', version: 1, purpose: 'canary' },
          'this opens with the right master key alone',
        ),
      },
    ],
    users: [{ id: userId, email: 'olive@example.com', name: 'Olive Owner', password_hash: PASSWORD }],
    workspaces: [{ id: workspaceId, name: 'Acme' }],
    members: [{ workspace_id: workspaceId, user_id: userId, role: 'owner' }],
    data_keys: [
      {
        id: dataKeyId,
        workspace_id: workspaceId,
        wrapped: sealWith(
          { id: master.id, key: master.derive('wrap data keys').reveal() },
          { workspaceId, recordId: dataKeyId, version: 1, purpose: 'data key' },
          dataKey.toString('base64'),
        ),
      },
    ],
    connections: [
      {
        ...{
          id: connectionId,
          workspace_id: workspaceId,
          integration: 'hunter',
          name: 'Main',
          name_key: 'main',
        },
        ...{ method: 'api_key', method_id: 'api_key', status: 'connected', status_since: at },
        ...{ created_at: at, updated_at: at, is_default: true },
      },
    ],
    custom_integrations: [
      {
        ...{
          id: 'cus_00000000000000000000000fx1',
          workspace_id: workspaceId,
          slug: 'custom-acme-crm',
          name: 'Acme CRM',
        },
        ...{ name_key: 'acme crm', described: DESCRIBED, address_stamp: 'adr_00000000000000000000000fx1' },
        ...{ created_at: at, updated_at: at },
      },
    ],
    credentials: [
      {
        ...{ workspace_id: workspaceId, connection_id: connectionId, version: 1, state: 'current' },
        ...{ method: 'api_key', method_id: 'api_key', fields: '{}', hint: '0001', created_at: at },
        sealed: sealWith(
          { id: dataKeyId, key: dataKey },
          { workspaceId, recordId: connectionId, version: 1, purpose: 'credential' },
          JSON.stringify({ api_key: apiKey }),
        ),
      },
    ],
  };
}
