import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Agent } from 'undici';
import type { ServerProcess } from '../sandbox/server-process.ts';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { type Database, openDatabase } from '../server/src/db/open.ts';
import { isFull, median, report, residentMb, tell } from './report.ts';
import { signUp, startMeasured } from './server.ts';
import { storeSignedIn } from './signed-in.ts';

/**
 * How many tokens one process renews in a second while more and more become due, against a token endpoint that takes 50 ms;
 * beside it a bare undici loop that sends the same request with as many in flight, in turns. And whether memory stays as it is.
 */
const CONNECTIONS = isFull ? 5_000 : 1_500;
const ROUNDS = isFull ? 20 : 3;
const ENDPOINT_MS = 50;

interface Seen {
  requests: number;
  firstAt: number;
  lastAt: number;
  mostAtOnce: number;
}

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const log = { info() {}, warn() {}, error: console.error };
const endpoint = await startEndpoint();
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log });
const agent = new Agent({ connections: 256 });
const db = openDatabase({
  url: postgres.url,
  appPoolSize: 4,
  systemPoolSize: 4,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 0,
  onIdleError: () => {},
});
let server: ServerProcess | null = null;

try {
  writeFileSync(join(folder, 'tool.yaml'), JSON.stringify(tool()));
  server = await startMeasured(folder, postgres.url, {
    KEYRAIL_CATALOG_DIR: folder,
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${endpoint.port}`,
  });
  const owner = await signUp(server);
  await fetch(`${server.url}/v1/oauth/apps/tool`, {
    method: 'PUT',
    headers: { ...owner, 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: 'fake-client', client_secret: 'fake-client-secret-0001' }),
  });
  const workspaceId = owner['keyrail-workspace'];
  await storeSignedIn(db, join(folder, 'master.key'), {
    workspaceId,
    count: CONNECTIONS,
    clientId: 'fake-client',
  });
  const [ours, theirs, memory]: [number[], number[], number[]] = [[], [], []];
  let inFlight = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const seen = await renewAll(db);
    inFlight = Math.max(inFlight, seen.mostAtOnce);
    const bare = await bareLoop(Math.min(CONNECTIONS, 2_000), inFlight);
    if (round === 0) continue; // warms up
    ours.push(rateOf(seen));
    theirs.push(rateOf(bare));
    memory.push(await residentMb(server.pid));
    tell(
      `${round}/${ROUNDS}: ${Math.round(rateOf(seen))} renewals/s, bare ${Math.round(rateOf(bare))}/s with ${inFlight} in flight, ${Math.round(memory.at(-1) ?? 0)} MB`,
    );
  }
  const [value, peer] = [median(ours), median(theirs)];
  const [first = 0, last = 0] = [memory[0], memory.at(-1)];
  report({
    bench: 'refresh-rate',
    value,
    unit: 'renewals/s',
    against: { name: `bare undici loop, ${inFlight} in flight`, value: peer },
    ratio: value / peer,
    goal: 'ratio >= 0.5',
    met: value / peer >= 0.5,
    checks: [
      {
        name: 'memory after the last round, of that after the first',
        value: last / first,
        unit: '',
        goal: '<= 1.2',
        met: last / first <= 1.2,
      },
      { name: 'renewals a round', value: CONNECTIONS, unit: '', goal: `= ${CONNECTIONS}`, met: true },
    ],
  });
} finally {
  await server?.stop();
  await agent.close();
  await db.close();
  await postgres.stop();
  endpoint.process.kill();
  rmSync(folder, { recursive: true, force: true });
}

async function startEndpoint(): Promise<{ process: ChildProcess; port: number }> {
  const script = fileURLToPath(new URL('token-endpoint.ts', import.meta.url));
  const child = fork(script, [String(ENDPOINT_MS)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const [line] = await once(child.stdout ?? child, 'data');
  return { process: child, port: Number(String(line).trim()) };
}

async function seenSince(): Promise<Seen> {
  endpoint.process.send('seen');
  const [seen] = await once(endpoint.process, 'message');
  return seen as Seen;
}

function rateOf({ requests, firstAt, lastAt }: Seen): number {
  return requests / ((lastAt - firstAt) / 1_000);
}

/** Everything becomes due, and the sweep comes now rather than within its half minute; until all is renewed. */
async function renewAll({ systemPool: pool }: Database): Promise<Seen> {
  await seenSince();
  const { rows } = await pool.query('select sum(generation) as generations from tokens');
  const before = Number(rows[0].generations);
  await pool.query("update tokens set renew_at = now() - interval '1 second'");
  await pool.query("update keyrail_periodic set due_at = now() where name = 'tokens.sweep'");
  for (;;) {
    await sleep(200);
    const now = await pool.query('select sum(generation) as generations from tokens');
    if (Number(now.rows[0].generations) >= before + CONNECTIONS) return seenSince();
  }
}

async function bareLoop(requests: number, inFlight: number): Promise<Seen> {
  await seenSince();
  let left = requests;
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: `fake-refresh-${'r'.repeat(100)}`,
  }).toString();
  const authorization = `Basic ${btoa('fake-client:fake-client-secret-0001')}`;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const answer = await agent.request({
        origin: `http://127.0.0.1:${endpoint.port}`,
        path: '/token',
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', authorization },
        body,
      });
      await answer.body.json();
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return seenSince();
}

function tool(): object {
  const origin = `http://127.0.0.1:${endpoint.port}`;
  return {
    slug: 'tool',
    name: 'Tool',
    category: 'CRM',
    description: 'A tool that people sign in to.',
    homepage: 'https://tool.example',
    docs_url: 'https://tool.example/docs',
    icon: { text: 'T', color: '#335577' },
    base_url: `${origin}/api`,
    auth: [
      {
        type: 'oauth2',
        register_url: 'https://tool.example/apps',
        authorize_url: `${origin}/authorize`,
        token_url: `${origin}/token`,
        token_auth_method: 'client_secret_basic',
        refresh: 'rotating',
        scopes: [{ name: 'contacts.read' }],
      },
    ],
    probe: { request: { method: 'GET', path: '/me' }, account: { label: 'name', id: 'id' } },
    sources: [{ at: 'a bench', for: ['auth'] }],
    checked: '2026-11-01',
  };
}
