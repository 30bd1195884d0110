import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Agent } from 'undici';
import type { ServerProcess } from '../sandbox/server-process.ts';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { newId } from '../server/src/lib/id.ts';
import { finder } from '../server/test/finder.ts';
import { isFull, median, report, tell } from './report.ts';
import { signUp, startMeasured } from './server.ts';

/**
 * How long the first rows of the connections page take with 5,000 connections in a workspace and 1,000 integrations: the apps
 * with counts and worst statuses, the integrations with counts, and the connections of the workspace, each as the page asks
 * for them over HTTP. Beside it the same with 100 connections, and a bare indexed select of the same rows, written out as JSON
 * by a server of a few lines in the process that asks.
 */
const INTEGRATIONS = 1_000;
const MANY = 5_000;
const FEW = 100;
const ROUNDS = isFull ? 2_000 : 400;
const ROWS = 50;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const silent = { info() {}, warn() {}, error: console.error };
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent });
const database = new pg.Pool({ connectionString: postgres.url, max: 4 });
database.on('error', () => {});
const agent = new Agent({ connections: 4 });
let server: ServerProcess | null = null;
let bare: Bare | null = null;

interface Lists {
  apps: number[];
  integrations: number[];
  connections: number[];
}

try {
  writeCatalog();
  server = await startMeasured(folder, postgres.url, {
    KEYRAIL_CATALOG_DIR: join(folder, 'catalog'),
    KEYRAIL_REQUESTS_PER_SECOND: '10000',
  });
  const { cookie } = await signUp(server);
  const many = await workspaceOf(cookie, MANY);
  const few = await workspaceOf(cookie, FEW);
  await database.query('vacuum analyze');
  bare = await startBare(many);

  await measure(server.url, cookie, [many, few], 50);
  const [withMany, withFew, peer] = await measure(server.url, cookie, [many, few], ROUNDS);
  const lists = ['apps', 'integrations', 'connections'] as const;
  const p99s = lists.map((list) => ({
    list,
    many: p99(withMany[list]),
    few: p99(withFew[list]),
    bare: p99(peer[list]),
  }));
  for (const { list, ...one } of p99s) {
    tell(
      `${list}: p99 (median) ${MANY} connections ${ms(one.many)} (${ms(median(withMany[list]))}), ${FEW} ${ms(one.few)} (${ms(median(withFew[list]))}), bare select ${ms(one.bare)} (${ms(median(peer[list]))})`,
    );
  }
  const worst = p99s.reduce((a, b) => (a.many / a.bare > b.many / b.bare ? a : b));
  report({
    bench: 'connections-list',
    value: worst.many,
    unit: 'ms (p99)',
    against: { name: `bare indexed select of the same rows: ${worst.list}`, value: worst.bare },
    ratio: worst.many / worst.bare,
    goal: 'ratio <= 3',
    met: worst.many / worst.bare <= 3,
    checks: p99s.map(({ list, many, few }) => ({
      name: `${list}: p99 with ${MANY} connections over p99 with ${FEW}`,
      value: many / few,
      unit: '',
      goal: '<= 2',
      met: many / few <= 2,
    })),
  });
} finally {
  await server?.stop();
  await bare?.close();
  await agent.close();
  await database.end();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** In turns, so that whatever else the machine does meets all of them. */
async function measure(
  url: string,
  cookie: string,
  [many, few]: [string, string],
  rounds: number,
): Promise<[Lists, Lists, Lists]> {
  const results = [0, 1, 2].map((): Lists => ({ apps: [], integrations: [], connections: [] }));
  const [withMany, withFew, peer] = results as [Lists, Lists, Lists];
  const paths = {
    apps: `/v1/connections/apps?limit=${ROWS}`,
    integrations: `/v1/integrations?limit=${ROWS}`,
    connections: `/v1/connections?limit=${ROWS}`,
  };
  for (let round = 0; round < rounds; round += 1) {
    for (const list of ['apps', 'integrations', 'connections'] as const) {
      const asked = (workspace: string) => ({ cookie, 'keyrail-workspace': workspace });
      withMany[list].push(await timed(url + paths[list], asked(many)));
      withFew[list].push(await timed(url + paths[list], asked(few)));
      peer[list].push(await timed(`${bare?.url}/${list}`, {}));
    }
  }
  return [withMany, withFew, peer];
}

async function timed(url: string, headers: Record<string, string>): Promise<number> {
  const { origin, pathname, search } = new URL(url);
  const startedAt = performance.now();
  const answer = await agent.request({ origin, path: pathname + search, method: 'GET', headers });
  const text = await answer.body.text();
  const took = performance.now() - startedAt;
  const rows = (JSON.parse(text) as { data?: unknown[] }).data?.length ?? 0;
  if (answer.statusCode !== 200 || rows !== ROWS)
    throw new Error(`${url}: ${answer.statusCode}, ${rows} rows`);
  return took;
}

function p99(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN;
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}

interface Bare {
  url: string;
  close(): Promise<void>;
}

/** The least there is: one query by an index, and its rows as JSON. */
async function startBare(workspace: string): Promise<Bare> {
  const slugs = Array.from({ length: ROWS }, (_, index) => slugOf(index));
  const queries = new Map<string, [string, unknown[]]>([
    [
      '/apps',
      [
        `select integration, connection_count, worst, (select last_used_at from connections c
           where c.workspace_id = $1 and c.integration = connected_apps.integration
           order by last_used_at desc nulls last limit 1)
         from connected_apps where workspace_id = $1 order by worst desc, integration limit ${ROWS}`,
        [workspace],
      ],
    ],
    [
      '/integrations',
      [
        `select slug, coalesce(connection_count, 0) as connection_count from unnest($2::text[]) as slug
         left join connected_apps on workspace_id = $1 and integration = slug`,
        [workspace, slugs],
      ],
    ],
    [
      '/connections',
      [`select * from connections where workspace_id = $1 order by id limit ${ROWS}`, [workspace]],
    ],
  ]);
  const listening = createServer(async (request, response) => {
    const [text, values] = queries.get(request.url ?? '') ?? ['select 1', []];
    const { rows } = await database.query(text, values);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data: rows }));
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    close: async () => {
      listening.closeAllConnections();
      listening.close();
    },
  };
}

