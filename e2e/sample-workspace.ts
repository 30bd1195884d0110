import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Run } from '@keyrail/contract/runs';
import type { Column } from '@keyrail/contract/tables';
import type { Client } from '@keyrail/sdk/client';
import type { CreateRun } from '@keyrail/sdk/shapes';
import type { Sandbox } from '../sandbox/start.ts';
import { furnishConnections } from './sample-connections.ts';

export interface Places {
  leads: string;
  findEmail: string;
  hunterMain: string;
  stuck: string;
  big: string;
  finishedRun: string;
}

const leadsFile = fileURLToPath(new URL('../sandbox/leads.csv', import.meta.url));

/** A workspace as it looks after some weeks: good connections and ailing ones, tables, runs of every end. */
export async function furnish(
  api: Client,
  browserFetch: typeof globalThis.fetch,
  sandbox: Sandbox,
): Promise<Places> {
  const connect = (integration: string, name: string, key: string, saveUnverified = false) =>
    api.connections.create({
      integration,
      name,
      credentials: { api_key: key },
      save_unverified: saveUnverified,
    });
  const hunterMain = await connect('hunter', 'Our main key', 'sandbox-hunter-good');
  await connect('hunter', 'Research team', 'sandbox-hunter-no-credits');
  await connect('hunter', 'Trial of Jonas', 'sandbox-hunter-down', true);
  await connect('apollo', 'Apollo Outbound', 'sandbox-apollo-good');
  const gone = await connect('smartlead', 'Campaigns', 'sandbox-smartlead-good-gone');
  sandbox.revoke('sandbox-smartlead-good-gone');
  await api.connections.verify(gone.id);
  await api.connections.makeDefault(hunterMain.id);
  await furnishConnections(api, browserFetch, sandbox);

  const leads = await importTable(api, 'Spring leads', readFileSync(leadsFile, 'utf8'));
  const findEmail = await addFinder(api, leads.id, leads.columns, null);
  const finishedRun = await runToEnd(api, leads.id, findEmail, { scope: 'first', limit: 60 });

  const few = await connect('hunter', 'Small account', 'sandbox-hunter-credits-25');
  const stuck = await importTable(api, 'Conference visitors', readFileSync(leadsFile, 'utf8'));
  const stuckColumn = await addFinder(api, stuck.id, stuck.columns, few.id);
  await runToEnd(api, stuck.id, stuckColumn, { scope: 'all' });

  const lines = Array.from({ length: 5_000 }, (_, at) => bigLine(at));
  const big = await importTable(api, 'All accounts', [bigHeader, ...lines].join('\n'));
  await api.tokens.create({ name: 'Nightly export', scopes: ['tables:read'], expires_in_days: 90 });
  await api.tokens.create({ name: 'CRM sync', scopes: ['tables:read', 'tables:write', 'runs:write'] });
  return {
    leads: leads.id,
    findEmail,
    hunterMain: hunterMain.id,
    stuck: stuck.id,
    big: big.id,
    finishedRun: finishedRun.id,
  };
}

const bigHeader = 'Company,Website,Employees,Revenue,Founded,Active,Country,Notes';

function bigLine(at: number): string {
  const country = ['Germany', 'Spain', 'Kenya', 'Japan', 'Brazil'][at % 5];
  const founded = `${1950 + (at % 70)}-0${(at % 9) + 1}-15`;
  return `Company ${at + 1},https://company-${at + 1}.example,${(at * 37) % 9000},${((at * 7919) % 1e6) / 10},${founded},${at % 3 === 0},${country},Met at stand ${at % 40}`;
}

async function importTable(
  api: Client,
  name: string,
  csv: string,
): Promise<{ id: string; columns: Column[] }> {
  const table = await api.tables.create({ name });
  const result = await api.tables.import(table.id, csv);
  return { id: table.id, columns: result.columns };
}

async function addFinder(
  api: Client,
  tableId: string,
  columns: Column[],
  connectionId: string | null,
): Promise<string> {
  const from = (name: string) => ({
    kind: 'column' as const,
    column_id: columns.find((column) => column.name === name)?.id ?? '',
  });
  const column = await api.columns.create(tableId, {
    name: 'Find email',
    type: 'action',
    action: {
      integration: 'hunter',
      action: 'find_email',
      connection_id: connectionId,
      inputs: { first_name: from('First name'), last_name: from('Last name'), domain: from('Domain') },
    },
  });
  return column.id;
}

/** Until nothing moves any more: over, or waiting for somebody. */
async function runToEnd(api: Client, tableId: string, columnId: string, wanted: CreateRun): Promise<Run> {
  let run = await api.runs.start(tableId, columnId, wanted);
  const endsAt = Date.now() + 60_000;
  while ((run.state === 'queued' || run.state === 'running') && Date.now() < endsAt) {
    await new Promise((resolve) => setTimeout(resolve, 250));
    run = await api.runs.get(run.id);
  }
  return run;
}
