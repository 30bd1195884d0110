import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { Agent } from 'undici';
import type { ServerProcess } from '../sandbox/server-process.ts';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { newId } from '../server/src/lib/id.ts';
import { finderFile } from '../server/test/finder.ts';
import { isFull, median, report, residentMb, tell } from './report.ts';
import { signUp, startMeasured } from './server.ts';

/**
 * How many cells a run of an action column fills in a second, against a provider that answers in 50 ms with at most 100
 * calls in flight; beside it a bare undici loop under the same limit, against the same provider, in turns. The time of a
 * run is from its request until it is over: cells queued, called, stored and counted.
 */
const CELLS = isFull ? 10_000 : 5_000;
const ROUNDS = isFull ? 3 : 2;
const IN_FLIGHT = 100;
const UPSTREAM_MS = 50;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const silent = { info() {}, warn() {}, error: console.error };
const upstream = await startUpstream();
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent });
const database = new pg.Client({ connectionString: postgres.url });
let server: ServerProcess | null = null;

try {
  // Twice: the first start fills the compile cache, as on every machine where it ran before.
  await (await startServer()).stop();
  server = await startServer();
  await database.connect();
  const api = await connect(server);
  const rates: number[] = [];
  const bareRates: number[] = [];
  let peakMb = 0;
  const watching = setInterval(async () => {
    peakMb = Math.max(peakMb, await residentMb(server?.pid ?? 0));
  }, 200);
  for (let round = 0; round <= ROUNDS; round++) {
    // The first round warms both up and is not counted.
    const cells = round === 0 ? 1_000 : CELLS;
    const bare = await bareLoop(cells);
    const rate = await runCells(api, cells);
    if (round === 0) continue;
    bareRates.push(bare);
    rates.push(rate);
    tell(`${round}/${ROUNDS}: run ${Math.round(rate)} cells/s, bare loop ${Math.round(bare)} calls/s`);
  }
  clearInterval(watching);
  const [value, peer] = [median(rates), median(bareRates)];
  report({
    bench: 'run-cells',
    value,
    unit: 'cells/s',
    against: { name: `bare undici loop, ${IN_FLIGHT} in flight`, value: peer },
    ratio: value / peer,
    goal: 'ratio >= 0.8',
    met: value / peer >= 0.8,
    checks: [
      {
        name: 'memory of the server process',
        value: peakMb,
        unit: 'MB',
        goal: '< 300 MB',
        met: peakMb < 300,
      },
    ],
  });
} finally {
  await server?.stop();
  await database.end();
  await postgres.stop();
  upstream.process.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function startUpstream(): Promise<{ process: ChildProcess; port: number }> {
  const script = fileURLToPath(new URL('upstream.ts', import.meta.url));
  const child = fork(script, [String(UPSTREAM_MS)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [line] = await once(child.stdout ?? child, 'data');
  return { process: child, port: Number(String(line).trim()) };
}

async function startServer(): Promise<ServerProcess> {
  writeFileSync(join(folder, 'finder.yaml'), finderFile(`http://127.0.0.1:${upstream.port}`));
  return startMeasured(folder, postgres.url, {
    KEYRAIL_CATALOG_DIR: folder,
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${upstream.port}`,
    KEYRAIL_RUN_CONCURRENCY: String(IN_FLIGHT),
  });
}

interface Api {
  workspaceId: string;
  post(path: string, body: unknown): Promise<Record<string, unknown>>;
}

/** Somebody with a connection of the tool that is called. */
async function connect(server: ServerProcess): Promise<Api> {
  const headers = await signUp(server);
  const api: Api = {
    workspaceId: headers['keyrail-workspace'],
    post: async (path, body) => {
      const made = await fetch(server.url + path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      });
      if (!made.ok) throw new Error(`${path}: ${made.status} ${await made.text()}`);
      return (await made.json()) as Record<string, unknown>;
    },
  };
  await api.post('/v1/connections', {
    integration: 'finder',
    credentials: { api_key: 'fake-key-good-0001' },
  });
  return api;
}

/** Cells per second of one run over a new table. */
async function runCells(api: Api, cells: number): Promise<number> {
  const { tableId, columnId } = await makeTable(api.workspaceId, cells);
  const startedAt = performance.now();
  const run = await api.post(`/v1/tables/${tableId}/columns/${columnId}/runs`, { scope: 'all' });
  for (;;) {
    const { rows } = await database.query('select state, done from runs where id = $1', [run.id]);
    if (rows[0]?.state === 'done') {
      if (rows[0].done !== cells) throw new Error(`${rows[0].done} of ${cells} cells are done`);
      return (cells / (performance.now() - startedAt)) * 1000;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function makeTable(workspaceId: string, count: number) {
  const [tableId, nameId, columnId] = [newId<string>('tbl'), newId<string>('col'), newId<string>('col')];
  const action = {
    integration: 'finder',
    action: 'find',
    connection_id: null,
    inputs: { name: { kind: 'column', column_id: nameId } },
    outputs: {},
  };
  await database.query(
    `insert into tables (id, workspace_id, name, row_count, next_position, next_column_key) values ($1, $2, $1, $3::int, $3::int, 3)`,
    [tableId, workspaceId, count],
  );
  await database.query(
    `insert into columns (id, workspace_id, table_id, key, name, type, position, action) values
      ($1, $4, $3, 1, 'Name', 'text', 0, null), ($2, $4, $3, 2, 'Email', 'action', 1, $5)`,
    [nameId, columnId, tableId, workspaceId, JSON.stringify(action)],
  );
  const rowIds = Array.from({ length: count }, () => newId<string>('row'));
  await database.query(
    `insert into table_rows (position, workspace_id, table_id, id, values)
      select n - 1, $1, $2, id, jsonb_build_object('1', 'n' || n) from unnest($3::text[]) with ordinality as made (id, n)`,
    [workspaceId, tableId, rowIds],
  );
  return { tableId, columnId };
}

/** Calls per second of the same requests with nothing around them: each answer is read and parsed. */
async function bareLoop(calls: number): Promise<number> {
  const agent = new Agent({ connections: IN_FLIGHT });
  const origin = `http://127.0.0.1:${upstream.port}`;
  let next = 0;
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (next < calls) {
        next += 1;
        const headers = { 'x-api-key': 'fake-key-good-0001', accept: 'application/json' };
        const { body } = await agent.request({ origin, path: `/find?name=n${next}`, method: 'GET', headers });
        await body.json();
      }
    }),
  );
  const rate = (calls / (performance.now() - startedAt)) * 1000;
  await agent.close();
  return rate;
}
