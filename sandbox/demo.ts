import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Run } from '@keyrail/contract/runs';
import type { Column, ImportResult } from '@keyrail/contract/tables';
import { ApiError } from '@keyrail/sdk/api-error';
import { type Client, createClient } from '@keyrail/sdk/client';
import { cookieFetch } from './demo/cookie-fetch.ts';
import { onStage, PlayFailed, type Stage } from './demo/stage.ts';
import { bold, columns, dim, line, progress, refused, said, step, worked } from './demo/terminal.ts';
import { streamEvents } from './event-stream.ts';

/** The main job from the one-time link to the exported file, against the sandbox: npm run demo. */
const LEADS = fileURLToPath(new URL('leads.csv', import.meta.url));
const KEY = 'sandbox-hunter-good';

/** What the main job needs, and no more. */
const SCOPES = [
  'integrations:read',
  'connections:read',
  'connections:write',
  'connections:use',
  'tables:read',
  'tables:write',
  'runs:write',
] as const;

interface Api extends Client {
  url: string;
  token: string;
}

async function play({ server, sandbox }: Stage): Promise<void> {
  const startedAt = performance.now();
  said(server.url);

  step(2, "Making the owner's account with the one-time link, and an API token");
  const api = await becomeOwner(server.url, server.setupLink ?? '');

  step(3, 'Connecting Hunter.io with a wrong key');
  await connectWrongly(api);

  step(4, 'Connecting Hunter.io with a good key, pasted with spaces around it');
  await connect(api);

  step(5, 'Importing sandbox/leads.csv');
  const { tableId, imported } = await importLeads(api);

  step(6, 'Adding the action column "Find email", and trying it on one row');
  const column = await addFinder(api, tableId, imported.columns);

  step(7, 'Running it on all rows');
  const run = await runAll(api, tableId, column);

  step(8, 'Exporting');
  const file = await exportTo(api, tableId);

  if (sandbox.log.answeredTwice().length > 1) throw new Error('A row was asked for twice. It must not be.');
  const seconds = (performance.now() - startedAt) / 1000;
  summary(run, imported, {
    calls: callsAt(sandbox),
    seconds,
    file,
  });
}

async function becomeOwner(url: string, setupLink: string): Promise<Api> {
  let workspace: string | undefined;
  const browser = createClient({ baseUrl: url, fetch: cookieFetch(), workspace: () => workspace });
  const code = new URL(setupLink).searchParams.get('code') ?? '';
  const session = await browser.setup.complete({
    code,
    name: 'Olive Owner',
    email: 'olive@example.com',
    password: `demo-${crypto.randomUUID()}`,
    workspace_name: 'Acme',
  });
  workspace = session.workspaces[0]?.id;
  worked(`${session.user.name} owns the workspace "${session.workspaces[0]?.name}". The link works no more.`);
  const { token } = await browser.tokens.create({ name: 'Demo', scopes: [...SCOPES] });
  return { ...createClient({ baseUrl: url, token: token ?? '' }), url, token: token ?? '' };
}

/** A key that does not work must be refused; anything else is a failure of the demo. */
async function connectWrongly(api: Api): Promise<void> {
  const outcome = await api.connections
    .create({ integration: 'hunter', credentials: { api_key: 'not-the-right-key-0001' } })
    .then(() => null)
    .catch((error: unknown) => error);
  if (!(outcome instanceof ApiError) || outcome.verdict === undefined)
    throw outcome ?? new Error('A wrong key was saved. It must not be.');
  const { message, next_step, provider_message } = outcome.verdict;
  refused(message);
  if (next_step) said(`    ${next_step}`);
  if (provider_message) said(dim(`    Hunter's own words: "${provider_message}"`));
  const { data } = await api.connections.list();
  if (data.length > 0) throw new Error('A refused key was saved. It must not be.');
  said(dim('    Nothing was saved.'));
}

async function connect(api: Api): Promise<void> {
  const connection = await api.connections.create({
    integration: 'hunter',
    name: 'Our main key',
    credentials: { api_key: `  ${KEY} ` },
  });
  worked(connection.verdict.message);
  for (const note of connection.notes) said(`    ${note}`);
}

async function importLeads(api: Api): Promise<{ tableId: string; imported: ImportResult }> {
  const table = await api.tables.create({ name: 'Leads' });
  const imported = await api.tables.import(table.id, readFileSync(LEADS, 'utf8'));
  worked(`${imported.rows_added} rows. Columns: ${imported.columns.map(typed).join(', ')}.`);
  if (imported.rows_rejected > 0) refused(`${imported.rows_rejected} rows did not fit:`);
  for (const problem of imported.problems) said(`    line ${problem.line}: ${problem.message}`);
  return { tableId: table.id, imported };
}

const typed = ({ name, type }: Column) => (type === 'text' ? name : `${name} (${type})`);

