import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { Agent } from 'undici';
import { readConfig } from '../server/src/config.ts';
import { startEmbeddedPostgres } from '../server/src/db/embedded/start.ts';
import { openDatabase } from '../server/src/db/open.ts';
import { systemClock } from '../server/src/lib/clock.ts';
import { keyStatus } from '../server/src/operator/key.ts';
import { keyRotateData, keyRotateMaster } from '../server/src/operator/key-rotate.ts';
import { keyOf, readAtRate, readingTokens, storeCredentials } from './many-credentials.ts';
import { isFull, report, tell } from './report.ts';
import { signUp, startMeasured } from './server.ts';

/**
 * Keys change while the process that seals anew is killed, again and again, each time at another moment, and another server answers
 * fifty readings a second. Whatever is read must be what was stored; at the end nothing is left under an old key, and every record
 * opens.
 */
const KILLS = isFull ? 200 : 12;
const COUNT = isFull ? 20_000 : 2_000;
const READS_PER_SECOND = 50;
const TOKENS = isFull ? 200 : 20;

const folder = mkdtempSync(join(tmpdir(), 'keyrail-bench-'));
chmodSync(folder, 0o711);
const program = fileURLToPath(new URL('../server/test/reencrypt-process.ts', import.meta.url));
const silent = { info() {}, warn() {}, error: console.error };
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent });
const agent = new Agent({ connections: 32 });
// Without jobs: whoever seals anew is a process of its own.
const api = await startMeasured(folder, postgres.url, { KEYRAIL_ROLE: 'api' });
const db = openDatabase({
  url: postgres.url,
  appPoolSize: 2,
  systemPoolSize: 2,
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  onIdleError: () => {},
});
const config = readConfig({
  HOME: folder,
  DATABASE_URL: postgres.url,
  KEYRAIL_DATA_DIR: join(folder, 'files'),
  KEYRAIL_MASTER_KEY_FILE: join(folder, 'master.key'),
});
const operator = { db, config, clock: systemClock };

try {
  const owner = await signUp(api);
  const workspaceId = owner['keyrail-workspace'];
  const ids = await storeCredentials(db, config.masterKeyFile, { workspaceId, count: COUNT });
  const callers = await readingTokens(api.url, owner, TOKENS);
  const seen = { readings: 0, failed: 0, rotations: 0, kills: 0 };
  let isOver = false;
  const reading = readAtRate(
    READS_PER_SECOND,
    () => isOver,
    (count) =>
      readOne(seen, ids[Math.floor(Math.random() * ids.length)] ?? '', callers[count % callers.length] ?? ''),
  );

  while (seen.kills < KILLS) {
    if ((await left()) === 0) {
      await keyRotateData.run(operator, { workspace: workspaceId });
      seen.rotations += 1;
      // The master key as well, now and then, while the data are under way.
      if (seen.rotations % 3 === 0) await keyRotateMaster.run(operator, {});
    }
    const worker = await startWorker(workspaceId);
    await sleep(Math.random() * 150);
    worker.kill('SIGKILL');
    await once(worker, 'exit').catch(() => {});
    seen.kills += 1;
    if (seen.kills % 10 === 0)
      tell(`${seen.kills}/${KILLS} kills; ${await left()} are left, ${seen.failed} readings failed`);
  }
  const last = await startWorker(workspaceId);
  if (last.exitCode === null) await once(last, 'exit');
  isOver = true;
  await reading;
  const status = await keyStatus.run(operator, { check: 'yes' });
  const { text, code } = typeof status === 'string' ? { text: status, code: 0 } : status;
  tell(text);
  report({
    bench: 'reencrypt-kill',
    value: seen.failed,
    unit: 'readings that failed or were wrong',
    against: { name: 'readings', value: seen.readings },
    ratio: seen.failed / seen.readings,
    goal: '0 of all readings',
    met: seen.failed === 0 && seen.readings > 0,
    checks: [
      check('kills', seen.kills, `= ${KILLS}`, seen.kills === KILLS),
      check('new data keys', seen.rotations, '> 0', seen.rotations > 0),
      check('records left under an old key at the end', await left(), '= 0', (await left()) === 0),
      check('exit code of key status --check', code, '= 0', code === 0),
    ],
  });
} finally {
  await api.stop();
  await db.close();
  await agent.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Resolves when it has begun; killed or not, it seals until nothing is left. */
async function startWorker(workspaceId: string): Promise<ChildProcess> {
  const key = readFileSync(config.masterKeyFile, 'utf8').trim();
  const env = { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: join(folder, 'compiled') };
  const child = spawn(process.execPath, [program, postgres.url, key, workspaceId, '20'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

async function readOne(seen: { readings: number; failed: number }, id: string, token: string): Promise<void> {
  try {
    const path = `/v1/connections/${id}/credentials`;
    const answer = await agent.request({
      origin: api.url,
      path,
      method: 'GET',
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await answer.body.text();
    seen.readings += 1;
    // A token that has read its share waits; that is no failure of keys.
    if (answer.statusCode === 429) return;
    if (answer.statusCode === 200 && text.includes(keyOf(id))) return;
    if (seen.failed === 0) tell(`a reading failed: ${answer.statusCode} ${text.slice(0, 200)}`);
    seen.failed += 1;
  } catch (error) {
    if (seen.failed === 0) tell(String(error));
    seen.failed += 1;
  }
}

async function left(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from data_keys k join credentials c on c.key_id = k.id where not k.is_current`.execute(
    db.system,
  );
  return rows[0]?.count ?? -1;
}

function check(name: string, value: number, goal: string, met: boolean) {
  return { name, value, unit: '', goal, met };
}
