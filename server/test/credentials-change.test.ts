import type { Run } from '@keyrail/contract/runs';
import type { Column, Table } from '@keyrail/contract/tables';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../../sandbox/start.ts';
import { type Answer, startApp, type TestApp } from './app.ts';

/** What a change of credentials does to work that is under way, over the whole server. */
const ROWS = 40;
let sandbox: Sandbox;
let app: TestApp;
let table: Table;

beforeAll(async () => {
  sandbox = await startSandbox({ latencyMs: 200 });
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  app = await startApp({
    settings: { KEYRAIL_UPSTREAMS: upstreams, KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts },
  });
  const columns = ['First name', 'Last name', 'Domain'].map((name) => ({ name, type: 'text' }));
  table = (await app.owner.post('/v1/tables', { name: 'Leads', columns })).json;
  const [first, last, domain] = table.columns.map((column) => column.id);
  const rows = Array.from({ length: ROWS }, (_, index) => ({
    values: { [first ?? '']: 'Jane', [last ?? '']: `Doe ${index}`, [domain ?? '']: `firm${index}.example` },
  }));
  const added = await app.owner.post(`/v1/tables/${table.id}/rows`, { rows });
  expect(added.status, added.text).toBe(201);
});
afterAll(async () => {
  await app.close();
  await sandbox.close();
});

test('a key replaced in mid-run, and withdrawn at the provider at once, fails no cell', async () => {
  const [before, after] = ['sandbox-hunter-good-before', 'sandbox-hunter-good-after'];
  const connection = await connect(before);
  const { run } = await startRun(connection.id, 'Rotated');
  await until(run, (now) => now.counts.done + now.counts.no_result >= 10);
  const replaced = await app.owner.patch(`/v1/connections/${connection.id}`, {
    credentials: { api_key: after },
  });
  expect(replaced.status, replaced.text).toBe(200);
  sandbox.revoke(before);
  const over = await until(run, isOver);
  expect(over).toMatchObject({ state: 'done', counts: { error: 0, unknown: 0, waiting_for_connection: 0 } });
  expect(over.counts.done + over.counts.no_result).toBe(ROWS);
  const status = await app.owner.get(`/v1/connections/${connection.id}`);
  expect(status.json.status).toBe('connected');
});

test('a key withdrawn in mid-run stops the run instead of failing it; new credentials let it go on by itself', async () => {
  const [before, after] = ['sandbox-hunter-good-lost', 'sandbox-hunter-good-found'];
  const connection = await connect(before);
  const { run, column } = await startRun(connection.id, 'Withdrawn');
  await until(run, (now) => now.counts.done + now.counts.no_result >= 10);
  sandbox.revoke(before);
  const waiting = await until(run, (now) => now.state === 'waiting');
  expect(waiting.message).toMatch(/Hunter.io/);
  expect(waiting.counts.waiting_for_connection).toBeGreaterThan(0);
  expect(waiting.counts.error).toBe(0);
  const broken = await untilStatus(connection.id, 'invalid');
  expect(broken.status_reason).toMatch(/Hunter.io did not accept this key/);

  const answer = await app.owner.post(`/v1/connections/${connection.id}/reconnect`, {
    credentials: { api_key: after },
  });
  expect(answer.status, answer.text).toBe(200);
  const over = await until(run, isOver);
  expect(over).toMatchObject({ state: 'done', counts: { error: 0, waiting_for_connection: 0 } });
  expect(over.counts.done + over.counts.no_result).toBe(ROWS);
  expect((await app.owner.get(`/v1/connections/${connection.id}/dependents`)).json.data).toMatchObject([
    { id: column.id },
  ]);
});

async function connect(key: string): Promise<Answer['json']> {
  const answer = await app.owner.post('/v1/connections', {
    integration: 'hunter',
    credentials: { api_key: key },
  });
  expect(answer.status, answer.text).toBe(201);
  return answer.json;
}

async function startRun(connectionId: string, name: string): Promise<{ run: Run; column: Column }> {
  const [first, last, domain] = table.columns.map((column) => column.id);
  const inputs = {
    first_name: { kind: 'column', column_id: first },
    last_name: { kind: 'column', column_id: last },
    domain: { kind: 'column', column_id: domain },
  };
  const action = {
    integration: 'hunter',
    action: 'find_email',
    connection_id: connectionId,
    inputs,
  };
  const added = await app.owner.post(`/v1/tables/${table.id}/columns`, { name, type: 'action', action });
  expect(added.status, added.text).toBe(201);
  const started = await app.owner.post(`/v1/tables/${table.id}/columns/${added.json.id}/runs`, {
    scope: 'all',
  });
  expect(started.status, started.text).toBe(201);
  return { run: started.json, column: added.json };
}

const isOver = (run: Run) => ['done', 'cancelled', 'failed'].includes(run.state);

async function until(run: Run, isSo: (run: Run) => boolean): Promise<Run> {
  for (;;) {
    const { json } = await app.owner.get(`/v1/runs/${run.id}`);
    if (isSo(json)) return json;
    if (isOver(json)) throw new Error(`the run is over: ${JSON.stringify(json)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function untilStatus(id: string, status: string): Promise<Answer['json']> {
  for (;;) {
    const { json } = await app.owner.get(`/v1/connections/${id}`);
    if (json.status === status) return json;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