function slugOf(index: number): string {
  return `finder-${String(index).padStart(4, '0')}`;
}

function writeCatalog(): void {
  const catalog = join(folder, 'catalog');
  mkdirSync(catalog);
  for (let index = 0; index < INTEGRATIONS; index += 1) {
    const slug = slugOf(index);
    const definition = { ...finder('https://finder.example'), slug, name: `Finder ${index}` };
    writeFileSync(join(catalog, `${slug}.yaml`), JSON.stringify(definition));
  }
}

/** A workspace of whoever signed up, with so many connections over all integrations, as connecting leaves them. */
async function workspaceOf(_cookie: string, count: number): Promise<string> {
  const workspace = newId<string>('wsp');
  await database.query('insert into workspaces (id, name) values ($1, $1)', [workspace]);
  await database.query(
    `insert into members (workspace_id, user_id, role) select $1, id, 'owner' from users`,
    [workspace],
  );
  const verdict = {
    kind: 'ok',
    message: 'Finder accepted this key.',
    next_step: null,
    next_step_url: null,
    provider_message: null,
    provider_status: 200,
    request: { method: 'GET', host: 'finder.example', path: '/me' },
    permission: null,
    account: { name: 'jane@example.com', plan: 'Starter', credits_left: '412 searches' },
    retry_after_seconds: null,
    checked_at: new Date().toISOString(),
  };
  const rows = Array.from({ length: count }, (_, index) => ({
    id: newId<string>('con'),
    integration: slugOf(index % INTEGRATIONS),
    name: `Key ${Math.floor(index / INTEGRATIONS) + 1}`,
    is_default: index < INTEGRATIONS,
    status: index % 50 === 7 ? 'invalid' : index % 50 === 9 ? 'expired' : 'connected',
  }));
  await database.query(
    `insert into connections (id, workspace_id, integration, name, name_key, method, method_id, is_default, status,
       status_since, account, hint, last_verdict, last_checked_at, last_used_at, created_at, updated_at)
     select id, $1, integration, name, lower(name), 'api_key', 'api_key', is_default, status,
       now(), $3::jsonb->'account', '0001', $3::jsonb, now(), now(), now(), now()
     from jsonb_to_recordset($2::jsonb) as made (id text, integration text, name text, is_default boolean, status text)`,
    [workspace, JSON.stringify(rows), JSON.stringify(verdict)],
  );
  await database.query(
    `insert into credentials (workspace_id, connection_id, version, state, sealed, method, method_id, hint, created_at)
     select workspace_id, id, 1, 'current', 'v1.none.none', 'api_key', 'api_key', '0001', now()
     from connections where workspace_id = $1`,
    [workspace],
  );
  return workspace;
}
