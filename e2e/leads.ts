import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import type { Client } from '../server/test/app.ts';

/** 120 leads and two rows that do not fit: the file of the demo. */
export const LEADS = fileURLToPath(new URL('../sandbox/leads.csv', import.meta.url));

/** Through the API: a connection of its own, a table of so many leads, and an action column that finds their addresses. */
export async function makeLeads(
  api: Client,
  how: { key: string; rows: number },
): Promise<{ tableId: string; columnId: string; connectionId: string }> {
  const connection = await required(
    api.post('/v1/connections', { integration: 'hunter', credentials: { api_key: how.key } }),
  );
  const table = await required(api.post('/v1/tables', { name: 'Leads', columns: [] }));
  const lines = Array.from(
    { length: how.rows },
    (_, at) => `Lead${at},Person,company-${at}.example,${at + 1}`,
  );
  const csv = ['First name,Last name,Domain,Number', ...lines].join('\n');
  const imported = await required(
    api.post(`/v1/tables/${table.id}/import`, csv, { 'content-type': 'text/csv' }),
  );
  const from = (name: string) => ({
    kind: 'column',
    column_id: imported.columns.find((column: { name: string }) => column.name === name).id,
  });
  const column = await required(
    api.post(`/v1/tables/${table.id}/columns`, {
      name: 'Find email',
      type: 'action',
      action: {
        integration: 'hunter',
        action: 'find_email',
        connection_id: connection.id,
        inputs: { first_name: from('First name'), last_name: from('Last name'), domain: from('Domain') },
        outputs: {},
      },
    }),
  );
  return { tableId: table.id, columnId: column.id, connectionId: connection.id };
}

async function required(answer: ReturnType<Client['post']>) {
  const { status, json, text } = await answer;
  if (status >= 300) throw new Error(text);
  return json;
}

/** In the panel before a run: all rows, and go. */
export async function runAllRows(page: Page): Promise<void> {
  const panel = page.getByRole('complementary', { name: 'Run Find email' });
  await panel.getByText('All rows that are not done').click();
  await panel.getByRole('button', { name: /^Run \d+ rows?$/ }).click();
}

/** A cell of the grid, both counted from 0. */
export function cell(page: Page, row: number, column: number) {
  return page.locator(`#cell-${row}-${column}`);
}
