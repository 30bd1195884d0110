import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { migrate } from '../server/src/db/migrate.ts';
import { type Database, openDatabase } from '../server/src/db/open.ts';
import { createTokenSweepStore } from '../server/src/tokens/token-sweep-store.ts';
import { isFull, median, report, tell } from './report.ts';

/**
 * How long it takes to find the thousand connections whose tokens are due among so many stored, and to claim them as jobs;
 * beside it the same thousand among ten thousand, on the same PostgreSQL, in turns.
 */
const STORED = isFull ? 1_000_000 : 100_000;
const FEW = 10_000;
const DUE = 1_000;
const ROUNDS = 9;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const log = { info() {}, warn() {}, error: console.error };
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log });
const opened: Database[] = [];

try {
  const [many, few] = [await filled('many', STORED), await filled('few', FEW)];
  const [ofMany, ofFew]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [slow, quick] = [await claim(many), await claim(few)];
    if (round === 0) continue; // warms up
    ofMany.push(slow);
    ofFew.push(quick);
    tell(`${round}/${ROUNDS}: ${slow.toFixed(0)} ms of ${STORED}, ${quick.toFixed(0)} ms of ${FEW}`);
  }
  const [value, peer] = [median(ofMany), median(ofFew)];
  report({
    bench: 'refresh-sweep',
    value,
    unit: 'ms',
    against: { name: `the same ${DUE} due of ${FEW} stored`, value: peer },
    ratio: value / peer,
    goal: 'ratio <= 1.5',
    met: value / peer <= 1.5,
    checks: [{ name: 'connections stored', value: STORED, unit: '', goal: `${STORED}`, met: true }],
  });
} finally {
  for (const db of opened) await db.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** A database of its own with so many connections, a token each; none is due yet. */
async function filled(name: string, count: number): Promise<Database> {
  const admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
  await admin.query(`create database bench_${name}`);
  await admin.end();
  const url = new URL(postgres.url);
  url.pathname = `/bench_${name}`;
  await migrate({ url: url.href });
  const db = openDatabase({
    url: url.href,
    appPoolSize: 2,
    systemPoolSize: 2,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 0,
    onIdleError: () => {},
  });
  opened.push(db);
  const at = performance.now();
  // As long as a real one: two tokens of some hundred characters, sealed.
  const sealed = `v1.${randomBytes(400).toString('base64url')}`;
  const pool = db.systemPool;
  await pool.query("insert into workspaces (id, name) select 'wsp_' || n, 'W' from generate_series(0, 99) n");
  // What the tables do for each change by a person is not what is measured.
  const client = await pool.connect();
  try {
    await client.query("begin; set local session_replication_role = 'replica'");
    await client.query(
      `insert into connections (id, workspace_id, integration, name, name_key, method, method_id, status, status_since,
         created_at, updated_at)
       select 'con_' || lpad(n::text, 10, '0'), 'wsp_' || n % 100, 'acme', 'Acme ' || n, 'acme ' || n, 'oauth2', 'oauth2',
         'connected', now(), now(), now() from generate_series(1, $1::int) n`,
      [count],
    );
    await client.query(
      `insert into credentials (workspace_id, connection_id, version, state, sealed, method, method_id, created_at)
       select workspace_id, id, 1, 'current', $1, 'oauth2', 'oauth2', now() from connections`,
      [sealed],
    );
    await client.query(
      `insert into tokens (id, workspace_id, connection_id, credential_version, made_from, generation, sealed,
         has_refresh_token, minted_at, expires_at, renew_at)
       select 'tkn_' || substr(id, 5), workspace_id, id, 1, 'refresh_token', 1, $1, true, now(),
         now() + interval '2 hours', now() + interval '1 hour' + random() * interval '1 hour' from connections`,
      [sealed],
    );
    await client.query('commit');
  } finally {
    client.release();
  }
  await pool.query('vacuum analyze');
  tell(`${count} connections stored in ${((performance.now() - at) / 1_000).toFixed(0)} s`);
  return db;
}

/** A thousand, chosen anew each time, become due and are claimed by as many sweeps as that takes. */
async function claim(db: Database): Promise<number> {
  const pool = db.systemPool;
  await pool.query('delete from graphile_worker._private_jobs');
  await pool.query(
    `update tokens set renew_at = now() - interval '1 minute'
     where id in (select id from tokens order by md5(id || $1) limit ${DUE})`,
    [randomBytes(8).toString('hex')],
  );
  await pool.query('vacuum analyze tokens');
  await pool.query('checkpoint');
  const store = createTokenSweepStore(db.system);
  const startedAt = performance.now();
  let claimed = 0;
  for (;;) {
    const now = new Date();
    const count = await store.enqueueDue(now, new Date(now.getTime() + 90_000), 500);
    claimed += count;
    if (count === 0) break;
  }
  const ms = performance.now() - startedAt;
  if (claimed !== DUE) throw new Error(`${claimed} were claimed of ${DUE}`);
  return ms;
}
