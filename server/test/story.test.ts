import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '@keyrail/contract/runs';
import type { Column, Table } from '@keyrail/contract/tables';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StreamedEvent, streamEvents } from '../../sandbox/event-stream.ts';
import { type ServerProcess, startServerProcess } from '../../sandbox/server-process.ts';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../../sandbox/start.ts';
import { type Answer, type Client, clientOf, cookieOf } from './app.ts';
import { freshDatabase, type TestDatabase } from './database.ts';

/**
 * The main job through the HTTP API alone, on the real server: each test goes on where the one before it ended.
 */
const GOOD = 'sandbox-hunter-good-story';
const EMPTY = 'sandbox-hunter-credits-10';
const FINDER = '/v2/email-finder';

let home: string;
let database: TestDatabase;
let sandbox: Sandbox;
let server: ServerProcess;
let api: Client;
let connectionId: string;
let table: Table;
let finder: Column;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'keyrail-story-'));
  [database, sandbox] = await Promise.all([freshDatabase(), startSandbox()]);
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  server = await startServerProcess({
    HOME: home,
    DATABASE_URL: database.url,
    KEYRAIL_DATA_DIR: join(home, 'data'),
    KEYRAIL_MASTER_KEY_FILE: join(home, 'master.key'),
    KEYRAIL_UPSTREAMS: upstreams,
    KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts,
  });
});

afterAll(async () => {
  await server?.stop();
  await sandbox?.close();
  await database?.close();
  rmSync(home, { recursive: true, force: true });
});

test('the one-time link makes the owner, once, and the owner makes an API token', async () => {
  const link = new URL(server.setupLink ?? '');
  const code = link.searchParams.get('code') ?? '';
  const anyone = clientOf(server.url, {});
  expect((await anyone.get(`/v1/setup?code=${code}`)).json).toEqual({ is_open: true, has_accounts: false });
  const owner = {
    code,
    name: 'Olive Owner',
    email: 'olive@example.com',
    password: 'a-fine-Password-0001',
    workspace_name: 'Acme',
  };
  const opened = await anyone.post('/v1/setup', owner);
  expect(opened.status).toBe(201);
  expect((await anyone.get(`/v1/setup?code=${code}`)).json).toEqual({ is_open: false, has_accounts: false });
  const again = await anyone.post('/v1/setup', { ...owner, email: 'mallory@example.com' });
  expect(again.status).toBeGreaterThanOrEqual(400);

  const browser = clientOf(server.url, {
    cookie: cookieOf(opened),
    'keyrail-workspace': opened.json.workspaces[0].id,
  });
  const made = await browser.post('/v1/tokens', {
    name: 'story',
    scopes: [
      'integrations:read',
      'connections:read',
      'connections:write',
      'connections:use',
      'tables:read',
      'tables:write',
      'runs:write',
    ],
  });
  expect(made.status).toBe(201);
  expect(made.json.token).toMatch(/^kr_/);
  api = clientOf(server.url, { authorization: `Bearer ${made.json.token}` });
});

test('Hunter.io is found despite a typo, with where its key is', async () => {
  const found = await api.get('/v1/integrations?search=huntr');
  expect(found.json.data[0]).toMatchObject({ slug: 'hunter', name: 'Hunter.io', connection_count: 0 });
  const hunter = await api.get('/v1/integrations/hunter');
  expect(hunter.json.key_location).toBe('Dashboard > API key');
  expect(hunter.json.actions.map((action: { name: string }) => action.name)).toContain('find_email');
});

test("a wrong key is refused with the provider's own words, and nothing is saved", async () => {
  const answer = await connect('a-wrong-key-0001');
  expect(answer.status).toBe(422);
  expect(answer.json).toMatchObject({
    code: 'credential_rejected',
    verdict: {
      kind: 'rejected',
      message: 'Hunter.io did not accept this key.',
      provider_message: 'No user found for the API key supplied',
      provider_status: 401,
      request: { method: 'GET', host: 'api.hunter.io', path: '/v2/account' },
    },
  });
  expect((await api.get('/v1/connections')).json.data).toEqual([]);
});

