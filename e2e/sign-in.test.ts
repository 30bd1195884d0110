import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, launch, sees, visit } from './browser.ts';
import { OWNER, type SignedIn, type Stage, startStage } from './stage.ts';

let stage: Stage;
let browser: Browser;
let signedIn: SignedIn;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launch()]);
  signedIn = await stage.signIn();
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

test('the one-time link works once, and says so afterwards', async () => {
  const { page, end } = await visit(browser, stage.url);
  await page.goto(stage.server.setupLink ?? '');
  await sees(page, 'This link no longer works');
  await page.getByRole('link', { name: 'Go to sign in' }).click();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  await end();
});

test('a page asked for without a session is shown after signing in', async () => {
  const { page, end } = await visit(browser, stage.url);
  await page.goto('/settings/connections/hunter');
  await page.getByLabel('Email').fill(OWNER.email);
  // Nobody was signed in, so nothing has ended.
  expect(await page.getByText('Your session has ended.').count()).toBe(0);
  await page.getByLabel('Password', { exact: true }).fill('not-the-password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').waitFor();
  expect(new URL(page.url()).pathname).toBe('/sign-in');

  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Hunter.io', level: 1 }).waitFor();
  await end();
});

test('a session that ends elsewhere is said, and one is back in place after signing in', async () => {
  const { page, context, isQuiet, end } = await visit(browser, stage.url);
  await signIn(page);
  await page.getByRole('link', { name: 'Tables' }).click();
  await page.getByRole('heading', { name: 'Tables', level: 1 }).waitFor();
  // What is still being asked for would be told of the end, too, before anybody takes a step.
  await eventually(isQuiet).toBe(true);
  await context.request.delete('/v1/session');
  await page.getByRole('link', { name: 'Settings' }).click();
  await sees(page, 'Your session has ended.');
  await signIn(page);
  await page.getByRole('heading', { name: 'Connections', level: 1 }).waitFor();
  await end();
});

test('after signing out nothing is left in any tab, nor behind the back button', async () => {
  const { page, context, end } = await visit(browser, stage.url, { signedIn });
  const other = await context.newPage();
  await other.goto('/tables');
  await other.getByRole('heading', { name: 'Tables', level: 1 }).waitFor();
  await page.goto('/tables');
  await page.goto('/settings/connections');
  await page.getByRole('button', { name: 'Workspace Acme: menu' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await sees(page, 'You are signed out.');
  await other.getByRole('button', { name: 'Sign in' }).waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Sign in' }).waitFor();
  expect((await signedIn.api.get('/v1/session')).status).toBe(401);
  await end();
});

async function signIn(page: Page): Promise<void> {
  if (page.url() === 'about:blank') await page.goto('/');
  await page.getByLabel('Email').fill(OWNER.email);
  await page.getByLabel('Password', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
