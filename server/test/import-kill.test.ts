import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ServerProcess, startServerProcess } from '../../sandbox/server-process.ts';
import { type Client, clientOf, cookieOf, OWNER } from './app.ts';
import { freshDatabase, type TestDatabase } from './database.ts';

/** Real server processes, killed in the middle of a file. */
let home: string;
let database: TestDatabase;
let servers: ServerProcess[];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyrail-import-kill-'));
  servers = [];
  database = await freshDatabase();
});

afterEach(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  await database.close();
  rmSync(home, { recursive: true, force: true });
});

test('kill -9 in the middle of an import: nothing of it is there, and the file can be sent again', async () => {
  const first = await server();
  const owner = await signUp(first);
  const table = (await owner.post('/v1/tables', { name: 'Leads' })).json;
  const socket = await beginUpload(first, owner, table.id);
  while ((await copied()) < 10_000) await new Promise((resolve) => setImmediate(resolve));
  await first.kill();
  socket.destroy();

  const again = clientOf((await server()).url, owner.headers);
  const left = (await again.get(`/v1/tables/${table.id}`)).json;
  expect([left.row_count, left.columns]).toEqual([0, []]);
  const { rows } = await database.db.systemPool.query('select count(*)::int as n from table_rows');
  expect(rows).toEqual([{ n: 0 }]);
  const imported = await again.post(`/v1/tables/${table.id}/import`, 'a,b\n1,2\n', {
    'content-type': 'text/csv',
  });
  expect(imported.json).toMatchObject({ rows_added: 1, rows_rejected: 0 });
});

async function server(): Promise<ServerProcess> {
  const started = await startServerProcess({
    HOME: home,
    DATABASE_URL: database.url,
    KEYRAIL_DATA_DIR: join(home, 'data'),
    KEYRAIL_MASTER_KEY_FILE: join(home, 'master.key'),
    KEYRAIL_LOG_LEVEL: 'error',
  });
  servers.push(started);
  return started;
}

async function signUp({ url, setupLink }: ServerProcess): Promise<Client> {
  const code = new URL(setupLink ?? '').searchParams.get('code');
  const session = await clientOf(url, {}).post('/v1/setup', { ...OWNER, code });
  const workspace = session.json.workspaces[0].id;
  return clientOf(url, { cookie: cookieOf(session), 'keyrail-workspace': workspace });
}

/** Sends a file of which the end never comes. */
async function beginUpload({ port }: ServerProcess, owner: Client, tableId: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const headers = {
    ...owner.headers,
    host: '127.0.0.1',
    'content-type': 'text/csv',
    'content-length': '9000000',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /v1/tables/${tableId}/import HTTP/1.1\r\n${lines.join('')}\r\na,b\n`);
  socket.write('1234567890,some text\n'.repeat(200_000));
  return socket;
}

/** Rows that COPY has taken so far, as PostgreSQL tells. */
async function copied(): Promise<number> {
  const { rows } = await database.db.systemPool.query(
    "select coalesce(max(tuples_processed), 0)::int as n from pg_stat_progress_copy where relid = 'table_rows'::regclass",
  );
  return rows[0].n;
}
