import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type StreamedEvent, streamEvents } from '../../../sandbox/event-stream.ts';
import { type Client, startApp, type TestApp } from '../../test/app.ts';
import { finderFile } from '../../test/finder.ts';
import { httpServer, type TestServer } from '../outbound/under-test.ts';

let home: string;
let app: TestApp;
let owner: Client;
let upstream: TestServer;
let answer: (response: ServerResponse, name: string) => void;
let tableId: string;
let columnId: string;
let connectionId: string;
let rowIds: string[];

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyrail-runs-'));
  upstream = await httpServer((request, response) => {
    answer(response, new URL(request.url ?? '', 'http://local').searchParams.get('name') ?? '');
  });
  writeFileSync(join(home, 'finder.yaml'), finderFile(upstream.origin));
  app = await startApp({
    settings: {
      KEYRAIL_CATALOG_DIR: home,
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: `127.0.0.1:${upstream.port}`,
      KEYRAIL_RUN_CONCURRENCY: '5',
    },
  });
  owner = app.owner;
  const connected = await owner.post('/v1/connections', {
    integration: 'finder',
    credentials: { api_key: 'fake-key-good-0001' },
  });
  expect(connected.status).toBe(201);
  connectionId = connected.json.id;
});
afterAll(async () => {
  await app.close();
  await upstream.close();
  rmSync(home, { recursive: true, force: true });
});

beforeEach(async () => {
  answer = (response, name) => response.end(JSON.stringify({ data: { email: `${name}@example.com` } }));
  const table = (
    await owner.post('/v1/tables', { name: 'People', columns: [{ name: 'Name', type: 'text' }] })
  ).json;
  const nameId = table.columns[0].id;
  tableId = table.id;
  const rows = Array.from({ length: 30 }, (_, index) => ({ values: { [nameId]: `n${index}` } }));
  const made = await owner.post(`/v1/tables/${tableId}/rows`, { rows });
  rowIds = made.json.data.map((row: { id: string }) => row.id);
  const column = await owner.post(`/v1/tables/${tableId}/columns`, {
    name: 'Email',
    type: 'action',
    action: {
      integration: 'finder',
      action: 'find',
      inputs: { name: { kind: 'column', column_id: nameId } },
    },
  });
  columnId = column.json.id;
});

const runsAt = () => `/v1/tables/${tableId}/columns/${columnId}/runs`;
const start = (body: object = { scope: 'all' }, client = owner) => client.post(runsAt(), body);

/** All that the stream of a run says until it closes. */
async function watch(id: string): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  for await (const event of streamEvents(`${app.url}/v1/runs/${id}/events`, owner.headers))
    events.push(event);
  return events;
}

test('a run is started, watched to its end, and then found in the list', async () => {
  const run = await start();
  expect(run.status).toBe(201);
  expect(run.json).toMatchObject({
    table_id: tableId,
    column_id: columnId,
    column_name: 'Email',
    scope: 'all',
  });
  const events = await watch(run.json.id);
  expect(events.at(-1)).toMatchObject({
    event: 'end',
    data: {
      state: 'done',
      total: 30,
      calls: 30,
      remaining_seconds: null,
      counts: { done: 30, queued: 0, running: 0 },
    },
  });
  const cells = events.filter((event) => event.event === 'cells').flatMap((event) => event.data.cells);
  expect(cells.some((cell) => cell.state === 'done' && rowIds.includes(cell.row_id))).toBe(true);
  expect((await owner.get(`/v1/runs?table_id=${tableId}`)).json.data).toMatchObject([
    { id: run.json.id, state: 'done' },
  ]);
  expect((await owner.get(`/v1/tables/${tableId}`)).json.active_run_ids).toEqual([]);
});

test('a stream of a run that is over says so at once and closes', async () => {
  const run = await start({ scope: 'first', limit: 1 });
  await watch(run.json.id);
  expect((await watch(run.json.id)).map((event) => event.event)).toEqual(['end']);
});

