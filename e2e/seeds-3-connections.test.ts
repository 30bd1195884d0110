import { describe, expect, test } from 'vitest';
import { eventually, sees } from './browser.ts';
import { makeLeads } from './leads.ts';
import { shareStage } from './shared.ts';
import { callsTo, cardsIn, connect, openApp, rowOf, runToEnd, saveKey } from './steps.ts';

const here = shareStage();
const region = (name: string) => here.page.getByRole('region', { name });
const popup = () => here.page.getByRole('dialog');

describe('Connections', () => {
  test('Click on the workspace name and icon in the top right corner. Choose the "Settings" option from the dropdown menu. Select "Connections" from the left-hand menu under "Workspace".', async () => {
    const { page } = here;
    await page.goto('/');
    await page.getByRole('button', { name: /Acme/ }).click();
    await page.getByRole('menuitem', { name: 'Settings' }).click();
    const menu = page.getByRole('navigation', { name: 'Settings' });
    await menu.getByText('Workspace', { exact: true }).waitFor();
    await menu.getByRole('link', { name: 'Connections' }).click();
    await page.getByRole('heading', { name: 'Connections', level: 1 }).waitFor();
  });
});

describe('Explore all integrations', () => {
  test('The section lists all apps that your workspace supports out of the box.', async () => {
    await here.page.goto('/settings/connections');
    const known = (await here.signedIn.api.get('/v1/integrations?limit=200')).json.data;
    expect(known.length).toBeGreaterThanOrEqual(120);
    const cards = cardsIn(here.page);
    await cards.first().waitFor();
    await eventually(async () => {
      await cards.last().scrollIntoViewIfNeeded(); // more come before the end is reached
      return cards.count();
    }).toBe(known.length);
  });

  test('Use the search field to find a specific app by name, then click on it to open its detail page and add your key.', async () => {
    const { page } = here;
    await page.goto('/settings/connections');
    await page.getByRole('searchbox', { name: 'Search integrations' }).fill('heyraech');
    const cards = cardsIn(here.page);
    await eventually(() => cards.first().innerText()).toContain('HeyReach');
    await cards.first().click();
    await page.getByRole('heading', { name: 'HeyReach', level: 1 }).waitFor();
    await page.getByLabel('API key', { exact: true }).waitFor();
  });
});

describe('Add a connection to a pre-built integration', () => {
  test('Click the "Add connection" button in the top right corner. Enter a name for your connection in the "Name your connection" field. Enter your API key in the "API key" field. Click "Save". It will now appear in "Your connected apps".', async () => {
    const { page, signedIn } = here;
    await connect(signedIn.api, 'apollo', 'sandbox-apollo-good-first', { name: 'First' });
    await openApp(page, 'apollo');
    await page
      .getByRole('banner')
      .or(page.getByRole('main'))
      .getByRole('button', { name: 'Add connection' })
      .click();
    await saveKey(popup(), 'sandbox-apollo-good-main', 'Our main key');
    await rowOf(page, 'Our main key').getByText('Connected', { exact: true }).waitFor();
    await page.goto('/settings/connections');
    await region('Your connected apps')
      .getByRole('link', { name: /Apollo/ })
      .waitFor();
  });

  test('While an app has no connection yet, the button leads to the form that stands on its page.', async () => {
    const { page } = here;
    await openApp(page, 'betterenrich');
    await page.getByRole('button', { name: 'Add connection' }).click();
    await eventually(() =>
      page.getByLabel('Name your connection').evaluate('document.activeElement.id'),
    ).toBe('connect-name');
    await saveKey(page, 'sandbox-betterenrich-good', 'Only one');
    await rowOf(page, 'Only one').waitFor();
  });

  test('Names are unique per integration, and who gives one twice is told at the field.', async () => {
    const { page } = here;
    await openApp(page, 'apollo');
    await page.getByRole('button', { name: 'Add connection' }).click();
    await saveKey(popup(), 'sandbox-apollo-good-other', 'Our main key');
    await popup()
      .getByText(/already/)
      .waitFor();
    await popup().getByLabel('Name your connection').fill('Another name');
    await popup().getByRole('button', { name: 'Save', exact: true }).click();
    await rowOf(page, 'Another name').waitFor();
  });
});

describe('Your connected apps', () => {
  test('Each entry shows the app name and the total number of connections set up. Click on any app to manage its individual connections.', async () => {
    const { page } = here;
    await page.goto('/settings/connections');
    const entry = region('Your connected apps').getByRole('link', { name: /Apollo/ });
    await entry.getByText('3 connections').waitFor();
    await entry.click();
    await page.getByRole('heading', { name: 'Apollo', level: 1 }).waitFor();
    await eventually(() => page.getByRole('row').count()).toBe(4);
  });

  test('Click "See all" to view the complete list.', async () => {
    const { page, signedIn } = here;
    for (const slug of ['hubspot', 'slack', 'notion', 'airtable', 'smartlead', 'instantly'])
      await connect(signedIn.api, slug, `sandbox-${slug}-good`);
    await page.goto('/settings/connections');
    const apps = region('Your connected apps');
    await eventually(() => apps.getByRole('link').count()).toBe(7);
    await apps.getByRole('link', { name: 'See all' }).click();
    const all = page.getByRole('main').getByRole('link', { name: /connections?/ });
    await eventually(() => all.count()).toBe(8);
  });
});