test('a provider that is down is called so; the key is saved only when asked for', async () => {
  const refused = await connect('sandbox-hunter-down');
  expect(refused.status).toBe(422);
  expect(refused.json.verdict.kind).toBe('provider_error');
  expect((await api.get('/v1/connections')).json.data).toEqual([]);

  const kept = await connect('sandbox-hunter-down', { save_unverified: true });
  expect(kept.status).toBe(201);
  expect(kept.json).toMatchObject({ status: 'unverified', verdict: { kind: 'provider_error' } });
  expect(kept.json.next_check_at).not.toBeNull();
  expect((await api.delete(`/v1/connections/${kept.json.id}`)).status).toBe(204);
});

test('a key pasted with quotes, spaces and a line break is cleaned, and that is said', async () => {
  const answer = await connect(`  "${GOOD}"\r\n`, { name: 'Our main key' });
  expect(answer.status).toBe(201);
  expect(answer.json).toMatchObject({
    integration: 'hunter',
    name: 'Our main key',
    is_default: true,
    status: 'connected',
    account: { name: 'good-story@hunter.sandbox.example', plan: 'Growth' },
    verdict: { kind: 'ok' },
  });
  expect(answer.json.notes.join(' ')).toMatch(/spaces.*quotes|quotes.*spaces/);
  expect(answer.text).not.toContain(GOOD);
  connectionId = answer.json.id;
});

test('an unknown field is refused by its name', async () => {
  const answer = await connect(GOOD, { colour: 'red' });
  expect(answer.status).toBe(400);
  expect(answer.json.fields.map((field: { path: string }) => field.path)).toContain('colour');
});

test('a CSV comes in as far as it fits, with a list of what did not', async () => {
  const preview = await api.post('/v1/imports/preview', CSV, { 'content-type': 'text/csv' });
  expect(preview.status).toBe(200);
  expect(preview.json.columns.map((column: { name: string }) => column.name)).toEqual([
    'First name',
    'Last name',
    'Company',
    'Domain',
    'Employees',
  ]);
  const plan = preview.json.columns.map((column: { plan: unknown; name: string }) =>
    column.name === 'Employees' ? { to: 'new', name: 'Employees', type: 'number' } : column.plan,
  );
  const made = await api.post('/v1/tables', { name: 'Leads', columns: [] });
  expect(made.status).toBe(201);
  const path = `/v1/tables/${made.json.id}/import?plan=${encodeURIComponent(JSON.stringify(plan))}`;
  const imported = await api.post(path, CSV, { 'content-type': 'text/csv' });
  expect(imported.status).toBe(200);
  expect(imported.json).toMatchObject({ rows_added: LEADS.length + 1, rows_rejected: 2 });
  expect(imported.json.problems).toMatchObject([
    { line: 2, column: 'Employees', value: 'about fifty' },
    { line: 3, column: null },
  ]);
  table = (await api.get(`/v1/tables/${made.json.id}`)).json;
  expect(table.row_count).toBe(LEADS.length + 1);
});

test('an action column says what it needs, what it would cost, and can be tried on one row', async () => {
  const score = await api.post(`/v1/tables/${table.id}/columns`, { name: 'Score', type: 'number' });
  expect(score.status).toBe(201);
  const incomplete = await addFinder({ outputs: {}, inputs: {} });
  expect(incomplete.status).toBe(400);

  const added = await addFinder({ outputs: { score: score.json.id } });
  expect(added.status).toBe(201);
  finder = added.json;

  const estimate = await api.post(`/v1/tables/${table.id}/columns/${finder.id}/estimate`, { scope: 'all' });
  expect(estimate.json).toMatchObject({
    rows: LEADS.length + 1,
    calls: LEADS.length,
    skipped: 1,
    credits: LEADS.length,
    problem: null,
  });

  const [first] = await rows();
  const tried = await api.post(`/v1/tables/${table.id}/tryouts`, {
    action: finder.action,
    row_id: first?.id,
  });
  expect(tried.json).toMatchObject({
    state: 'done',
    value: 'anna.berg@aurora.example',
    request: { method: 'GET', host: 'api.hunter.io', path: FINDER },
    response_status: 200,
  });
  expect(tried.text).not.toContain(GOOD);
  expect((await rows())[0]?.cells).toEqual({});
});