test('a second run of the column is 409 and names the first', async () => {
  answer = () => {};
  const first = await start();
  const second = await start();
  expect([second.status, second.json.code, second.json.run_id]).toEqual([409, 'conflict', first.json.id]);
  expect((await owner.get(`/v1/tables/${tableId}`)).json.active_run_ids).toEqual([first.json.id]);
  expect((await owner.post(`/v1/runs/${first.json.id}/cancel`)).json.state).toBe('cancelled');
  expect((await owner.post(`/v1/runs/${first.json.id}/pause`)).status).toBe(409);
});

test('paused, resumed and cancelled: each shows in the answer', async () => {
  answer = (response) =>
    void setTimeout(() => response.end(JSON.stringify({ data: { email: 'a@example.com' } })), 50);
  const { id } = (await start()).json;
  expect((await owner.post(`/v1/runs/${id}/pause`)).json.state).toBe('paused');
  expect((await owner.post(`/v1/runs/${id}/pause`)).json.state).toBe('paused');
  expect(['queued', 'running']).toContain((await owner.post(`/v1/runs/${id}/resume`)).json.state);
  expect((await watch(id)).at(-1)?.data.counts.done).toBe(30);
  expect((await owner.post(`/v1/runs/${id}/cancel`)).status).toBe(409);
});

test('what is missing or wrong in the body is named', async () => {
  const fieldsOf = async (body: object) =>
    (await start(body)).json.fields?.map((field: { path: string }) => field.path);
  expect(await fieldsOf({ scope: 'first' })).toEqual(['limit']);
  expect(await fieldsOf({ scope: 'selected' })).toEqual(['row_ids']);
  expect(await fieldsOf({ scope: 'some' })).toEqual(['scope']);
  expect(await fieldsOf({ scope: 'all', colour: 'red' })).toEqual(['colour']);
  expect(await fieldsOf({ scope: 'all', max_calls: 0 })).toEqual(['max_calls']);
});

test('a viewer sees runs and starts none; another workspace sees nothing', async () => {
  const run = (await start()).json;
  const viewer = await app.member('viewer');
  expect((await viewer.get(`/v1/runs/${run.id}`)).status).toBe(200);
  for (const path of [runsAt(), `/v1/runs/${run.id}/cancel`])
    expect((await viewer.post(path, path === runsAt() ? { scope: 'all' } : undefined)).status).toBe(403);
  const { client } = await app.outsider();
  expect((await client.get(`/v1/runs/${run.id}`)).status).toBe(404);
  expect((await client.get(`/v1/runs/${run.id}/events`)).status).toBe(404);
  expect((await client.post(`/v1/runs/${run.id}/cancel`)).status).toBe(404);
  expect((await client.post(runsAt(), { scope: 'all' })).status).toBe(404);
  expect((await client.get(`/v1/tables/${tableId}/rows/${rowIds[0]}/cells/${columnId}`)).status).toBe(404);
  await watch(run.id);
});

test('a cell never run is empty; one that failed tells what happened, what to do, and what was answered', async () => {
  const at = `/v1/tables/${tableId}/rows/${rowIds[0]}/cells/${columnId}`;
  expect((await owner.get(at)).json).toMatchObject({
    state: 'empty',
    value: null,
    run_id: null,
    updated_at: null,
  });
  answer = (response) => void response.writeHead(422).end(JSON.stringify({ message: 'no such person' }));
  const run = await start({ scope: 'selected', row_ids: [rowIds[0]] });
  await watch(run.json.id);
  expect((await owner.get(at)).json).toMatchObject({
    state: 'error',
    message: 'Finder did not accept these inputs.',
    next_step: 'Look at what the row gives to the action.',
    provider_message: 'no such person',
    response_status: 422,
    response_body: '{"message":"no such person"}',
    request: { method: 'GET', path: '/find' },
    run_id: run.json.id,
  });
});

