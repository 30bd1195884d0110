// People write while the server, or PostgreSQL, is killed again and again; then what is there is held against what was
// confirmed. Short in the tests; in full:
//
//   node server/test/chaos/kill-writes.ts [KILLS_OF_THE_SERVER KILLS_OF_POSTGRESQL]        500 and 100
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { type ServerProcess, startServerProcess } from '../../../sandbox/server-process.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/start.ts';
import { type Client, clientOf, cookieOf, OWNER } from '../app.ts';
import { described } from '../crm.ts';
import { ownPort } from '../own-port.ts';
import { until } from '../until.ts';

/** `server`: kill -9 of the server; `postgres`: kill -9 of its PostgreSQL; `immediate`: its end without a checkpoint. */
export type Kill = 'server' | 'postgres' | 'immediate';

export interface Written {
  /** Confirmed to whoever asked, by kind. */
  confirmed: Record<'table' | 'import' | 'connection' | 'role', number>;
  /** Confirmed, and not there. */
  lost: string[];
  /** There in part. */
  halves: string[];
  /** From the kill until a request was answered again. */
  slowestBackMs: number;
}

/** Multiples of it fall evenly between the whole numbers. */
const GOLDEN = 0.618;
const WRITERS = 6;
const ROWS = 50;
const ROLES = ['editor', 'viewer', 'admin'];

