import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launch, sees, type Visit, visit } from './browser.ts';
import { type SignedIn, type Stage, startStage } from './stage.ts';

let stage: Stage;
let browser: Browser;
let signedIn: SignedIn;
let person: Visit;
let page: Page;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launch()]);
  signedIn = await stage.signIn();
});
beforeEach(async () => {
  person = await visit(browser, stage.url, { signedIn });
  page = person.page;
});
afterEach(() => person.end());
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

async function openApp(slug: string): Promise<void> {
  await page.goto(`/settings/connections/${slug}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

async function enterKey(key: string, name = ''): Promise<void> {
  await page.getByLabel('Name your connection').fill(name);
  await page.getByLabel('API key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
}

const rowOf = (name: string) => page.getByRole('row', { name: new RegExp(name) });

test('a key with spaces and quotes around it is cleaned, and that is said', async () => {
  await openApp('apollo');
  await enterKey('  "sandbox-apollo-good"  ', 'Apollo key');
  await sees(page, /^(Spaces|Quotes).*removed/);
  await rowOf('Apollo key').getByText('Connected', { exact: true }).waitFor();
  await page.goto('/settings/connections');
  const apps = page.getByRole('region', { name: 'Your connected apps' }).or(page.getByRole('main'));
  await apps
    .getByRole('link', { name: /Apollo.*1 connection/ })
    .first()
    .waitFor();
});

test('the form gives way to its connection at once, not when the list has been asked for again', async () => {
  await openApp('smartlead');
  await page.getByRole('button', { name: 'Save', exact: true }).waitFor();
  // From here on no list of connections comes.
  await page.route(/\/v1\/connections\?/, () => {});
  await enterKey('sandbox-smartlead-good', 'The first');
  await rowOf('The first').getByText('Connected', { exact: true }).waitFor();
  expect(await page.getByLabel('Name your connection').count()).toBe(0);
});

test('a provider that is down is called so, and the key can be saved anyway and checked later', async () => {
  await openApp('instantly');
  await enterKey('sandbox-instantly-down', 'For later');
  await sees(page, /Instantly has a problem at the moment/);
  expect((await signedIn.api.get('/v1/connections?integration=instantly')).json.data).toEqual([]);

  await page.getByRole('button', { name: 'Save anyway, check later' }).click();
  await rowOf('For later').getByText('Not checked').waitFor();
});

test('a key without credits is saved, and its state is said in words', async () => {
  await openApp('betterenrich');
  await enterKey('sandbox-betterenrich-no-credits', 'Empty');
  await rowOf('Empty').getByText('Out of credits').waitFor();
});
