import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Agent } from 'undici';
import { readConfig } from '../server/src/config.ts';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { openDatabase } from '../server/src/db/open.ts';
import { systemClock } from '../server/src/lib/clock.ts';
import { keyRotateData } from '../server/src/operator/key-rotate.ts';
import { keyOf, readAtRate, readingTokens, storeCredentials } from './many-credentials.ts';
import { isFull, median, report, residentMb, tell } from './report.ts';
import { signUp, startMeasured } from './server.ts';

/**
 * A workspace with many credentials gets a new data key, and a server seals them all anew in the background while fifty of them a
 * second are read through the API, each another one, and compared with what was stored. Beside it the same
 * readings before it began and after it ended, half each: what else a machine does changes with time.
 */
const COUNT = isFull ? 1_000_000 : 50_000;
const READS_PER_SECOND = 50;
const IDLE_MS = isFull ? 30_000 : 12_000;
const TOKENS = isFull ? 300 : 40;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const silent = { info() {}, warn() {}, error: console.error };
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent });
const agent = new Agent({ connections: 32 });
const server = await startMeasured(folder, postgres.url);
const db = openDatabase({
  url: postgres.url,
  appPoolSize: 2,
  systemPoolSize: 2,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  onIdleError: () => {},
});

try {
  const owner = await signUp(server);
  const workspaceId = owner['keyrail-workspace'];
  const keyFile = join(folder, 'master.key');
  const ids = await storeCredentials(db, keyFile, { workspaceId, count: COUNT });
  tell(`${COUNT} credentials are stored`);
  const callers = await readingTokens(server.url, owner, TOKENS);

  await reading(ids, callers, () => sleep(3_000)); // warms up
  const before = await reading(ids, callers, () => sleep(IDLE_MS / 2));

  const config = readConfig({
    HOME: folder,
    DATABASE_URL: postgres.url,
    KEYRAIL_DATA_DIR: join(folder, 'files'),
    KEYRAIL_MASTER_KEY_FILE: keyFile,
  });
  const began = performance.now();
  await keyRotateData.run({ db, config, clock: systemClock }, { workspace: workspaceId });
  let seconds = 0;
  const busy = await reading(ids, callers, async () => {
    for (let turn = 1; ; turn += 1) {
      const left = await isLeft();
      seconds = (performance.now() - began) / 1_000;
      if (!left) return;
      if (turn % 20 === 0) {
        const memory = Math.round(await residentMb(server.pid));
        tell(`${Math.round(seconds)} s: ${await countLeft()} are left; the server has ${memory} MB`);
      }
      await sleep(500);
    }
  });
  const after = await reading(ids, callers, () => sleep(IDLE_MS / 2));
  const idle = {
    ms: [...before.ms, ...after.ms],
    failed: before.failed + after.failed,
    memoryMb: [...before.memoryMb, ...after.memoryMb],
  };
  tell(`idle: ${describe(idle)}`);
  tell(`while sealing anew: ${describe(busy)}`);
  const left = await countLeft();
  const rate = COUNT / seconds;
  const [idleMs, during] = [percentile(idle.ms, 0.99), percentile(busy.ms, 0.99)];
  const middle = Math.floor(busy.memoryMb.length / 2);
  const growth = median(busy.memoryMb.slice(-5)) - median(busy.memoryMb.slice(middle, middle + 5));
  report({
    bench: 'reencrypt',
    value: rate,
    unit: 'credentials sealed anew per second',
    against: { name: '99th percentile of readings in ms, idle', value: idleMs },
    ratio: during / idleMs,
    goal: 'ratio of 99th percentiles <= 2',
    met: during <= idleMs * 2,
    checks: [
      check(
        '99th percentile of readings meanwhile',
        during,
        'ms',
        `<= ${(idleMs * 2).toFixed(1)}`,
        during <= idleMs * 2,
      ),
      check(
        'readings that failed or were wrong',
        idle.failed + busy.failed,
        '',
        '= 0',
        idle.failed + busy.failed === 0,
      ),
      check('readings meanwhile', busy.ms.length, '', '> 0', busy.ms.length > 0),
      check('records left under the old key', left, '', '= 0', left === 0),
      check('memory of the server, from the middle to the end', growth, 'MB more', '< 40', growth < 40),
    ],
  });
} finally {
  await server.stop();
  await db.close();
  await agent.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

interface Readings {
  ms: number[];
  failed: number;
  memoryMb: number[];
}

/** At a fixed rate, however long each takes, until `during` is over. */
async function reading(ids: string[], callers: string[], during: () => Promise<unknown>): Promise<Readings> {
  const seen: Readings = { ms: [], failed: 0, memoryMb: [] };
  let isOver = false;
  const ending = during().finally(() => {
    isOver = true;
  });
  await readAtRate(
    READS_PER_SECOND,
    () => isOver,
    async (count) => {
      if (count % READS_PER_SECOND === 0) seen.memoryMb.push(await residentMb(server.pid));
      const id = ids[Math.floor(Math.random() * ids.length)] ?? '';
      await readOne(seen, id, callers[count % callers.length] ?? '');
    },
  );
  await ending;
  return seen;
}

async function readOne(seen: Readings, id: string, token: string): Promise<void> {
  const began = performance.now();
  try {
    const answer = await agent.request({
      origin: server.url,
      path: `/v1/connections/${id}/credentials`,
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200 || !text.includes(keyOf(id))) {
      if (seen.failed === 0) tell(`a reading failed: ${answer.statusCode} ${text.slice(0, 200)}`);
      seen.failed += 1;
    }
    seen.ms.push(performance.now() - began);
  } catch (error) {
    if (seen.failed === 0) tell(String(error));
    seen.failed += 1;
  }
}

async function isLeft(): Promise<boolean> {
  const { rows } = await sql<{ is_left: boolean }>`select exists (
    select from data_keys k join credentials c on c.key_id = k.id where not k.is_current) as is_left`.execute(
    db.system,
  );
  return rows[0]?.is_left ?? true;
}

async function countLeft(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from data_keys k join credentials c on c.key_id = k.id where not k.is_current`.execute(
    db.system,
  );
  return rows[0]?.count ?? -1;
}

function percentile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function describe({ ms, failed, memoryMb }: Readings): string {
  const at = (part: number) => percentile(ms, part).toFixed(1);
  return `${ms.length} readings, ${failed} failed, median ${at(0.5)} ms, 99th percentile ${at(0.99)} ms, ${Math.round(memoryMb.at(-1) ?? 0)} MB`;
}

function check(name: string, value: number, unit: string, goal: string, met: boolean) {
  return { name, value, unit, goal, met };
}
