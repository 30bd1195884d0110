import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent } from 'undici';
import type { ServerProcess } from '../sandbox/server-process.ts';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { finder } from '../server/test/finder.ts';
import { calling } from './calling.ts';
import { isFull, median, report, tell } from './report.ts';
import { signUp, startMeasured } from './server.ts';

/**
 * Whether replacing a key makes calls fail: 200 proxied calls a second run on two processes over one database, half of them
 * with a body, while the key is replaced again and again, now through one process and now through the other, and the provider
 * takes the old one no more a second after each. Beside it the same calls at the same rate straight to the provider.
 */
const REPLACEMENTS = isFull ? 100 : 20;
const EVERY_MS = 500;
const REVOKED_AFTER_MS = 1_000;
const CALLS_PER_SECOND = 200;
const UPSTREAM_MS = 5;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const silent = { info() {}, warn() {}, error: console.error };
/** What the provider takes; and how many requests it refused. */
const valid = new Set<string>();
let refused = 0;
let keys = 0;
const provider = await startProvider();
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent });
const agent = new Agent({ connections: 64 });
const servers: ServerProcess[] = [];

try {
  servers.push(await startServer());
  const last = await startServer();
  servers.push(last);
  const owner = await signUp(last);
  const connection = await post(owner, '/v1/connections', {
    integration: 'finder',
    credentials: { api_key: nextKey() },
  });
  const made = await post(owner, '/v1/tokens', { name: 'bench', scopes: ['connections:use'] });
  const headers = { authorization: `Bearer ${made.token}` };
  const through = (index: number) => `${urlOf(index)}/v1/proxy/${connection.id}/find?name=n${index}`;

  const shared = { agent, perSecond: CALLS_PER_SECOND };
  const straight = { 'x-api-key': [...valid][0] ?? '' };
  const bare = await calling({ ...shared, urlOf: () => `${origin()}/find?name=n`, headers: straight }, () =>
    sleep(REPLACEMENTS * 20),
  );
  const ours = { ...shared, urlOf: through, headers };
  await calling(ours, () => sleep(1_000));
  let replacements = 0;
  const seen = await calling(ours, async () => {
    for (let turn = 1; turn <= REPLACEMENTS; turn += 1) {
      const before = [...valid].at(-1) ?? '';
      const answer = await fetch(`${urlOf(turn)}/v1/connections/${connection.id}`, {
        method: 'PATCH',
        headers: { ...owner, 'content-type': 'application/json' },
        body: JSON.stringify({ credentials: { api_key: nextKey() } }),
      });
      if (answer.status !== 200) throw new Error(`a replacement failed: ${await answer.text()}`);
      replacements += 1;
      setTimeout(() => valid.delete(before), REVOKED_AFTER_MS);
      if (turn % 20 === 0) tell(`${turn}/${REPLACEMENTS} replacements, ${refused} refusals by the provider`);
      await sleep(EVERY_MS);
    }
    await sleep(REVOKED_AFTER_MS + 500);
  });
  const rate = seen.calls / seen.seconds;
  tell(`median ${median(seen.ms).toFixed(1)} ms, straight to the provider ${median(bare.ms).toFixed(1)} ms`);
  if (seen.failed.length > 0) tell(JSON.stringify(seen.failed.slice(0, 5)));
  report({
    bench: 'rotate-key',
    value: seen.failed.length,
    unit: 'failed calls',
    against: { name: `failed of ${bare.calls} calls straight to the provider`, value: bare.failed.length },
    ratio: seen.failed.length / seen.calls,
    goal: '0 failed calls',
    met: seen.failed.length === 0,
    checks: [
      check('replacements', replacements, '', `= ${REPLACEMENTS}`, replacements === REPLACEMENTS),
      check('proxied calls', seen.calls, 'calls', '> 0', seen.calls > 0),
      check(
        'calls per second',
        rate,
        'calls/s',
        `>= ${CALLS_PER_SECOND * 0.95}`,
        rate >= CALLS_PER_SECOND * 0.95,
      ),
    ],
  });
} finally {
  for (const server of servers) await server.stop();
  await agent.close();
  await postgres.stop();
  provider.closeAllConnections();
  provider.close();
  rmSync(folder, { recursive: true, force: true });
}

function check(name: string, value: number, unit: string, goal: string, met: boolean) {
  return { name, value, unit, goal, met };
}

function origin(): string {
  return `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
}

function urlOf(index: number): string {
  return servers[index % servers.length]?.url ?? '';
}

function nextKey(): string {
  keys += 1;
  const key = `fake-key-good-${String(keys).padStart(4, '0')}`;
  valid.add(key);
  return key;
}

/** Answers after some milliseconds: 200 to a key it takes at that moment, 401 to others. */
async function startProvider(): Promise<Server> {
  const server = createServer((request, response) => {
    const isTaken = valid.has(String(request.headers['x-api-key']));
    if (!isTaken) refused += 1;
    request.resume();
    request.once('end', () =>
      setTimeout(() => {
        response.writeHead(isTaken ? 200 : 401, { 'content-type': 'application/json' });
        response.end(JSON.stringify(isTaken ? { data: { email: 'jane@example.com' } } : { error: 'no' }));
      }, UPSTREAM_MS),
    );
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function startServer(): Promise<ServerProcess> {
  const probe = { request: { method: 'GET', path: '/me' } };
  writeFileSync(join(folder, 'finder.yaml'), JSON.stringify({ ...finder(origin()), probe }));
  return startMeasured(folder, postgres.url, {
    KEYRAIL_CATALOG_DIR: folder,
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: new URL(origin()).host,
    KEYRAIL_REQUESTS_PER_SECOND: '10000',
  });
}

async function post(
  headers: Record<string, string>,
  path: string,
  body: unknown,
): Promise<Record<string, unknown>> {
  const answer = await fetch(urlOf(0) + path, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
