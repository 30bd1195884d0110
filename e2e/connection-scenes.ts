import type { Page } from 'playwright-core';
import { SANDBOX_CLIENT } from '../sandbox/oauth/flow.ts';
import { serviceAccountKey } from '../sandbox/oauth/service-account.ts';
import { asRole } from './as-role.ts';
import type { Scene } from './scenes.ts';

const settings = (slug: string) => `/settings/connections/${slug}`;

/** Ways to connect, while nothing is connected. */
export const firstConnectionScenes: Scene[] = [
  {
    name: '18-app-methods',
    path: settings('hubspot'),
    act: (page) => page.getByText('How to connect').waitFor(),
  },
  { name: '18-app-setup-missing', path: settings('hubspot'), act: (page) => chooseSignIn(page) },
  {
    name: '18-app-file',
    path: settings('google-sheets'),
    act: (page) => chooseFile(page, 'key.json', JSON.stringify(serviceAccountKey())),
  },
  {
    name: '18-app-file-wrong',
    path: settings('google-sheets'),
    act: (page) =>
      chooseFile(page, 'client_secret.json', JSON.stringify({ web: { client_id: 'x', client_secret: 'y' } })),
  },
  {
    name: '18-app-basic',
    path: settings('lemlist'),
    act: (page) => page.getByLabel('Name your connection').waitFor(),
  },
  {
    name: '18-app-client-credentials',
    path: settings('paypal'),
    act: (page) => page.getByLabel('Name your connection').waitFor(),
  },
  {
    name: '18-app-read-only',
    path: settings('hubspot'),
    act: async (page) => {
      await asRole(page, 'viewer');
      await page.getByText('What HubSpot can do here').waitFor();
    },
  },
  {
    name: '19-setups-first',
    path: '/settings/sign-in-setups',
    act: (page) => page.getByText('No sign-in setup yet').waitFor(),
  },
];

/** In a workspace that is in use. */
export const connectionScenes: Scene[] = [
  {
    name: '39a-sign-in-waiting',
    path: settings('airtable'),
    act: async (page) => {
      await openAdd(page);
      await begin(page);
      await page.getByText('This page notices').waitFor();
    },
  },
  {
    name: '39b-sign-in-cancelled',
    path: settings('airtable'),
    act: async (page) => {
      await openAdd(page);
      const opened = page.waitForEvent('popup');
      await begin(page);
      await (await opened).close();
      await page.getByText('Sign-in cancelled').waitFor();
    },
  },
  {
    name: '39c-sign-in-blocked',
    path: settings('airtable'),
    act: async (page) => {
      await openAdd(page);
      await page.evaluate('window.open = () => null');
      await begin(page);
      await page.getByText('Your browser blocked').waitFor();
    },
  },
  {
    name: '39d-sign-in-denied',
    path: settings('airtable'),
    act: async (page) => {
      await openAdd(page);
      const opened = page.waitForEvent('popup');
      await begin(page);
      await (await opened).getByRole('button', { name: 'Deny' }).click();
      await page.getByRole('dialog').getByRole('alert').waitFor();
    },
  },
  {
    name: '39e-reconnect-prompt',
    path: settings('airtable'),
    act: (page) => page.getByRole('button', { name: 'Reconnect' }).first().waitFor(),
  },
  {
    name: '39f-reconnect',
    path: settings('airtable'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Reconnect' }).first().click();
      await page.getByRole('dialog').getByRole('button', { name: 'Connect with OAuth' }).waitFor();
    },
  },
  {
    name: '39g-replace-key',
    path: settings('hunter'),
    act: async (page) => {
      await row(page, /Our main key/)
        .getByRole('button', { name: 'Edit' })
        .click();
      await page.getByRole('button', { name: 'Replace the API key' }).click();
      await page.getByText('Leave the old one as it is').waitFor();
    },
  },
  {
    name: '39h-key-replaced',
    path: settings('heyreach'),
    act: async (page) => {
      await row(page, /Outreach/)
        .getByRole('button', { name: 'Edit' })
        .click();
      await page.getByRole('button', { name: 'Replace the API key' }).click();
      await page
        .getByRole('dialog')
        .getByLabel('API key', { exact: true })
        .fill(`sandbox-heyreach-good-${Math.random().toString(36).slice(2)}`);
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText(/Now revoke the old/).waitFor();
    },
  },
  {
    name: '39i-previous-key',
    path: settings('heyreach'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Outreach', exact: true }).click();
      await page.getByText('Destroy the old key now').waitFor();
    },
  },
  {
    name: '39j-edited-meanwhile',
    path: settings('hunter'),
    act: async (page) => {
      await row(page, /Our main key/)
        .getByRole('button', { name: 'Edit' })
        .click();
      await page.route('**/v1/connections/con_*', (route) =>
        route.request().method() === 'PATCH'
          ? route.continue({ headers: { ...route.request().headers(), 'if-match': '"999"' } })
          : route.continue(),
      );
      await page.getByLabel('Name your connection').fill('My own name for it');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Somebody else changed').waitFor();
    },
  },
  {
    name: '39k-delete-default',
    path: settings('airtable'),
    act: async (page) => {
      await page
        .getByRole('button', { name: /^Delete Olive/ })
        .first()
        .click();
      await page.getByText('Which connection becomes the default?').waitFor();
    },
  },
  {
    name: '39l-service-account',
    path: settings('google-sheets'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Reporting robot' }).first().click();
      await page.getByText('Timeline').waitFor();
    },
  },
  {
    name: '45-setups',
    path: '/settings/sign-in-setups',
    act: (page) => page.getByText(SANDBOX_CLIENT.id).first().waitFor(),
  },
  {
    name: '45-setup-edit',
    path: '/settings/sign-in-setups',
    act: async (page) => {
      await page.getByRole('button', { name: 'Edit the sign-in setup of HubSpot' }).click();
      await page.getByLabel('Client ID').waitFor();
    },
  },
  {
    name: '45-setups-forbidden',
    path: '/settings/sign-in-setups',
    act: async (page) => {
      await asRole(page, 'editor');
      await page.getByText('for owners and admins').waitFor();
    },
  },
];

const row = (page: Page, name: RegExp) => page.getByRole('row', { name });

async function chooseSignIn(page: Page): Promise<void> {
  await page.getByRole('radio', { name: /Sign in with/ }).click();
  await page.getByRole('heading', { name: 'One-time sign-in setup' }).waitFor();
}

async function openAdd(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Add connection' }).click();
  await page
    .getByRole('dialog')
    .getByRole('radio', { name: /Sign in with/ })
    .click();
}

const begin = (page: Page) => page.getByRole('dialog').getByRole('button', { name: 'Authorize' }).click();

async function chooseFile(page: Page, name: string, text: string): Promise<void> {
  await page.getByText('How to connect').waitFor();
  await page.getByRole('radio', { name: /Service account/ }).click();
  await page
    .locator('input[type=file]')
    .setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) });
  const said = page.getByText(/Google service account key|OAuth client/).first();
  await said.waitFor();
  await said.scrollIntoViewIfNeeded();
}