test('a token bound to another connection cannot spend this one', async () => {
  const made = await owner.post('/v1/tokens', {
    name: 'bound',
    scopes: ['tables:read', 'runs:write', 'connections:use'],
    connection_ids: [],
  });
  const bound = app.as({ authorization: `Bearer ${made.json.token}` });
  const before = upstream.requests.length;
  const run = await start({ scope: 'all' }, bound);
  const end = (await watch(run.json.id)).at(-1);
  expect(end?.data.counts.error).toBe(30);
  expect(upstream.requests.length).toBe(before);
});

test('a token bound to other connections resumes no run, is told no credits, and names no connection in a column', async () => {
  const other = await owner.post('/v1/connections', {
    integration: 'finder',
    name: 'Other',
    credentials: { api_key: 'fake-key-good-0002' },
  });
  const scopes = ['tables:read', 'tables:write', 'runs:write', 'connections:use'];
  const tokenTo = async (ids: string[]) => {
    const made = await owner.post('/v1/tokens', { name: 'bound', scopes, connection_ids: ids });
    return app.as({ authorization: `Bearer ${made.json.token}` });
  };
  const [free, bound] = [await tokenTo([connectionId]), await tokenTo([other.json.id])];
  await app.database.db.system
    .updateTable('connections')
    .set({ account: JSON.stringify({ name: null, plan: null, credits_left: '417 searches' }) })
    .where('id', '=', connectionId)
    .execute();
  const estimateAt = `/v1/tables/${tableId}/columns/${columnId}/estimate`;
  const estimates = await Promise.all([free, bound].map((one) => one.post(estimateAt, { scope: 'all' })));
  expect(estimates.map(({ json }) => [json.credits_left, json.problem?.code ?? null])).toEqual([
    ['417 searches', null],
    [null, 'connection_missing'],
  ]);

  answer = () => {};
  const { id } = (await start()).json;
  await owner.post(`/v1/runs/${id}/pause`);
  expect(await bound.post(`/v1/runs/${id}/resume`)).toMatchObject({
    status: 403,
    json: { code: 'forbidden', detail: 'This token may not use the connection of this run.' },
  });
  expect((await owner.get(`/v1/runs/${id}`)).json.state).toBe('paused');
  expect((await free.post(`/v1/runs/${id}/resume`)).status).toBe(200);
  await owner.post(`/v1/runs/${id}/cancel`);

  const { action } = (await owner.get(`/v1/tables/${tableId}`)).json.columns.find(
    (one: { id: string }) => one.id === columnId,
  );
  const named = { ...action, connection_id: connectionId };
  const at = `/v1/tables/${tableId}/columns`;
  const unknown = { ...action, connection_id: `con_${'0'.repeat(26)}` };
  const fieldsOf = async (client: Client, wanted: object) =>
    (await client.post(at, { name: 'More', type: 'action', action: wanted })).json.fields;
  expect(await fieldsOf(bound, named)).toMatchObject([{ path: 'action.connection_id' }]);
  expect(await fieldsOf(bound, named)).toEqual(await fieldsOf(bound, unknown));
  const change = (client: Client) => client.patch(`${at}/${columnId}`, { action: named });
  expect((await change(bound)).status).toBe(400);
  expect((await change(free)).status).toBe(200);
  expect((await change(bound)).status).toBe(200);
});

test('a token that may start runs but not use connections starts, resumes and tries out nothing', async () => {
  const made = await owner.post('/v1/tokens', {
    name: 'without use',
    scopes: ['tables:read', 'tables:write', 'runs:write'],
  });
  const token = app.as({ authorization: `Bearer ${made.json.token}` });
  const [run] = (await owner.get('/v1/runs')).json.data;
  const { action } = (await owner.get(`/v1/tables/${tableId}`)).json.columns.find(
    (one: { id: string }) => one.id === columnId,
  );
  const before = upstream.requests.length;
  for (const refused of [
    await start({ scope: 'all' }, token),
    await token.post(`/v1/runs/${run.id}/resume`),
    await token.post(`/v1/tables/${tableId}/tryouts`, { action, row_id: rowIds[0] }),
  ]) {
    expect(refused).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(refused.json.detail).toContain('connections:use');
  }
  expect(upstream.requests.length).toBe(before);
});
