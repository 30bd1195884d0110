import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent } from 'undici';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { expire } from '../server/test/chaos/expire.ts';
import { type Fleet, type Member, startFleet } from '../server/test/chaos/fleet.ts';
import { isFull, median, report, tell } from './report.ts';

/**
 * How many fresh tokens a second `GET /v1/connections/{id}/credentials` hands out to 64 callers, each reading written down
 * before it is answered; beside it a bare Fastify route in a process of its own that answers the same JSON after one indexed
 * select, in turns. Then 64 callers at the moment a token has run out, for which the provider takes half a second.
 */
const IN_FLIGHT = 64;
const REQUESTS = isFull ? 20_000 : 4_000;
const ROUNDS = isFull ? 7 : 5;
const EXPIRIES = isFull ? 20 : 5;
const TOKEN_MS = 500;
/** As many connections to the database as the server has for requests, where nothing else is set. */
const POOL = 10;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const silent = { info() {}, warn() {}, error: console.error };
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent });
const agent = new Agent({ connections: IN_FLIGHT, pipelining: 1 });
let fleet: Fleet | null = null;
const children: ChildProcess[] = [];

try {
  fleet = await startFleet({
    databaseUrl: postgres.url,
    folder,
    modes: ['static'],
    settings: { KEYRAIL_DATABASE_POOL_SIZE: String(POOL), KEYRAIL_TOKEN_LEASE_SECONDS: '45' },
  });
  const member = await fleet.start();
  const [connection] = await fleet.connect('static', 1);
  const path = `/v1/connections/${connection?.id}/credentials`;
  // Each may read a hundred times at once: so many callers, then, as the rounds need.
  const callers = await fleet.tokens(Math.ceil((REQUESTS * (ROUNDS + 1)) / 100) + IN_FLIGHT + 5);
  const answer = await member.get(path);
  if (answer.status !== 200) throw new Error(`no credentials: ${JSON.stringify(answer)}`);
  const other = await startBare(answer.json);

  const [ours, theirs, waits]: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const bareRate = await rateOf(other.url, path, () => ({}));
    const rate = await rateOf(member.process.url, path, nextOf(callers));
    if (round === 0) continue; // warms up
    theirs.push(bareRate);
    ours.push(rate);
    tell(`${round}/${ROUNDS}: ${Math.round(rate)} tokens/s, bare ${Math.round(bareRate)}/s`);
  }
  const before = fleet.provider('static').tokenRequests.length;
  fleet.provider('static').failAlways({ kind: 'delay', beforeMs: TOKEN_MS, afterMs: 0 });
  for (let turn = 0; turn < EXPIRIES; turn += 1) {
    waits.push(await lastOf64(fleet, member, path, callers));
    tell(
      `${turn + 1}/${EXPIRIES}: the last of 64 had the new token after ${Math.round(waits.at(-1) ?? 0)} ms`,
    );
  }
  const requests = fleet.provider('static').tokenRequests.length - before;
  const [value, peer, wait] = [median(ours), median(theirs), median(waits)];
  report({
    bench: 'credentials-oauth',
    value,
    unit: 'tokens/s',
    against: { name: `bare Fastify route and one indexed select, ${IN_FLIGHT} callers`, value: peer },
    ratio: value / peer,
    goal: 'ratio >= 1',
    met: value >= peer,
    checks: [
      {
        name: 'at expiry the last of 64 callers waits',
        value: wait,
        unit: 'ms',
        goal: `<= ${TOKEN_MS * 1.25} (the token endpoint's ${TOKEN_MS} and a quarter)`,
        met: wait <= TOKEN_MS * 1.25,
      },
      {
        name: 'token requests for each expiry',
        value: requests / EXPIRIES,
        unit: '',
        goal: '= 1',
        met: requests === EXPIRIES,
      },
    ],
  });
} finally {
  for (const child of children) child.kill();
  await agent.close();
  await fleet?.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function startBare(same: Record<string, unknown>): Promise<{ url: string }> {
  const { access_token: token } = same.credentials as { access_token: string };
  await fleet?.database.query(`create table bare_credentials (connection_id text collate "C" primary key,
    integration text not null, method text not null, access_token text not null, expires_at timestamptz not null)`);
  await fleet?.database.query('insert into bare_credentials values ($1, $2, $3, $4, $5)', [
    same.connection_id,
    same.integration,
    same.method,
    token,
    same.expires_at,
  ]);
  // Among as many others as a busy instance has.
  await fleet?.database.query(
    "insert into bare_credentials select 'con_' || n, 'x', 'oauth2', 'x', now() from generate_series(1, 10000) n",
  );
  const script = fileURLToPath(new URL('bare-credentials.ts', import.meta.url));
  const bare = fork(script, [postgres.url, String(POOL)], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  children.push(bare);
  const [line] = await once(bare.stdout ?? bare, 'data');
  return { url: `http://127.0.0.1:${String(line).trim()}` };
}

/** Each request as the next caller. */
function nextOf(callers: readonly string[]): () => Record<string, string> {
  let at = 0;
  return () => {
    at += 1;
    return { authorization: `Bearer ${callers[at % callers.length]}` };
  };
}

async function rateOf(
  origin: string,
  path: string,
  headersOf: () => Record<string, string>,
): Promise<number> {
  let left = REQUESTS;
  const startedAt = performance.now();
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      const answer = await agent.request({ origin, path, method: 'GET', headers: headersOf() });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${text}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, caller));
  return REQUESTS / ((performance.now() - startedAt) / 1000);
}

/** From the first of 64 requests until the last answer, right after the token has run out. */
async function lastOf64(
  of: Fleet,
  member: Member,
  path: string,
  callers: readonly string[],
): Promise<number> {
  const [id] = /con_[a-z0-9]+/.exec(path) ?? [''];
  await expire(of.database, [id]);
  const startedAt = performance.now();
  const origin = member.process.url;
  await Promise.all(
    callers.slice(-IN_FLIGHT).map(async (token) => {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await agent.request({ origin, path, method: 'GET', headers });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${text}`);
    }),
  );
  return performance.now() - startedAt;
}
