import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventually, launch, sees, type Visit, visit } from './browser.ts';
import { makeLeads, runAllRows } from './leads.ts';
import { type SignedIn, type Stage, startStage } from './stage.ts';

let stage: Stage;
let browser: Browser;
let signedIn: SignedIn;
let person: Visit;
let page: Page;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage({ latencyMs: 60 }), launch()]);
  signedIn = await stage.signIn();
});
beforeEach(async () => {
  person = await visit(browser, stage.url, {
    signedIn,
    // One of these journeys takes the server away.
    expected:
      /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|^503 from/,
  });
  page = person.page;
});
afterEach(() => person.end());
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

// Not the one before it, "Run Find email": until the run is there, a page that is left takes it along.
const panel = () => page.getByRole('complementary', { name: 'Find email', exact: true });

/** A table of so many leads, its column running; after so many calls the provider answers only when it is let go. */
async function startRun(key: string, rows: number, holdAfter?: number) {
  const made = await makeLeads(signedIn.api, { key, rows });
  const letGo = holdAfter === undefined ? () => {} : stage.sandbox.hold(holdAfter);
  await page.goto(`/tables/${made.tableId}`);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await runAllRows(page);
  await panel().waitFor();
  return { ...made, letGo };
}

/** How many rows are through, as the panel says it: "15 of 120 rows". */
async function finished(): Promise<number> {
  const text = await panel()
    .getByText(/^[\d,]+ of [\d,]+ rows$/)
    .innerText();
  return Number(text.split(' ')[0]?.replaceAll(',', ''));
}

async function states(tableId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const { data } = (await signedIn.api.get(`/v1/tables/${tableId}/rows?limit=200`)).json;
  for (const row of data)
    for (const { state } of Object.values(row.cells) as { state: string }[])
      counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

test('no run begins under a number of rows that is not its own', async () => {
  const { tableId } = await makeLeads(signedIn.api, { key: 'sandbox-hunter-good-number', rows: 20 });
  await page.goto(`/tables/${tableId}`);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  const start = page.getByRole('complementary', { name: 'Run Find email' });
  const ten = start.getByRole('button', { name: 'Run 10 rows' });
  await eventually(() => ten.isEnabled()).toBe(true);
  const reckoned = Promise.withResolvers<void>();
  await page.route('**/estimate', async (route) => {
    await reckoned.promise;
    await route.continue();
  });
  await start.getByText('All rows that are not done').click();
  expect(await ten.isDisabled()).toBe(true);
  reckoned.resolve();
  await eventually(() => start.getByRole('button', { name: 'Run 20 rows' }).isEnabled()).toBe(true);
});

test('what a run found is shown also where its events cannot be listened to', async () => {
  await page.route('**/events', (route) => route.fulfill({ status: 404 }));
  const { tableId, letGo } = await startRun('sandbox-hunter-good-unheard', 3, 0);
  // By then the rows have been loaded for the last time that the start of a run is a reason for.
  await eventually(async () => (await states(tableId)).running ?? 0).toBe(3);
  await eventually(person.isQuiet).toBe(true);
  letGo();
  await page
    .getByRole('grid')
    .getByText(/@company-\d\.example/)
    .first()
    .waitFor();
});

test('a paused run stays where it is until somebody resumes it', async () => {
  const { tableId, letGo } = await startRun('sandbox-hunter-good-pause', 80, 10);
  await eventually(finished).toBeGreaterThan(3);
  await panel().getByRole('button', { name: 'Pause' }).click();
  await panel().getByText('Paused').first().waitFor();
  letGo();
  // What is in flight ends; then nothing moves.
  await eventually(async () => (await states(tableId)).running ?? 0).toBe(0);
  const before = await states(tableId);
  expect(before.queued).toBeGreaterThan(0);
  await page.reload();
  await sees(page, 'Paused');
  expect(await states(tableId)).toEqual(before);

  await panel().getByRole('button', { name: 'Resume' }).click();
  await panel().getByText('Finished').first().waitFor();
  expect(stage.sandbox.log.answeredTwice().filter((one) => one.key === 'sandbox-hunter-good-pause')).toEqual(
    [],
  );
});

test('the panel of a run is there again after a reload', async () => {
  const { letGo } = await startRun('sandbox-hunter-good-reload', 40, 10);
  await page.reload();
  await panel().waitFor();
  await panel().getByRole('button', { name: 'Pause' }).waitFor();
  await panel().getByRole('button', { name: 'Cancel' }).click();
  await panel().getByText('Cancelled').first().waitFor();
  letGo();
});

test('a cancelled run stops at once, and what it found stays', async () => {
  const { tableId, letGo } = await startRun('sandbox-hunter-good-cancel', 60, 10);
  await eventually(finished).toBeGreaterThan(3);
  await panel().getByRole('button', { name: 'Cancel' }).click();
  await panel().getByText('Cancelled').first().waitFor();
  letGo();
  await eventually(async () => (await states(tableId)).running ?? 0).toBe(0);
  const after = await states(tableId);
  expect(after.queued ?? 0).toBe(0);
  expect(after.done).toBeGreaterThan(0);
});

test('after kill -9 in the middle of a run the page recovers, the run ends by itself, and nothing is done twice', async () => {
  const key = 'sandbox-hunter-good-kill';
  const { tableId } = await startRun(key, 150);
  await eventually(finished).toBeGreaterThan(10);
  await stage.server.kill();
  await stage.restart();

  await panel().getByText('Finished').first().waitFor();
  const { done = 0, no_result: none = 0, ...others } = await states(tableId);
  expect(others).toEqual({});
  expect(done + none).toBe(150);
  // Only what was in flight when it was killed may have been asked for again: it is repeatable, and was not stored.
  const twice = stage.sandbox.log.answeredTwice().filter((one) => one.key === key);
  expect(twice.length).toBeLessThanOrEqual(30);
});

test('a run without credits waits, says so, and goes on by itself after a top-up', async () => {
  const key = 'sandbox-hunter-credits-5';
  // What happens before its events are listened to is told by nobody.
  const listened = Promise.withResolvers<void>();
  await page.route('**/events', async (route) => {
    await listened.promise;
    // The page that asked may be left by now.
    await route.continue().catch(() => {});
  });
  const { tableId, connectionId, letGo } = await startRun(key, 25, 0);
  await eventually(async () => (await states(tableId)).running ?? 0).toBeGreaterThan(0);
  await page.reload();
  await page.getByRole('grid').getByText('Running').first().waitFor();
  letGo();
  await eventually(async () => (await states(tableId)).out_of_credits ?? 0).toBeGreaterThan(0);
  await sees(page, 'Out of credits at Hunter.io.');
  listened.resolve();
  await page
    .getByRole('grid')
    .getByText(/credits/)
    .first()
    .waitFor();
  await panel().getByText('Waiting').first().waitFor();
  stage.sandbox.topUp(key, 1000);
  await signedIn.api.post(`/v1/connections/${connectionId}/verify`);
  await panel().getByText('Finished').first().waitFor();
});
