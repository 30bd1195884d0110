import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, launch, sees, type Visit, visit } from './browser.ts';
import { cell, LEADS, runAllRows } from './leads.ts';
import { OWNER, type Stage, startStage } from './stage.ts';

const KEY = 'sandbox-hunter-good-journey';

let stage: Stage;
let browser: Browser;
let person: Visit;
let page: Page;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launch()]);
  person = await visit(browser, stage.url);
  page = person.page;
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

test('a person gets from the one-time link to the exported file in the browser alone', async () => {
  await becomeOwner();
  await findHunter();
  await connect();
  await importLeads();
  await addFindEmail();
  await run();
  await exportCsv();
  await person.end();
});

async function becomeOwner(): Promise<void> {
  await page.goto(stage.server.setupLink ?? '');
  await page.getByLabel('Your name').fill(OWNER.name);
  await page.getByLabel('Email').fill(OWNER.email);
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  await page.getByLabel('Workspace name').fill(OWNER.workspace_name);
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('navigation', { name: 'Main' }).waitFor();
  // The sandbox stands in for third parties, and nobody can miss it.
  await sees(page, /redirected on this server/);
}

/** As the help texts of such products say it: workspace name in the top right corner, Settings, Connections. */
async function findHunter(): Promise<void> {
  await page.getByRole('button', { name: 'Workspace Acme: menu' }).click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  await page.getByRole('link', { name: 'Connections' }).click();
  await page.getByRole('heading', { name: 'Explore all integrations' }).waitFor();
  await page.getByRole('searchbox', { name: 'Search integrations' }).fill('huntr');
  await page
    .getByRole('main')
    .getByRole('link', { name: /Hunter\.io/ })
    .click();
  await page.getByRole('heading', { name: 'Hunter.io', level: 1 }).waitFor();
  await sees(page, /Dashboard [>›] API key/);
}

async function connect(): Promise<void> {
  await page.getByLabel('Name your connection').fill('Our main key');
  await page.getByLabel('API key', { exact: true }).fill('not-the-right-key-0001');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const refusal = page.getByRole('alert');
  await refusal.getByText('Hunter.io did not accept this key.').waitFor();
  await refusal.getByText('Nothing was saved.').waitFor();
  await refusal.getByText('No user found for the API key supplied').waitFor();

  await page.getByLabel('API key', { exact: true }).fill(`  ${KEY} `);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await sees(page, /Connected as good-journey@hunter\.sandbox\.example/);
  await sees(page, /[Ss]paces around/);
  const row = page.getByRole('row', { name: /Our main key/ });
  await row.getByText('Default').waitFor();
  await row.getByText('Connected', { exact: true }).waitFor();
}

async function importLeads(): Promise<void> {
  await page.getByRole('link', { name: 'Tables' }).click();
  await page.getByRole('button', { name: 'Import CSV' }).first().click();
  const popup = page.getByRole('dialog', { name: 'Import CSV' });
  await popup.locator('input[type=file]').setInputFiles(LEADS);
  await popup.getByLabel('Table name').fill('Leads');
  await eventually(() => popup.getByLabel('Type of Employees').inputValue()).toBe('number');
  await popup.getByRole('button', { name: 'Import', exact: true }).click();
  const finished = page.getByRole('dialog', { name: 'Import finished' });
  await finished.getByText('120 rows added, 2 not imported').waitFor();
  await finished.getByText('The row has 7 values for 6 columns.').waitFor();
  await finished.getByRole('button', { name: 'Open the table' }).click();
  await page.getByRole('grid', { name: 'Leads' }).waitFor();
  await eventually(() => cell(page, 0, 0).innerText()).toBe('Anna');
}

async function addFindEmail(): Promise<void> {
  await page.getByRole('button', { name: 'Add action' }).click();
  const panel = page.getByRole('complementary', { name: 'Add action' });
  await panel.getByRole('button', { name: /Hunter\.io/ }).click();
  await panel.getByRole('button', { name: /^Find email/ }).click();
  // What each input is comes from the names of the columns.
  await eventually(() => chosen(panel.getByLabel('First name').first())).toBe('First name');
  await eventually(() => chosen(panel.getByLabel('Company domain').first())).toBe('Domain');
  await panel.getByLabel('Score').selectOption({ label: 'New column “Score”' });
  await panel.getByRole('button', { name: 'Try on one row' }).click();
  const found = panel.getByText('anna.bergstrom@alderfreight.example').first();
  await found.waitFor();
  // Without having to look for it.
  await eventually(async () => (await found.boundingBox())?.y).toBeLessThan(780);
  await panel.getByRole('button', { name: 'Add column' }).click();
}

function chosen(select: ReturnType<Page['getByLabel']>): Promise<string> {
  return select.evaluate((element: { selectedOptions?: ArrayLike<{ text: string }> }) =>
    String(element.selectedOptions?.[0]?.text),
  );
}

async function run(): Promise<void> {
  const start = page.getByRole('complementary', { name: 'Run Find email' });
  await start.getByText('All rows that are not done').click();
  await expect
    .poll(() => start.locator('dl').innerText())
    .toMatch(/Calls\s+120\s[\s\S]*Credits, at most\s+120/);
  // Half of the rows, and then nothing until it has been looked at.
  const letGo = stage.sandbox.hold(60);
  await runAllRows(page);
  const panel = page.getByRole('complementary', { name: 'Find email', exact: true });
  await panel.getByRole('button', { name: 'Pause' }).waitFor();
  // How fast it goes is known for ten seconds after the last row: whoever looks later sees a dash.
  await panel
    .getByText(/^(\d.* rows\/s|–)$/)
    .first()
    .waitFor();
  // Cells fill while one watches.
  // Beside the panel the column may lie further right.
  await cell(page, 0, 0).click();
  await page.keyboard.press('End');
  const at = await columnOf('Find email');
  await eventually(() => cell(page, 0, at).innerText()).toBe('anna.bergstrom@alderfreight.example');
  expect(await panel.getByRole('button', { name: 'Pause' }).isVisible()).toBe(true);
  letGo();
  await panel.getByText('Finished').first().waitFor();
  await panel.getByText(/120 of 120 rows/).waitFor();

  const counts = stage.sandbox.log.counts({ key: KEY, path: '/v2/email-finder' });
  // Pending, or told to come again later: nothing was found out, and nothing counted against anybody.
  const isAnswer = ({ status }: { status: number }) => ![202, 403, 429].includes(status);
  const answered = counts.filter(isAnswer).reduce((sum, one) => sum + one.count, 0);
  expect(answered).toBe(121);
  expect(stage.sandbox.log.answeredTwice()).toHaveLength(1);
}

/** From 0, by the header. */
async function columnOf(name: string): Promise<number> {
  const header = page.getByRole('columnheader', { name: new RegExp(`^${name}`) });
  return Number(await header.getAttribute('aria-colindex')) - 2;
}

async function exportCsv(): Promise<void> {
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/Leads.*\.csv$/);
  const lines = readFileSync(await file.path(), 'utf8')
    .replace(/^\ufeff/, '')
    .trimEnd()
    .split(/\r?\n/);
  expect(lines).toHaveLength(121);
  expect(lines[0]?.split(',').sort()).toEqual(
    ['Company', 'Domain', 'Employees', 'Find email', 'First name', 'Last name', 'Role', 'Score'].sort(),
  );
  expect(lines[1]).toContain('anna.bergstrom@alderfreight.example');
  expect(lines.filter((line) => line.includes('@')).length).toBeGreaterThan(90);
}
