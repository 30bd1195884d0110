import { describe, expect, test } from 'vitest';
import { eventually, sees } from './browser.ts';
import { makeLeads } from './leads.ts';
import { shareStage } from './shared.ts';
import { callsTo, cardsIn, connect, openApp, rowOf, runToEnd, saveKey } from './steps.ts';

const here = shareStage();

describe('What connecting an integration does', () => {
  test('Connecting saves your API key, so that the tool can be called on your behalf.', async () => {
    const { page, signedIn, stage } = here;
    const key = 'sandbox-apollo-good-behalf';
    const { id } = await connect(signedIn.api, 'apollo', key, { name: 'On our behalf' });
    const before = callsTo(stage.sandbox, { key });
    await openApp(page, 'apollo');
    await page.getByRole('button', { name: 'On our behalf', exact: true }).click();
    await page.getByRole('button', { name: /^Check now/ }).click();
    await eventually(() => callsTo(stage.sandbox, { key })).toBeGreaterThan(before);
    // The browser is never given it back.
    expect((await signedIn.api.get(`/v1/connections/${id}`)).text).not.toContain(key);
  });

  test('You connect an integration once. Every action column that uses that integration automatically uses the saved credentials.', async () => {
    const { page, signedIn, stage } = here;
    const key = 'sandbox-hunter-good-once';
    const { tableId } = await makeLeads(signedIn.api, { key, rows: 3 });
    const columnsOf = async () => (await signedIn.api.get(`/v1/tables/${tableId}`)).json.columns;
    const [first] = (await columnsOf()).filter((column: { type: string }) => column.type === 'action');
    const second = {
      name: 'Find it again',
      type: 'action',
      action: { ...first.action, connection_id: null },
    };
    await signedIn.api.post(`/v1/tables/${tableId}/columns`, second);
    const columns = (await columnsOf()).filter((column: { type: string }) => column.type === 'action');
    expect(columns).toHaveLength(2);
    for (const { id } of columns)
      expect((await runToEnd(signedIn.api, { tableId, columnId: id })).state).toBe('done');
    await page.goto(`/tables/${tableId}`);
    await sees(page, /@company-0\.example/);
    expect(callsTo(stage.sandbox, { key, path: '/v2/email-finder' })).toBeGreaterThanOrEqual(6);
  });
});

describe('How to connect an integration', () => {
  test('Go to Settings in the left sidebar. Click Integrations. Find the integration: use the search bar to filter by name. Click the integration name. Enter your API key. Click Save.', async () => {
    const { page } = here;
    await page.goto('/');
    const sidebar = page.getByRole('navigation', { name: 'Main' });
    await sidebar.getByRole('link', { name: 'Settings' }).click();
    await page.getByRole('navigation', { name: 'Settings' }).getByText('Integrations').click();

    const cards = cardsIn(page);
    await eventually(() => cards.count()).toBeGreaterThan(5);
    await page.getByRole('searchbox', { name: 'Search integrations' }).fill('smart');
    await eventually(() => cards.allInnerTexts()).toEqual([expect.stringContaining('Smartlead')]);
    await cards.first().click();

    await page.getByRole('heading', { name: 'Smartlead', level: 1 }).waitFor();
    await saveKey(page, 'sandbox-smartlead-good-first', 'Campaigns');
    await rowOf(page, 'Campaigns').getByText('Connected', { exact: true }).waitFor();
  });

  test('The credentials are validated before saving. If the credentials are invalid, an error appears and nothing is saved.', async () => {
    const { page, signedIn, stage } = here;
    await openApp(page, 'instantly');
    await saveKey(page, 'not-a-key-of-instantly-0001', 'Wrong');
    const refusal = page.getByRole('alert');
    await refusal.getByText('Instantly did not accept this key.').waitFor();
    await refusal.getByText('Nothing was saved.').waitFor();
    expect((await signedIn.api.get('/v1/connections?integration=instantly')).json.data).toEqual([]);
    expect(callsTo(stage.sandbox, { key: 'not-a-key-of-instantly-0001' })).toBeGreaterThan(0);
  });
});

describe('Find your API key for a specific integration', () => {
  test.each([
    ['Apollo', 'Settings > API keys', 'apollo'],
    ['Hunter.io', 'Dashboard > API key', 'hunter'],
    ['BetterEnrich', 'Dashboard > Your API key', 'betterenrich'],
    ['Instantly', 'Settings > API', 'instantly'],
    ['Smartlead', 'Settings > API', 'smartlead'],
    ['HeyReach', 'Settings > Integrations', 'heyreach'],
  ])('%s: %s', async (name, location, slug) => {
    const { page } = here;
    await openApp(page, slug);
    await page.getByRole('button', { name: 'Add connection' }).click();
    await page.getByLabel('API key', { exact: true }).first().waitFor();
    await sees(page, `In ${name}:`);
    await sees(page, location);
  });

  test("For integrations not listed here, the tool's own documentation is one click away.", async () => {
    const { page } = here;
    await openApp(page, 'airtable');
    const link = page.getByRole('link', { name: /Airtable's API documentation/ });
    expect(await link.getAttribute('href')).toMatch(/^https:\/\/airtable\.com\//);
  });
});