test('a run tells how it goes on, fills every cell, and asks for each row exactly once', async () => {
  const tried = sandbox.log.answeredTwice();
  expect(tried).toEqual([]);
  const run = await startRun({ scope: 'all' });
  const events = await watch(run.id);
  expect(events.some((event) => event.event === 'cells')).toBe(true);
  expect(events.some((event) => event.event === 'progress' && event.data.state === 'running')).toBe(true);
  const end = events.at(-1);
  expect(end?.event).toBe('end');
  expect(end?.data).toMatchObject({ state: 'done', total: LEADS.length + 1, calls: LEADS.length });
  const { done, no_result: noResult, skipped } = end?.data.counts ?? {};
  expect(skipped).toBe(1);
  expect(done + noResult).toBe(LEADS.length);
  expect(done).toBeGreaterThan(noResult);

  expect(answered(GOOD)).toBe(LEADS.length + 1);
  // The one row of the try-out, which saves nothing.
  expect(sandbox.log.answeredTwice()).toMatchObject([{ path: FINDER, answered: 2 }]);
});

test('every cell holds what came out, and outputs stand in their columns', async () => {
  const all = await rows();
  const [first] = all;
  expect(first?.cells[finder.id]).toEqual({
    state: 'done',
    value: 'anna.berg@aurora.example',
    message: null,
  });
  const [score] = Object.values(finder.action?.outputs ?? {});
  expect(first?.values[score ?? '']).toEqual(expect.any(Number));
  const detail = await api.get(`/v1/tables/${table.id}/rows/${first?.id}/cells/${finder.id}`);
  expect(detail.json).toMatchObject({ state: 'done', response_status: 200, connection_id: connectionId });
  expect(detail.text).not.toContain(GOOD);
  const nobody = all.find((row) => row.cells[finder.id]?.state === 'no_result');
  expect(nobody?.cells[finder.id]?.message).toContain('found nothing');
});

test('a second run of all rows calls nobody again', async () => {
  const before = answered(GOOD);
  const run = await startRun({ scope: 'all' });
  const over = await untilRun(run.id, (one) => one.state === 'done');
  expect(over.calls).toBe(0);
  expect((await untilRun((await startRun({ scope: 'only_errors' })).id, isOver)).total).toBe(0);
  expect((await untilRun((await startRun({ scope: 'only_empty' })).id, isOver)).total).toBe(0);
  expect(answered(GOOD)).toBe(before);
});