async function addFinder(api: Api, tableId: string, there: readonly Column[]): Promise<Column> {
  const score = await api.columns.create(tableId, { name: 'Score', type: 'number' });
  const from = (name: string) => {
    const column = there.find((one) => one.name === name);
    if (column === undefined) throw new Error(`There is no column ${name}.`);
    return { kind: 'column' as const, column_id: column.id };
  };
  const column = await api.columns.create(tableId, {
    name: 'Find email',
    type: 'action',
    action: {
      integration: 'hunter',
      action: 'find_email',
      inputs: { first_name: from('First name'), last_name: from('Last name'), domain: from('Domain') },
      outputs: { score: score.id },
    },
  });
  const [row] = (await api.rows.list(tableId, { limit: 1 })).data;
  if (row === undefined || column.action === null) throw new Error('There is no row to try it on.');
  const tried = await api.tables.tryout(tableId, { action: column.action, row_id: row.id });
  const name = [from('First name'), from('Last name')]
    .map(({ column_id }) => row.values[column_id])
    .join(' ');
  const took = tried.duration_ms === null ? '' : dim(` (${Math.round(tried.duration_ms)} ms)`);
  worked(`${name}: ${tried.value ?? tried.message}${took}`);
  return column;
}

async function runAll(api: Api, tableId: string, column: Column): Promise<Run> {
  const estimate = await api.runs.estimate(tableId, column.id, { scope: 'all' });
  if (estimate.problem) throw new Error(estimate.problem.message);
  const cost = estimate.credits === null ? '' : `, at most ${estimate.credits} credits`;
  const least = estimate.seconds_at_least
    ? `, at least ${estimate.seconds_at_least} s by Hunter's limit`
    : '';
  said(`Estimate: ${estimate.rows} rows, ${estimate.calls} calls${cost}${least}.`);
  const run = await api.runs.start(tableId, column.id, { scope: 'all', max_calls: 500 });
  const bar = progress();
  const headers = { authorization: `Bearer ${api.token}` };
  let last = run;
  for await (const { event, data } of streamEvents(api.url + api.runs.eventsPath(run.id), headers)) {
    if (event === 'cells') continue;
    last = data;
    bar.show(last);
  }
  bar.end();
  if (last.state !== 'done') throw new Error(`The run is ${last.state}. ${last.message ?? ''}`);
  worked(`${last.counts.done} addresses found, ${last.counts.no_result} without a result.`);
  return last;
}

async function exportTo(api: Api, tableId: string): Promise<string> {
  const answer = await fetch(api.url + api.tables.exportPath(tableId), {
    headers: { authorization: `Bearer ${api.token}` },
  });
  if (!answer.ok) throw new Error(`The export answered ${answer.status}.`);
  const file = join(mkdtempSync(join(tmpdir(), 'keyrail-export-')), 'leads.csv');
  const text = await answer.text();
  writeFileSync(file, text);
  worked(file);
  for (const row of text.split('\n').slice(0, 5)) said(dim(`    ${row.trimEnd()}`));
  return file;
}

/** As the other side counted them: all, and those that it answered with "not yet" and "slow down". */
function callsAt({ log }: Stage['sandbox']): { all: number; notYet: number; slowDown: number } {
  const counts = log.counts({ provider: 'hunter', path: '/v2/email-finder' });
  const sum = (is: (status: number) => boolean) =>
    counts.filter(({ status }) => is(status)).reduce((total, one) => total + one.count, 0);
  return {
    all: sum(() => true),
    notYet: sum((status) => status === 202),
    slowDown: sum((status) => status === 403),
  };
}

function summary(
  run: Run,
  imported: ImportResult,
  seen: { calls: ReturnType<typeof callsAt>; seconds: number; file: string },
): void {
  const { all, notYet, slowDown } = seen.calls;
  const again = [
    notYet > 0 ? `, ${notYet} again because Hunter was still searching` : '',
    slowDown > 0 ? `, ${slowDown} again because Hunter asked to slow down` : '',
  ].join('');
  line(`\n${bold(`Done in ${seen.seconds.toFixed(1)} seconds.`)}\n`);
  columns([
    ['Rows', `${imported.rows_added} imported, ${imported.rows_rejected} listed as not fitting`],
    ['Addresses', `${run.counts.done} found, ${run.counts.no_result} without a result`],
    ['Calls', `${all}: one for each row, 1 to try it${again}`],
    ['Speed', `${run.rows_per_second} rows a second; Hunter's documented limit is 15`],
    ['File', seen.file],
  ]);
  line('\nEverything ran on this machine, through the HTTP API. Nothing is left but that file.');
  line(
    `See it in the browser: ${bold('npm start -- --sandbox')}, then connect Hunter.io with ${bold(KEY)}.\n`,
  );
}

async function main(): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => stopping.abort(new Error('stopped')));
  // Whoever read it has gone, as in "npm run demo | head": tidied up all the same.
  process.stdout.on('error', () => stopping.abort(new Error('stopped')));
  line(`${bold('Keyrail demo')}: connect a tool, import leads, find their e-mail addresses, export.`);
  line('The server is the real one; Hunter.io is a stand-in on this machine that answers as documented.');
  step(1, 'Starting PostgreSQL, the server and the sandbox');
  try {
    await onStage(stopping.signal, play);
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) {
      line('\nStopped. Nothing of it is left.');
      return 130;
    }
    process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : error}\n`);
    if (error instanceof PlayFailed && error.serverSaid !== '')
      process.stderr.write(`\nThe server said:\n${error.serverSaid.slice(-4000)}\n`);
    return 1;
  }
}

process.exit(await main());