export async function killWhileWriting(kills: readonly Kill[], betweenMs: number): Promise<Written> {
  const folder = mkdtempSync(join(tmpdir(), 'keyrail-kill-writes-'));
  chmodSync(folder, 0o711);
  const log = { info() {}, warn() {}, error() {} };
  const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log });
  const settings = {
    HOME: folder,
    KEYRAIL_PORT: String(await ownPort()),
    DATABASE_URL: postgres.url,
    KEYRAIL_DATA_DIR: join(folder, 'server'),
    KEYRAIL_MASTER_KEY_FILE: join(folder, 'master.key'),
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: '127.0.0.1:1',
    KEYRAIL_REQUESTS_PER_SECOND: '100000',
    KEYRAIL_LOG_LEVEL: 'error',
  };
  let server = await startServerProcess(settings);
  try {
    const owner = await signUp(server);
    const { url } = server;
    const member = await addMember(postgres.url);
    const notes = createNotes();
    const stopping = new AbortController();
    const writers = Array.from({ length: WRITERS }, (_, number) =>
      write(clientOf(url, owner.headers), member, number, notes, stopping.signal),
    );
    for (const [number, kill] of kills.entries()) {
      await writtenMore(notes);
      // Each time at another moment.
      await sleep(betweenMs * (0.5 + ((number * GOLDEN) % 1)));
      const at = performance.now();
      if (kill === 'server') {
        await server.kill();
        server = await startServerProcess(settings);
      } else {
        const before = postgres.pid();
        process.kill(before, kill === 'postgres' ? 'SIGKILL' : 'SIGQUIT');
        // Until then it answers as it is dying, and is not back.
        while (postgres.pid() === before) await sleep(5);
      }
      while (!(await answers(url, owner))) await sleep(20);
      notes.slowestBackMs = Math.max(notes.slowestBackMs, performance.now() - at);
    }
    await writtenMore(notes);
    stopping.abort();
    await Promise.all(writers);
    return await judge(postgres, notes, member);
  } finally {
    await server.kill();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Something more of each kind was confirmed: all of it is back, and there is something to lose. */
async function writtenMore(notes: Notes): Promise<void> {
  const counts = () => [notes.tables.length, notes.imports.length, notes.connections.length, notes.roles];
  const before = counts();
  await until(() => counts().every((count, at) => count > (before[at] ?? 0)));
}

interface Notes {
  tables: string[];
  imports: string[];
  connections: string[];
  /** What was confirmed last, and what has been asked for since. */
  role: { confirmed: string; asked: string[] };
  roles: number;
  slowestBackMs: number;
}

function createNotes(): Notes {
  return {
    tables: [],
    imports: [],
    connections: [],
    role: { confirmed: 'viewer', asked: [] },
    roles: 0,
    slowestBackMs: 0,
  };
}

/** Some make tables and import rows into them, some save connections, one changes somebody's role. */
async function write(
  client: Client,
  member: string,
  number: number,
  notes: Notes,
  stopping: AbortSignal,
): Promise<void> {
  for (let turn = 0; !stopping.aborted; turn += 1) {
    const name = `${number}-${turn}`;
    if (number === 0) await changeRole(client, member, turn, notes);
    else if (number % 2 === 0) await connect(client, name, notes);
    else await importInto(client, name, notes);
    await sleep(5);
  }
}

async function connect(client: Client, name: string, notes: Notes): Promise<void> {
  const saved = await attempt(
    client.post('/v1/connections', {
      integration: 'custom-acme-crm',
      name,
      credentials: { api_key: `fake-acme-key-${name}` },
    }),
  );
  if (saved?.status === 201) notes.connections.push(String(saved.json.id));
}

const CSV = `a,b\n${Array.from({ length: ROWS }, (_, row) => `${row},x`).join('\n')}\n`;

async function importInto(client: Client, name: string, notes: Notes): Promise<void> {
  const table = await attempt(client.post('/v1/tables', { name }));
  if (table?.status !== 201) return;
  const { id } = table.json as { id: string };
  notes.tables.push(id);
  const type = { 'content-type': 'text/csv' };
  const imported = await attempt(client.post(`/v1/tables/${id}/import`, CSV, type));
  if (imported !== null && imported.status < 300) notes.imports.push(id);
}

async function changeRole(client: Client, member: string, turn: number, notes: Notes): Promise<void> {
  const role = ROLES[turn % ROLES.length] ?? '';
  notes.role.asked.push(role);
  const changed = await attempt(client.patch(`/v1/members/${member}`, { role }));
  if (changed?.status !== 200) return;
  notes.role = { confirmed: role, asked: [] };
  notes.roles += 1;
}

type Attempted = Awaited<ReturnType<Client['get']>>;

/** Null: no answer came. Who tries again at once would keep the machine from bringing back what was killed. */
function attempt(request: Promise<Attempted>): Promise<Attempted | null> {
  return request.catch(() => sleep(50, null));
}

async function answers(url: string, owner: Client): Promise<boolean> {
  const answer = await attempt(clientOf(url, owner.headers).get('/v1/tables?limit=1'));
  return answer?.status === 200;
}

async function judge(postgres: EmbeddedPostgres, notes: Notes, member: string): Promise<Written> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  const ids = async (text: string) => new Set((await client.query(text)).rows.map(({ id }) => String(id)));
  try {
    const tables = await ids('select id from tables');
    const whole = await ids(
      `select table_id as id from table_rows group by table_id having count(*) = ${ROWS}`,
    );
    const partly = await ids(
      `select table_id as id from table_rows group by table_id having count(*) <> ${ROWS}`,
    );
    const connections = await ids('select id from connections');
    // A connection, its credential, its timeline, the audit entry and the count on the first page are one.
    const halves = await ids(`
      select c.id from connections c where not exists (select from credentials k where k.connection_id = c.id and k.state = 'current')
        or not exists (select from connection_events e where e.connection_id = c.id)
        or (select count(*) from audit_entries a where a.subject_id = c.id and a.action = 'connection.created') <> 1
      union all select a.subject_id from audit_entries a where a.action = 'connection.created'
        and not exists (select from connections c where c.id = a.subject_id)
      union all select 'count of ' || integration from connected_apps p
        where connection_count <> (select count(*) from connections c where c.integration = p.integration)`);
    const { rows } = await client.query('select role from members where user_id = $1', [member]);
    const roles = [notes.role.confirmed, ...notes.role.asked];
    return {
      confirmed: {
        table: notes.tables.length,
        import: notes.imports.length,
        connection: notes.connections.length,
        role: notes.roles,
      },
      lost: [
        ...notes.tables.filter((id) => !tables.has(id)),
        ...notes.imports.filter((id) => !whole.has(id)),
        ...notes.connections.filter((id) => !connections.has(id)),
        ...(roles.includes(rows[0]?.role) ? [] : [`role ${rows[0]?.role}`]),
      ],
      halves: [...partly, ...halves],
      slowestBackMs: Math.round(notes.slowestBackMs),
    };
  } finally {
    await client.end();
  }
}

async function signUp({ url, setupLink }: ServerProcess): Promise<Client> {
  const code = new URL(setupLink ?? '').searchParams.get('code');
  const session = await clientOf(url, {}).post('/v1/setup', { ...OWNER, code });
  const owner = clientOf(url, {
    cookie: cookieOf(session),
    'keyrail-workspace': session.json.workspaces[0].id,
  });
  const made = await owner.post('/v1/custom-integrations', described('http://127.0.0.1:1', { check: null }));
  if (made.status !== 201) throw new Error(`the integration was not made: ${made.text}`);
  return owner;
}

async function addMember(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const id = 'usr_00000000000000000000000m01';
  await client.query(
    "insert into users (id, email, name, password_hash) values ($1, 'm@example.com', 'M', 'x')",
    [id],
  );
  await client.query(
    "insert into members (workspace_id, user_id, role) select id, $1, 'viewer' from workspaces",
    [id],
  );
  await client.end();
  return id;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [servers = 500, databases = 100] = process.argv.slice(2).map(Number);
  const kills: Kill[] = Array.from({ length: servers + databases }, (_, number) =>
    number % Math.ceil((servers + databases) / databases) === 0
      ? number % 2 === 0
        ? 'postgres'
        : 'immediate'
      : 'server',
  );
  console.log(await killWhileWriting(kills, 300));
}