test('the export has every row, and no cell that a spreadsheet would take for a formula', async () => {
  const file = await api.get(`/v1/tables/${table.id}/export`);
  expect(file.status).toBe(200);
  expect(file.headers.get('content-type')).toContain('text/csv');
  expect(file.headers.get('content-disposition')).toMatch(/attachment; filename=.*Leads.*\.csv/);
  const lines = file.text
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(/\r?\n/);
  expect(lines).toHaveLength(LEADS.length + 2);
  expect(lines[0]).toBe('First name,Last name,Company,Domain,Employees,Score,Find email');
  expect(lines[1]).toMatch(/^Anna,Berg,Aurora,aurora\.example,12,\d+,anna\.berg@aurora\.example$/);
  expect(file.text).toContain(`"'=HYPERLINK(""http://evil.example"")"`);
  expect(file.text).not.toMatch(/(^|[,"\n])[=@]/);
});

test('without credits a run waits, and after a top-up it goes on by itself and does nothing twice', async () => {
  const other = await connect(EMPTY, { name: 'Nearly empty' });
  expect(other.status).toBe(201);
  const column = await addFinder({ outputs: {}, connection: other.json.id, name: 'With the other key' });
  const started = await api.post(`/v1/tables/${table.id}/columns/${column.json.id}/runs`, { scope: 'all' });
  const waiting = await untilRun(started.json.id, (run) => run.state === 'waiting');
  expect(waiting.message).toBe('Out of credits at Hunter.io.');
  expect(waiting.counts).toMatchObject({ done: 10, error: 0 });
  expect(waiting.counts.out_of_credits).toBeGreaterThan(0);
  const found = answered(EMPTY);
  const connection = await api.get(`/v1/connections/${other.json.id}`);
  expect(connection.json.status).toBe('out_of_credits');

  expect(sandbox.topUp(EMPTY, 1000)).toBe(true);
  // The check that is due by itself every hour, now.
  expect((await api.post(`/v1/connections/${other.json.id}/verify`)).json.status).toBe('connected');
  const over = await untilRun(started.json.id, isOver);
  expect(over.state).toBe('done');
  expect(over.counts.done + over.counts.no_result).toBe(LEADS.length);
  expect(answered(EMPTY)).toBe(LEADS.length);
  expect(found).toBeLessThan(LEADS.length);
  expect(sandbox.log.answeredTwice().filter((one) => one.key === EMPTY && one.path === FINDER)).toEqual([]);
});

test('after Disconnect cells say that the connection is missing, and reconnecting heals them', async () => {
  const used = await api.get(`/v1/connections/${connectionId}/dependents`);
  expect(used.json.data).toMatchObject([{ kind: 'action_column', id: finder.id, table_name: 'Leads' }]);
  const gone = await api.post(`/v1/connections/${connectionId}/disconnect`);
  expect(gone.json).toMatchObject({ status: 'disconnected', hint: null, name: 'Our main key' });

  const failed = await untilRun((await startRun({ scope: 'forced' })).id, isOver);
  expect(failed.counts).toMatchObject({ error: LEADS.length + 1, done: 0 });
  expect(failed.calls).toBe(0);
  const [first] = await rows();
  expect(first?.cells[finder.id]).toMatchObject({
    state: 'error',
    message: expect.stringContaining('Hunter.io'),
  });
  const tryout = await api.post(`/v1/tables/${table.id}/tryouts`, {
    action: finder.action,
    row_id: first?.id,
  });
  expect(tryout.json.message).toContain('Hunter.io');

  const back = await api.post(`/v1/connections/${connectionId}/reconnect`, {
    credentials: { api_key: GOOD },
  });
  expect(back.status).toBe(200);
  expect(back.json).toMatchObject({ id: connectionId, name: 'Our main key', status: 'connected' });
  const healed = await untilRun((await startRun({ scope: 'only_errors' })).id, isOver);
  expect(healed.counts.error).toBe(0);
  expect(healed.counts.done + healed.counts.no_result).toBe(LEADS.length);
});

test('no key was ever written to the log', () => {
  for (const key of [GOOD, EMPTY, 'a-wrong-key-0001', 'sandbox-hunter-down', 'a-fine-Password-0001']) {
    expect(server.said()).not.toContain(key);
  }
});

// biome-ignore format: one lead a line
const LEADS = [
  ['Anna', 'Berg', 'Aurora'], ['Omar', 'Haddad', 'Brightwave'], ['Lucie', 'Martin', 'Cedar'], ['Kenji', 'Sato', 'Driftwood'],
  ['Priya', 'Kumar', 'Eastbridge'], ['Jonas', 'Weber', 'Fernhill'], ['Maya', 'Cohen', 'Granite'], ['Tariq', 'Khan', 'Harbor'],
  ['Elena', 'Rossi', 'Ironleaf'], ['Noah', 'Jansen', 'Juniper'], ['Yara', 'Costa', 'Kestrel'], ['Leon', 'Fischer', 'Lantern'],
  ['Mei', 'Chen', 'Maple'], ['Hugo', 'Moreau', 'Northgate'], ['Nadia', 'Petrov', 'Oakline'], ['Kofi', 'Mensah', 'Pebble'],
  ['Ingrid', 'Olsen', 'Quarry'], ['Diego', 'Vargas', 'Redwood'], ['Sara', 'Larsen', 'Saltmarsh'], ['Ravi', 'Singh', 'Tidewater'],
  ['Freya', 'Hansen', 'Umber'], ['Mateo', 'Lopez', 'Violet'], ['Hana', 'Ito', 'Westbrook'], ['Viktor', 'Novak', 'Willow'],
] as const;

/** With a row whose number is none, one that is too wide, one without a company, and a name that is a formula. */
const CSV = [
  'First name,Last name,Company,Domain,Employees',
  'Edgar,Misfit,Misfit Ltd,misfit.example,about fifty',
  'Ottilie,Brandt,Holt, Berg & Co,holtberg.example,64',
  ...LEADS.map(([first, last, company], at) =>
    at === 5
      ? `${first},${last},"=HYPERLINK(""http://evil.example"")",${company.toLowerCase()}.example,${at + 12}`
      : `${first},${last},${company},${company.toLowerCase()}.example,${at + 12}`,
  ),
  'Nobody,,,,',
].join('\r\n');

function connect(key: string, more: object = {}): Promise<Answer> {
  return api.post('/v1/connections', { integration: 'hunter', credentials: { api_key: key }, ...more });
}

function addFinder(how: {
  outputs: Record<string, string>;
  inputs?: Record<string, unknown>;
  connection?: string;
  name?: string;
}): Promise<Answer> {
  const from = (name: string) => ({
    kind: 'column',
    column_id: table.columns.find((column) => column.name === name)?.id,
  });
  return api.post(`/v1/tables/${table.id}/columns`, {
    name: how.name ?? 'Find email',
    type: 'action',
    action: {
      integration: 'hunter',
      action: 'find_email',
      connection_id: how.connection ?? null,
      inputs: how.inputs ?? {
        first_name: from('First name'),
        last_name: from('Last name'),
        domain: from('Domain'),
      },
      outputs: how.outputs,
    },
  });
}

interface ShownRow {
  id: string;
  values: Record<string, unknown>;
  cells: Record<string, { state: string; value: unknown; message: string | null }>;
}

async function rows(): Promise<ShownRow[]> {
  return (await api.get(`/v1/tables/${table.id}/rows?limit=200`)).json.data;
}

async function startRun(body: object): Promise<Run> {
  const started = await api.post(`/v1/tables/${table.id}/columns/${finder.id}/runs`, body);
  expect(started.status).toBe(201);
  return started.json;
}

const isOver = (run: Run) => ['done', 'failed', 'cancelled'].includes(run.state);

/** The events of a run, to their end or to the first run that is as wanted. */
async function watch(id: string, isEnough: (run: Run) => boolean = () => false): Promise<StreamedEvent[]> {
  const events: StreamedEvent[] = [];
  for await (const event of streamEvents(`${server.url}/v1/runs/${id}/events`, api.headers)) {
    events.push(event);
    if (event.event !== 'cells' && isEnough(event.data)) break;
  }
  return events;
}

async function untilRun(id: string, is: (run: Run) => boolean): Promise<Run> {
  const last = (await watch(id, is)).at(-1)?.data;
  if (last === undefined || !is(last)) throw new Error(`the run came to ${JSON.stringify(last)}`);
  return last;
}

/** How many requests of this key for an address were answered with a result. */
function answered(key: string): number {
  const counts = sandbox.log.counts({ provider: 'hunter', key, path: FINDER });
  return counts
    .filter(({ status }) => status === 200 || status === 451)
    .reduce((sum, one) => sum + one.count, 0);
}
