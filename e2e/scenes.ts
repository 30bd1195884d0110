import type { Page } from 'playwright-core';
import { connectionScenes, firstConnectionScenes } from './connection-scenes.ts';
import type { Places } from './sample-workspace.ts';

export interface Scene {
  name: string;
  path: string;
  /** What a person does there before the picture is taken. */
  act?: (page: Page, isPhone: boolean) => Promise<unknown>;
}

const see = (text: string | RegExp) => (page: Page) => page.getByText(text).first().waitFor();
const heading = (name: string | RegExp) => (page: Page) =>
  page.getByRole('heading', { name }).first().waitFor();

/** Before there is an owner. */
export const beforeScenes = (link: string): Scene[] => [
  { name: '01-setup', path: link, act: see('Your name') },
  { name: '01-setup-used', path: '/setup?code=an-old-code', act: see('no longer works') },
];

/** Signed in, and nothing is there yet. */
export const emptyScenes: Scene[] = [
  { name: '10-overview-first', path: '/', act: see('Get started') },
  { name: '11-tables-first', path: '/tables', act: see('No table yet') },
  { name: '12-connections-first', path: '/settings/connections', act: see('Find') },
  { name: '13-app-first', path: '/settings/connections/hunter', act: see('Name your connection') },
  {
    name: '14-app-wrong-key',
    path: '/settings/connections/hunter',
    act: async (page) => {
      await page.getByLabel('Name your connection').fill('Our main key');
      await page.getByLabel('API key', { exact: true }).fill('not-the-right-key');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: '15-app-down',
    path: '/settings/connections/hunter',
    act: async (page) => {
      await page.getByLabel('API key', { exact: true }).fill('sandbox-hunter-down');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Save anyway, check later').waitFor({ timeout: 30_000 });
    },
  },
  {
    name: '16-app-checking',
    path: '/settings/connections/hunter',
    act: async (page) => {
      // An answer that never comes: nothing is saved, however long the picture takes.
      await page.getByLabel('API key', { exact: true }).fill('sandbox-hunter-good');
      await page.evaluate('globalThis.fetch = () => new Promise(() => {})');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Checking with Hunter.io…').waitFor();
    },
  },
  { name: '17-tokens-first', path: '/settings/tokens', act: see('No token yet') },
  ...firstConnectionScenes,
];

/** In a workspace that is in use. */
export const afterScenes = (places: Places): Scene[] => [
  { name: '02-sign-in-expired', path: '/sign-in?after=expired', act: see('Your session has ended') },
  { name: '20-overview', path: '/', act: see('Needs attention') },
  {
    name: '21-menu',
    path: '/',
    act: async (page, isPhone) => {
      if (isPhone) await page.getByRole('button', { name: 'Open the menu' }).click();
      else await page.getByRole('button', { name: /^Workspace/ }).click();
      await page.getByText('Settings').last().waitFor();
    },
  },
  {
    name: '22-palette',
    path: '/',
    act: async (page) => {
      await page.getByRole('button', { name: /^Search/ }).click();
      await page.getByRole('combobox').fill('hun');
      await page.getByRole('option', { name: /Hunter/ }).waitFor();
    },
  },
  { name: '30-connections', path: '/settings/connections', act: see('Your connected apps') },
  {
    name: '31-connections-nothing',
    path: '/settings/connections',
    act: async (page) => {
      await page.getByRole('searchbox').fill('zzzznothing');
      await page.getByText('No integration is called').waitFor();
    },
  },
  {
    name: '31a-explore-found',
    path: '/settings/connections?category=CRM',
    act: (page) => page.getByRole('button', { name: 'CRM', pressed: true }).scrollIntoViewIfNeeded(),
  },
  {
    name: '31a-explore-deed',
    path: '/settings/connections?search=verify%20email',
    act: (page) => page.getByText('Verify email').first().scrollIntoViewIfNeeded(),
  },
  {
    name: '31b-explore-loading',
    path: '/settings/connections',
    act: async (page) => {
      await page.route('**/v1/integrations?*', () => {});
      await page.reload();
      await page.getByRole('status', { name: 'Loading' }).last().waitFor();
    },
  },
  {
    name: '31c-explore-failing',
    path: '/settings/connections',
    act: async (page) => {
      await page.route('**/v1/integrations?*', (route) => route.fulfill({ status: 503, body: '' }));
      await page.reload();
      await page.getByText('Try again').first().waitFor();
    },
  },
  {
    name: '31d-catalog-problems',
    path: '/settings/connections',
    act: async (page) => {
      const message =
        'There is no field "colour" here. Remove it, or correct its name or how far it is indented.';
      const problem = { file: 'acme.yaml', line: 2, column: 1, message, origin: 'user' };
      await page.route('**/v1/catalog-problems', (route) => route.fulfill({ json: { data: [problem] } }));
      await page.reload();
      await page.getByText('acme.yaml').waitFor();
    },
  },
  {
    name: '31e-app-about',
    path: '/settings/connections/hubspot',
    act: async (page) => {
      await page.locator('summary', { hasText: 'Find contact' }).click();
      await page.locator('summary', { hasText: 'permissions' }).click();
      await page.getByRole('heading', { name: /^What HubSpot can do/ }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: '31f-app-sources',
    path: '/settings/connections/hubspot',
    act: async (page) => {
      await page.locator('summary', { hasText: /sources$/ }).click();
      await page.getByText('Last compared on').scrollIntoViewIfNeeded();
    },
  },
  {
    name: '31g-app-gone',
    path: '/settings/connections/hunter',
    act: async (page) => {
      const gone = { code: 'not_found', title: 'There is nothing here by that name.', status: 404 };
      await page.route('**/v1/integrations/hunter', (route) => route.fulfill({ status: 404, json: gone }));
      await page.reload();
      await page.getByRole('heading', { name: /^\d+ connections/ }).waitFor();
    },
  },
  {
    name: '31h-app-unknown',
    path: '/settings/connections/no-such-tool',
    act: see('There is no integration'),
  },
  { name: '32-connected-apps', path: '/settings/connections/all', act: see('Reconnect') },
  { name: '33-app', path: '/settings/connections/hunter', act: see('Our main key') },
  {
    name: '34-app-add',
    path: '/settings/connections/hunter',
    act: async (page) => {
      await page.getByRole('button', { name: 'Add connection' }).click();
      await page.getByRole('dialog').getByLabel('API key', { exact: true }).waitFor();
    },
  },
  {
    name: '35-app-edit',
    path: '/settings/connections/hunter',
    act: async (page) => {
      await page
        .getByRole('row', { name: /Our main key/ })
        .getByRole('button', { name: 'Edit' })
        .click();
      await page.getByRole('dialog').getByText('••••').waitFor();
    },
  },
  {
    name: '36-app-delete',
    path: '/settings/connections/hunter',
    act: async (page) => {
      await page.getByRole('button', { name: 'Delete Our main key' }).click();
      await page.getByRole('dialog').getByText('Find email in Spring leads').waitFor();
    },
  },
  {
    name: '37-connection',
    path: `/settings/connections/hunter?open=${places.hunterMain}`,
    act: see('Timeline'),
  },
  { name: '38-app-broken', path: '/settings/connections/smartlead', act: see('Campaigns') },
  ...connectionScenes,
  { name: '40-general', path: '/settings/general', act: heading('General') },
  { name: '41-tokens', path: '/settings/tokens', act: see('Nightly export') },
  {
    name: '42-token-create',
    path: '/settings/tokens',
    act: async (page) => {
      await page.getByRole('button', { name: 'Create token' }).click();
      await page.getByRole('dialog').getByLabel('Name').fill('Report');
    },
  },
  { name: '42-audit', path: '/settings/audit', act: see('Added the connection') },
  { name: '43-profile', path: '/settings/profile', act: see('olive@example.com') },
  { name: '44-appearance', path: '/settings/appearance', act: see('As the system') },
  {
    name: '50-tables',
    path: '/tables',
    act: (page) => page.getByRole('main').getByText('All accounts').waitFor(),
  },
  {
    name: '51-import-choose',
    path: '/tables',
    act: async (page) => {
      await page.getByRole('button', { name: 'Import CSV' }).click();
      await page.getByText('Drop a CSV file here').waitFor();
    },
  },
  { name: '52-import-map', path: '/tables', act: (page) => chooseFile(page) },
  {
    name: '53-import-done',
    path: '/tables',
    act: async (page) => {
      await chooseFile(page);
      await page.getByLabel('Type of Age').selectOption('number');
      await page.getByRole('button', { name: 'Import', exact: true }).click();
      await page.getByText('Import finished').waitFor();
    },
  },
  { name: '60-table', path: `/tables/${places.leads}`, act: gridIsThere },
  { name: '61-table-big', path: `/tables/${places.big}`, act: gridIsThere },
  {
    name: '62-table-selection',
    path: `/tables/${places.big}`,
    act: async (page) => {
      await gridIsThere(page);
      await page.locator('#cell-3-1').click();
      await page.keyboard.press('Shift+ArrowDown');
      await page.keyboard.press('Shift+ArrowDown');
      await page.keyboard.press('Shift+ArrowRight');
    },
  },
  {
    name: '63-table-edit',
    path: `/tables/${places.big}`,
    act: async (page) => {
      await gridIsThere(page);
      await page.locator('#cell-2-0').click();
      await page.keyboard.press('Enter');
      await page.getByRole('textbox').waitFor();
    },
  },
  {
    name: '64-column-menu',
    path: `/tables/${places.leads}`,
    act: async (page) => {
      await gridIsThere(page);
      await page.getByRole('button', { name: 'First name: menu' }).click();
      await page.getByText('Insert left').waitFor();
    },
  },
  {
    name: '65-add-column',
    path: `/tables/${places.leads}`,
    act: async (page, isPhone) => {
      await gridIsThere(page);
      if (isPhone) await page.getByRole('grid').evaluate((grid) => Object.assign(grid, { scrollLeft: 9999 }));
      await page.getByRole('button', { name: 'Add column' }).click();
      await page.getByRole('dialog').waitFor();
    },
  },
  {
    name: '70-action-tools',
    path: `/tables/${places.big}`,
    act: async (page) => {
      await gridIsThere(page);
      await page.getByRole('button', { name: 'Add action' }).click();
      await page.getByText('Not connected yet').waitFor();
    },
  },
  {
    name: '70a-action-searched',
    path: `/tables/${places.big}`,
    act: async (page) => {
      await gridIsThere(page);
      await page.getByRole('button', { name: 'Add action' }).click();
      await page.getByRole('searchbox', { name: 'Search tools and actions' }).fill('find email');
      await page.getByRole('group', { name: 'Hunter.io' }).getByText('Find email').waitFor();
    },
  },
  {
    name: '70b-action-nothing',
    path: `/tables/${places.big}`,
    act: async (page) => {
      await gridIsThere(page);
      await page.getByRole('button', { name: 'Add action' }).click();
      await page.getByRole('searchbox', { name: 'Search tools and actions' }).fill('brew coffee');
      await page.getByText('No tool is called').waitFor();
    },
  },
  {
    name: '71-action-form',
    path: `/tables/${places.leads}`,
    act: async (page) => {
      await openAction(page);
      await page.getByRole('button', { name: 'Try on one row' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: '72-action-tried',
    path: `/tables/${places.leads}`,
    act: async (page) => {
      await openAction(page);
      await page.getByRole('button', { name: 'Try on one row' }).click();
      await page.getByText('The call and the raw answer').click();
      await page.getByText('The call and the raw answer').scrollIntoViewIfNeeded();
    },
  },
  {
    name: '73-run-start',
    path: `/tables/${places.leads}`,
    act: async (page) => {
      await gridIsThere(page);
      await page.getByRole('button', { name: 'Run', exact: true }).click();
      await page.getByText('What it will do').waitFor();
    },
  },
  {
    name: '74-run-waiting',
    path: `/tables/${places.stuck}`,
    act: async (page, isPhone) => {
      await gridIsThere(page);
      if (isPhone) await page.getByRole('button', { name: /^Find email: [A-Z0-9]/ }).click();
      await page.getByText(/of 120 rows/).waitFor();
    },
  },
  {
    name: '75-cell-done',
    path: `/tables/${places.leads}`,
    act: async (page) => openCell(page, '@'),
  },
  {
    name: '76-cell-no-result',
    path: `/tables/${places.leads}`,
    act: async (page) => openCell(page, 'No result'),
  },
  { name: '90-not-found', path: '/no/such/page', act: see('There is no page') },
  { name: '91-table-gone', path: '/tables/tbl_01h00000000000000000000000', act: see('does not exist') },
];

/** Cells are drawn as soon as their rows are here. */
async function gridIsThere(page: Page): Promise<void> {
  await page.locator('#cell-0-0').getByText(/./).waitFor();
}

async function openAction(page: Page): Promise<void> {
  await gridIsThere(page);
  await page.getByRole('button', { name: 'Add action' }).click();
  await page.getByRole('button', { name: /Hunter\.io/ }).click();
  await page.getByRole('button', { name: /^Find email/ }).click();
}

async function openCell(page: Page, text: string): Promise<void> {
  await gridIsThere(page);
  await page.getByRole('grid').evaluate((grid) => Object.assign(grid, { scrollLeft: 9999 }));
  await page.locator('[data-type=action]').getByText(text).first().dblclick();
  await page.getByRole('complementary', { name: 'Find email' }).waitFor();
}

async function chooseFile(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Import CSV' }).click();
  const text =
    'Name;Email;Age;Joined\nJürgen Groß;juergen@example.com;41;2024-02-29\nAna;;unknown;2023-01-05\n"Li, Wei";wei@example.com;29;2025-11-30\n';
  await page.locator('input[type=file]').setInputFiles({
    name: 'members.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(text, 'latin1'),
  });
  await page.getByText('First values').waitFor();
}