describe('Edit a connection', () => {
  test('Find the connection in the list and click the "Edit" button on the right side of its row. In the popup, update the connection name. Click "Save" to apply your changes.', async () => {
    const { page } = here;
    await openApp(page, 'apollo');
    await rowOf(page, 'Another name').getByRole('button', { name: 'Edit' }).click();
    await popup().getByLabel('Name your connection').fill('Renamed');
    await popup().getByRole('button', { name: 'Save', exact: true }).click();
    await rowOf(page, 'Renamed').waitFor();
  });

  test('Click the edit icon next to the API key field to replace the key.', async () => {
    const { page, signedIn, stage } = here;
    await connect(signedIn.api, 'hunter', 'sandbox-hunter-good-before', { name: 'Research' });
    await openApp(page, 'hunter');
    await rowOf(page, 'Research').getByRole('button', { name: 'Edit' }).click();
    await popup().getByRole('button', { name: 'Replace the API key' }).click();
    await popup().getByLabel('API key', { exact: true }).fill('sandbox-hunter-good-after');
    await popup().getByRole('button', { name: 'Save', exact: true }).click();
    await popup().waitFor({ state: 'hidden' });
    await sees(page, /Now revoke the old API key/);
    await rowOf(page, 'Research').getByText('Connected', { exact: true }).waitFor();
    expect(callsTo(stage.sandbox, { key: 'sandbox-hunter-good-after' })).toBeGreaterThan(0);
    const [connection] = (await signedIn.api.get('/v1/connections?integration=hunter')).json.data;
    await signedIn.api.delete(`/v1/connections/${connection.id}`);
  });
});

describe('Set a default connection', () => {
  test('Click the "Set as default" button on the right side of its row. The connection will be marked with a "Default" badge.', async () => {
    const { page } = here;
    await openApp(page, 'apollo');
    await rowOf(page, 'First').getByText('Default', { exact: true }).waitFor();
    expect(await rowOf(page, 'Our main key').getByText('Default', { exact: true }).count()).toBe(0);
    await rowOf(page, 'Our main key').getByRole('button', { name: 'Set as default' }).click();
    await rowOf(page, 'Our main key').getByText('Default', { exact: true }).waitFor();
    await eventually(() => rowOf(page, 'First').getByText('Default', { exact: true }).count()).toBe(0);
  });

  test('The default connection will be used automatically when that integration is triggered in your workspace.', async () => {
    const { page, signedIn, stage } = here;
    const leads = await makeLeads(signedIn.api, { key: 'sandbox-hunter-good-old', rows: 2 });
    const column = `/v1/tables/${leads.tableId}/columns`;
    const [first] = (await signedIn.api.get(`/v1/tables/${leads.tableId}`)).json.columns.filter(
      (one: { type: string }) => one.type === 'action',
    );
    const action = { ...first.action, connection_id: null };
    const made = await signedIn.api.post(column, { name: 'By default', type: 'action', action });
    await connect(signedIn.api, 'hunter', 'sandbox-hunter-good-new', { name: 'The new one' });
    await openApp(page, 'hunter');
    await rowOf(page, 'The new one').getByRole('button', { name: 'Set as default' }).click();
    await rowOf(page, 'The new one').getByText('Default', { exact: true }).waitFor();
    await runToEnd(signedIn.api, { tableId: leads.tableId, columnId: made.json.id });
    const finder = { path: '/v2/email-finder' };
    expect(callsTo(stage.sandbox, { ...finder, key: 'sandbox-hunter-good-new' })).toBeGreaterThanOrEqual(2);
    expect(callsTo(stage.sandbox, { ...finder, key: 'sandbox-hunter-good-old' })).toBe(0);
  });
});

describe('Delete a connection', () => {
  test('Click the delete (trash) icon on the right side of its row. A "Delete custom key" confirmation popup will appear. Click "Delete" to permanently remove the connection, or "Cancel" to go back.', async () => {
    const { page, signedIn } = here;
    await openApp(page, 'apollo');
    const question = page.getByRole('dialog', { name: 'Delete custom key' });
    await rowOf(page, 'Renamed').getByRole('button', { name: 'Delete Renamed' }).click();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await rowOf(page, 'Renamed').waitFor();
    await rowOf(page, 'Renamed').getByRole('button', { name: 'Delete Renamed' }).click();
    await question.getByRole('button', { name: 'Delete', exact: true }).click();
    await eventually(() => rowOf(page, 'Renamed').count()).toBe(0);
    const names = (await signedIn.api.get('/v1/connections?integration=apollo')).json.data.map(
      (one: { name: string }) => one.name,
    );
    expect(names.sort()).toEqual(['First', 'Our main key']);
  });

  test('Deleting the default asks which connection becomes it.', async () => {
    const { page } = here;
    await openApp(page, 'apollo');
    await rowOf(page, 'Our main key').getByRole('button', { name: 'Delete Our main key' }).click();
    await popup().getByLabel('Which connection becomes the default?').selectOption({ label: 'First' });
    await popup().getByRole('button', { name: 'Delete', exact: true }).click();
    await rowOf(page, 'First').getByText('Default', { exact: true }).waitFor();
  });
});
