import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, launch, type Visit, visit } from './browser.ts';
import { cell, makeLeads } from './leads.ts';
import { type SignedIn, type Stage, startStage } from './stage.ts';

let stage: Stage;
let browser: Browser;
let signedIn: SignedIn;
let person: Visit;
let page: Page;
let tableId: string;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launch()]);
  signedIn = await stage.signIn();
  ({ tableId } = await makeLeads(signedIn.api, { key: 'sandbox-hunter-good-keys', rows: 300 }));
  // One of these journeys goes offline.
  person = await visit(browser, stage.url, { signedIn, expected: /ERR_INTERNET_DISCONNECTED/ });
  page = person.page;
  await page.goto(`/tables/${tableId}`);
  await cell(page, 0, 0).getByText('Lead0').waitFor();
});
afterAll(async () => {
  await person?.end();
  await browser?.close();
  await stage?.close();
});

async function press(...keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

const active = () => page.getByRole('grid').getAttribute('aria-activedescendant');
const shows = (row: number, column: number) => eventually(() => cell(page, row, column).innerText());

/** What the server has, so that it is not only the page that shows it. */
async function stored(row: number, name: string): Promise<unknown> {
  const table = (await signedIn.api.get(`/v1/tables/${tableId}`)).json;
  const id = table.columns.find((column: { name: string }) => column.name === name).id;
  const rows = (await signedIn.api.get(`/v1/tables/${tableId}/rows?limit=1&offset=${row}`)).json.data;
  return rows[0].values[id] ?? null;
}

test('the grid is reached and left by keyboard', async () => {
  await page.getByRole('grid').focus();
  await press('ArrowDown');
  await eventually(active).toBe('cell-0-0');
  await press('Escape', 'Tab');
  expect(await page.locator('[role=grid]:focus').count()).toBe(0);
});

test('arrows, Home, End and Page Down move as in a spreadsheet', async () => {
  await page.getByRole('grid').focus();
  await press('Control+Home', 'ArrowDown', 'ArrowRight');
  await eventually(active).toBe('cell-1-1');
  await press('End');
  await eventually(active).toBe('cell-1-4');
  await press('Control+End');
  await eventually(active).toBe('cell-299-4');
  await cell(page, 299, 0).getByText('Lead299').waitFor();
  await press('Control+Home');
  await eventually(active).toBe('cell-0-0');
  await press('PageDown');
  await eventually(async () => Number((await active())?.split('-')[1])).toBeGreaterThan(5);
});

test('Enter edits, Enter saves and goes down, Escape keeps what was there', async () => {
  await press('Control+Home', 'Enter');
  await press('Control+a');
  await page.keyboard.type('Zoë');
  await press('Enter');
  await shows(0, 0).toBe('Zoë');
  await eventually(active).toBe('cell-1-0');
  await eventually(() => stored(0, 'First name')).toBe('Zoë');

  await page.keyboard.type('thrown away');
  await press('Escape');
  await shows(1, 0).toBe('Lead1');
  await press('Control+z');
  await eventually(() => stored(0, 'First name')).toBe('Lead0');
});

test('a value that does not fit its column is not taken, and the reason is read aloud', async () => {
  await press('Control+Home', 'ArrowRight', 'ArrowRight', 'ArrowRight');
  await page.keyboard.type('seven');
  await press('Enter');
  await page.getByRole('alert').getByText('This column takes numbers').waitFor();
  await press('Escape');
  await page.keyboard.type('7');
  await press('Tab');
  await eventually(() => stored(0, 'Number')).toBe(7);
  await eventually(active).toBe('cell-0-4');
});

test('a range is copied, pasted and cleared', async () => {
  await press('Control+Home', 'Shift+ArrowDown', 'Shift+ArrowRight', 'Control+c');
  await press('ArrowDown', 'ArrowDown', 'ArrowDown', 'Control+v');
  await eventually(() => stored(4, 'First name')).toBe('Lead1');
  expect(await stored(3, 'Last name')).toBe('Person');
  await press('Delete');
  await eventually(() => stored(4, 'First name')).toBeNull();
  await eventually(() => stored(4, 'Domain')).toBe('company-4.example');
});

/** Whether the browser would close the page without asking. */
const mayClose = () => page.evaluate("dispatchEvent(new Event('beforeunload', { cancelable: true }))");

test('what is typed in a hurry is stored in its order, and undone also before it is saved', async () => {
  const held = Promise.withResolvers<void>();
  let sent = 0;
  await page.route('**/rows', async (route) => {
    if (route.request().method() === 'PATCH' && ++sent === 1) await held.promise;
    await route.continue();
  });
  await press('Control+Home');
  for (const value of ['One', 'Two', 'Three']) {
    await page.keyboard.type(value);
    await press('Enter', 'ArrowUp');
  }
  await press('Control+z');
  await shows(0, 0).toBe('Two');
  expect(await mayClose()).toBe(false);
  held.resolve();
  // Three changes, and the last of them taken back.
  await eventually(() => sent).toBe(4);
  await eventually(() => stored(0, 'First name')).toBe('Two');
  await shows(0, 0).toBe('Two');
  await eventually(mayClose).toBe(true);
  await page.unroute('**/rows');
});

test('what is typed offline is stored when the computer is back', async () => {
  await press('Control+Home');
  await person.context.setOffline(true);
  await page.getByText('You are offline.').waitFor();
  await page.keyboard.type('Typed offline');
  const failed = page.waitForEvent('requestfailed', (request) => request.method() === 'PATCH');
  await press('Enter');
  await failed;
  expect(await mayClose()).toBe(false);
  await person.context.setOffline(false);
  await eventually(() => stored(0, 'First name')).toBe('Typed offline');
  await shows(0, 0).toBe('Typed offline');
  expect(await page.getByText('Not saved').count()).toBe(0);
});

test('a run is reckoned with what was typed, not with what is not saved yet', async () => {
  const held = Promise.withResolvers<void>();
  const order: string[] = [];
  await page.route('**/rows', async (route) => {
    const isSave = route.request().method() === 'PATCH';
    if (isSave) await held.promise;
    await route.continue();
    if (isSave) order.push('saved');
  });
  page.on('request', (request) => request.url().endsWith('/estimate') && order.push('reckoned'));
  await press('Control+Home');
  await page.keyboard.type('Typed last');
  await press('Enter');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const panel = page.getByRole('complementary', { name: 'Run Find email' });
  await panel.getByText('What it will do').waitFor();
  expect(order).toEqual([]);
  held.resolve();
  await panel.getByRole('button', { name: 'Run 10 rows' }).waitFor();
  expect(order.slice(0, 2)).toEqual(['saved', 'reckoned']);
  await panel.getByRole('button', { name: 'Close Run Find email' }).click();
  await page.unroute('**/rows');
});

test('an action is found by what it does, Enter takes it, and the focus stays in its panel', async () => {
  await page.getByRole('button', { name: 'Add action' }).focus();
  await press('Enter');
  const panel = page.getByRole('complementary', { name: 'Add action' });
  const search = panel.getByRole('searchbox', { name: 'Search tools and actions' });
  const focused = () => page.locator('aside:focus, aside :focus').count();
  await search.fill('findymail');
  await panel.getByRole('status').getByText('1 tool', { exact: true }).waitFor({ state: 'attached' });
  await press('Enter');
  await panel.getByRole('button', { name: 'Other tools' }).waitFor();
  await eventually(focused).toBe(1);
  await panel.getByRole('button', { name: 'Other tools' }).press('Enter');
  expect(await search.inputValue()).toBe('findymail');
  await search.fill('find email');
  await panel
    .getByRole('status')
    .getByText(/\d tools, \d+ actions/)
    .waitFor({ state: 'attached' });
  await press('Enter');
  await panel.getByText('Hunter.io · Find email').waitFor();
  await eventually(focused).toBe(1);
  await press('Escape');
  await panel.waitFor({ state: 'detached' });
});
