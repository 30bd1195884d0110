import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isPostmasterOf, processesIn } from '../src/db/embedded/processes.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { until } from './until.ts';

/* The server with its embedded PostgreSQL, as `npm start` runs it: what is left after it ends, however it ends. */

let folder: string;
let servers: ServerProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyrail process '));
  chmodSync(folder, 0o711);
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.end('SIGTERM');
  rmSync(folder, { recursive: true, force: true });
});

function start(env: Record<string, string> = {}, program?: 'scripts/start.mjs'): ServerProcess {
  const server = startServer({ HOME: folder, KEYRAIL_DATA_DIR: join(folder, 'data'), ...env }, program);
  servers.push(server);
  return server;
}

const cluster = () => join(folder, 'data', 'postgres', 'data');

test('a first start prints its address and a one-time link, and SIGTERM ends server and PostgreSQL', async () => {
  const server = start();
  const url = await server.url();
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  await server.says(/\/setup\?code=\S{20,}/);
  expect(processesIn(cluster()).length).toBeGreaterThan(0);
  expect(await server.end('SIGTERM')).toBe(0);
  expect(processesIn(cluster())).toEqual([]);
  expect(server.said()).not.toMatch(/"level":"(warn|error)"/);
});

test('after kill -9 the next start is ready within seconds, on the same data', async () => {
  const killed = start();
  await killed.url();
  const link = (await killed.says(/\/setup\?code=(\S+)/))[1];
  await killed.end('SIGKILL');
  expect(processesIn(cluster()).some((pid) => isPostmasterOf(pid, cluster()))).toBe(true);

  const startedAt = Date.now();
  const next = start();
  await next.url();
  // Some for a machine with much else to do; a lock that nobody gives back is never over.
  expect(Date.now() - startedAt).toBeLessThan(45_000);
  expect(next.said()).toMatch(/of an earlier start is still running over this data: stopping it/);
  expect(next.said()).not.toMatch(/"migrated"|A master key .* was made/);
  expect((await next.says(/\/setup\?code=(\S+)/))[1]).not.toBe(link);
});

test('a second start on the same data says who has it, and ends with an error', async () => {
  const first = start();
  await first.url();
  const second = start();
  await second.says(/already running on this data \(process (\d+)/);
  expect(await second.ended()).toBe(1);
  expect(second.said()).toContain(`(process ${first.child.pid},`);
  expect(second.said()).not.toMatch(/at .*\.ts:\d+/);
  expect((await fetch(`${await first.url()}/health/ready`)).status).toBe(200);
});

test('the server ends by itself, and in order, when the starter above it is killed', async () => {
  const starter = start({}, 'scripts/start.mjs');
  await starter.url();
  await starter.end('SIGKILL');
  await until(async () => /"msg":"stopped"/.test(starter.said()));
  expect(processesIn(cluster())).toEqual([]);
});

test('ctrl-C that reaches the starter twice, from the terminal and from npm, ends the server in order', async () => {
  const starter = start({}, 'scripts/start.mjs');
  await starter.url();
  starter.child.kill('SIGINT');
  expect(await starter.end('SIGINT')).toBe(0);
  expect(starter.said()).toMatch(/"msg":"stopped"/);
  expect(starter.said()).not.toMatch(/ending at once/);
  expect(processesIn(cluster())).toEqual([]);
});

/** Asks again and again, without a pause of its own: what is asked takes its time. */
