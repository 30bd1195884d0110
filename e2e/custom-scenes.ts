import type { Page } from 'playwright-core';
import type { Scene } from './scenes.ts';

const key = 'sandbox-hunter-good-custom';
const slug = 'custom-acme-mail';

/** An app that is not in the catalog, from the search that does not find it to its deletion. */
export const customScenes: Scene[] = [
  {
    name: '70-custom-not-found',
    path: '/settings/connections',
    act: async (page) => {
      await page.getByRole('searchbox', { name: 'Search integrations' }).fill('Acme Billing');
      await page.getByText('No integration is called').waitFor();
    },
  },
  {
    name: '71-custom-new',
    path: '/settings/connections/new-custom?name=Acme%20Mail',
    act: (page) => form(page),
  },
  {
    name: '72-custom-sign-in',
    path: '/settings/connections/new-custom?name=Acme%20Mail',
    act: async (page) => {
      await form(page);
      await authentication(page).selectOption('oauth2');
      await authentication(page).scrollIntoViewIfNeeded();
    },
  },
  {
    name: '73-custom-tested',
    path: '/settings/connections/new-custom?name=Acme%20Mail',
    act: async (page) => {
      await describeMail(page);
      await tryWith(page, key);
      await page.getByText('Connected as').first().waitFor();
    },
  },
  {
    name: '74-custom-rejected',
    path: '/settings/connections/new-custom?name=Acme%20Mail',
    act: async (page) => {
      await describeMail(page);
      await tryWith(page, 'not-the-right-key');
      await page.getByText('did not accept').first().waitFor();
      await page.getByText('did not accept').first().scrollIntoViewIfNeeded();
    },
  },
  {
    name: '75-custom-refused',
    path: '/settings/connections/new-custom?name=Acme%20Mail',
    act: async (page) => {
      await form(page);
      await page.getByLabel('Base URL').fill('http://10.0.0.5/');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('does not call that address').first().waitFor();
    },
  },
  {
    name: '76-custom-action',
    path: '/settings/connections/new-custom?name=Acme%20Mail',
    act: async (page) => {
      await describeMail(page);
      await page.getByRole('button', { name: 'Add action' }).click();
      await page.getByLabel('Name of the action').fill('Find e-mail');
      await page.getByRole('button', { name: 'Add input' }).click();
      await page.getByLabel('Input 1', { exact: true }).fill('Full name');
      await page.getByLabel('Name of the action').scrollIntoViewIfNeeded();
    },
  },
  {
    name: '77-custom-app',
    path: '/settings/connections',
    act: async (page) => {
      await saved(page);
      await page.goto(`/settings/connections/${slug}`);
      await page.getByText('Edit app').waitFor();
    },
  },
  {
    name: '78-custom-change-asked',
    path: '/settings/connections',
    act: async (page) => {
      await saved(page);
      await page.goto(`/settings/connections/${slug}/edit`);
      await page.getByLabel('Base URL').fill('https://api.hunter.io/v3');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Destroy the stored credentials?').waitFor();
    },
  },
];

const form = (page: Page) => page.getByLabel('Base URL').waitFor();
const authentication = (page: Page) =>
  page.getByRole('region', { name: 'Authentication' }).getByLabel('Authentication');

async function describeMail(page: Page): Promise<void> {
  await form(page);
  await page.getByLabel('Base URL').fill('https://api.hunter.io/v2');
  await authentication(page).selectOption('header');
  await page.getByLabel('Header', { exact: true }).fill('X-API-KEY');
  await page.getByRole('region', { name: 'Check' }).getByLabel('Path', { exact: true }).fill('/account');
  await page.getByLabel('Account name in the answer').fill('data.email');
}

async function tryWith(page: Page, entered: string): Promise<void> {
  const panel = page.getByRole('complementary', { name: 'Test' });
  await panel.getByLabel('API key', { exact: true }).fill(entered);
  await panel.getByRole('button', { name: 'Test' }).click();
}

/** One that is saved and connected, whoever took the picture before. */
async function saved(page: Page): Promise<void> {
  await page.getByText('Explore all integrations').waitFor();
  const workspace = await page.evaluate("localStorage.getItem('keyrail-workspace')");
  const headers = { 'keyrail-workspace': String(workspace) };
  const made = await page.request.post('/v1/custom-integrations', {
    headers,
    data: {
      name: 'Acme Mail',
      description: 'Finds and checks addresses of our customers.',
      base_url: 'https://api.hunter.io/v2',
      auth: { type: 'header', headers: [{ name: 'X-API-KEY' }] },
      check: { path: '/account', account_path: 'data.email' },
    },
  });
  if (!made.ok()) return;
  await page.request.post('/v1/connections', {
    headers,
    data: { integration: slug, credentials: { api_key: key } },
  });
}
