import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, launch, type Visit, visit } from './browser.ts';
import { makeLeads } from './leads.ts';
import { settled } from './settled.ts';
import { type Stage, startStage } from './stage.ts';
import { allow, openSignIn, setUpSignIn } from './steps.ts';

let stage: Stage;
let browser: Browser;
let owner: Visit;
let stranger: Visit;
let editor: Visit;
let invitation: string;
let tableId: string;
let tokenEnds: string;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launch()]);
  const signedIn = await stage.signIn();
  const made = await makeLeads(signedIn.api, { key: 'sandbox-hunter-good-axe', rows: 40 });
  tableId = made.tableId;
  await signedIn.api.post(`/v1/tables/${tableId}/columns/${made.columnId}/runs`, {
    scope: 'first',
    limit: 10,
  });
  await signedIn.api.post('/v1/connections', {
    integration: 'apollo',
    credentials: { api_key: 'sandbox-apollo-down' },
    save_unverified: true,
  });
  for (const slug of ['airtable', 'jira']) await setUpSignIn(signedIn.api, slug);
  await signedIn.api.post('/v1/webhooks', { url: `${stage.sandbox.upstreams[0]?.target}/hook` });
  const token = { name: 'Nightly', scopes: ['tables:read'], expires_in_days: 3 };
  tokenEnds = (await signedIn.api.post('/v1/tokens', token)).json.expires_at;
  // The sign-in page of the sandbox.
  owner = await visit(browser, stage.url, {
    signedIn,
    expected: /^a request to a third party: http:\/\/127/,
  });
  stranger = await visit(browser, stage.url);
  const invite = async () => (await signedIn.api.post('/v1/invitations', { role: 'editor' })).json.link;
  invitation = (await invite()).slice(stage.url.length);
  editor = await visit(browser, stage.url);
  const code = new URL(await invite()).searchParams.get('code');
  const ed = { name: 'Ed Editor', email: 'ed@example.com', password: 'a-fine-Password-0005' };
  await editor.context.request.post('/v1/invitations/accept', { data: { code, ...ed } });
  await editor.context.request.post('/v1/connection-requests', {
    headers: { 'keyrail-workspace': signedIn.api.headers['keyrail-workspace'] ?? '' },
    data: { integration: 'instantly' },
  });
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

interface Place {
  name: string;
  path: () => string;
  isOpen?: boolean;
  isEditors?: boolean;
  /** Begins with a new document, where the one before was tampered with. */
  isFresh?: boolean;
  /** What is opened on it. */
  opens?: (page: Page) => Promise<void>;
}

const click = (name: string | RegExp) => (page: Page) =>
  page
    .getByRole('button', { name, exact: typeof name === 'string' })
    .first()
    .click();

const NOWHERE = '/nowhere';

const places: Place[] = [
  { name: 'sign-in', path: () => '/sign-in', isOpen: true },
  { name: 'a link that is over', path: () => '/setup?code=gone', isOpen: true },
  { name: 'overview', path: () => '/' },
  { name: 'tables', path: () => '/tables' },
  { name: 'import', path: () => '/tables', opens: click('Import CSV') },
  { name: 'a table', path: () => `/tables/${tableId}` },
  { name: 'adding an action', path: () => `/tables/${tableId}`, opens: click('Add action') },
  {
    name: 'an action that lacks an input',
    path: () => `/tables/${tableId}`,
    opens: async (page) => {
      await click('Add action')(page);
      const panel = page.getByRole('complementary', { name: 'Add action' });
      await panel.getByRole('button', { name: /Hunter\.io/ }).click();
      await panel.getByRole('button', { name: /^Find email/ }).click();
      await panel.getByText('Enough to start.').waitFor();
      await panel.getByLabel('Company domain').selectOption('');
      await panel.getByLabel('Company name').selectOption('');
      await panel.getByRole('status').getByText('Add Company domain, or Company name.').waitFor();
      await panel.locator('summary').filter({ hasText: 'Other ways' }).click();
    },
  },
  { name: 'before a run', path: () => `/tables/${tableId}`, opens: click('Run') },
  { name: 'adding a column', path: () => `/tables/${tableId}`, opens: click('Add column') },
  { name: 'connections', path: () => '/settings/connections' },
  { name: 'all connected apps', path: () => '/settings/connections/all' },
  { name: 'an app with connections', path: () => '/settings/connections/hunter' },
  { name: 'adding a connection', path: () => '/settings/connections/hunter', opens: click('Add connection') },
  {
    name: 'a search of the catalog that finds nothing',
    path: () => '/settings/connections?search=Anvilworks',
  },
  {
    name: 'an app without one, and what an action takes and gives',
    path: () => '/settings/connections/heyreach',
    opens: (page) => page.locator('summary').filter({ hasText: 'Add lead' }).first().click(),
  },
  {
    name: 'a connection and its timeline',
    path: () => '/settings/connections/hunter',
    opens: click(/^Hunter/),
  },
  {
    name: 'replacing a key',
    path: () => '/settings/connections/hunter',
    opens: async (page) => {
      await click('Edit')(page);
      await click('Replace the API key')(page);
      await page.getByRole('dialog').getByText('Dates', { exact: true }).click();
    },
  },
  {
    name: 'what ends when, as a calendar',
    path: () => '/settings/what-ends-when',
    opens: async (page) => {
      await page.getByText('Calendar', { exact: true }).click();
      // At the end of a month it ends in the next one.
      if (new Date(tokenEnds).getUTCMonth() !== new Date().getUTCMonth()) await click('The next month')(page);
      await page
        .getByRole('gridcell')
        .getByRole('button', { name: /API token: Nightly/ })
        .click();
    },
  },
  { name: 'notices and the bell', path: () => '/notices', opens: click(/^Notices/) },
  {
    name: 'where notices go, and adding a place',
    path: () => '/settings/notifications',
    opens: click('Add a place'),
  },
  {
    name: 'what came of sending a notice',
    path: () => '/settings/notifications',
    opens: async (page) => {
      await click(/^Send a test to/)(page);
      await page.getByText('The test did not arrive.').waitFor();
    },
  },
  { name: 'deleting a connection', path: () => '/settings/connections/hunter', opens: click(/^Delete /) },
  {
    name: 'several ways to connect, and what a sign-in asks for',
    path: () => '/settings/connections/google-sheets',
    opens: (page) => page.locator('summary').filter({ hasText: 'permission' }).first().click(),
  },
  {
    name: 'an app whose catalog file is gone',
    path: () => '/settings/connections/apollo',
    opens: async (page) => {
      const gone = { code: 'not_found', title: 'There is nothing here by that name.', status: 404 };
      await page.route('**/v1/integrations/apollo', (route) => route.fulfill({ status: 404, json: gone }), {
        times: 1,
      });
      await page.reload();
      await page.getByRole('heading', { name: '1 connection', exact: true }).waitFor();
      await page.locator('td').getByRole('button').first().click();
      await page.getByRole('dialog').getByRole('heading', { name: 'Timeline' }).waitFor();
    },
  },
  {
    name: 'a sign-in setup that is missing',
    path: () => '/settings/connections/hubspot',
    opens: (page) => page.getByRole('radio', { name: /Sign in with/ }).click(),
  },
  {
    name: 'a sign-in that waits',
    path: () => '/settings/connections/airtable',
    opens: async (page) => {
      await page.getByRole('radio', { name: /Sign in with/ }).click();
      await page.evaluate('window.open = () => null');
      await click('Connect with OAuth')(page);
      await page.getByText('Your browser blocked the sign-in window.').waitFor();
    },
  },
  { name: 'sign-in setups', path: () => '/settings/sign-in-setups' },
  {
    name: 'a sign-in setup',
    path: () => '/settings/sign-in-setups',
    opens: click('Edit the sign-in setup of Airtable'),
  },
  {
    name: 'replacing a client secret',
    path: () => '/settings/sign-in-setups',
    opens: click('Replace secret of Airtable'),
  },
  { name: 'the check of the setup', path: () => '/settings/check' },
  {
    name: 'an account to choose after a sign-in',
    path: () => '/settings/connections/jira',
    // The place before it has blocked windows.
    isFresh: true,
    opens: async (page) => {
      await page.getByRole('radio', { name: /Sign in with/ }).click();
      await allow(await openSignIn(page, page.getByRole('button', { name: 'Connect with OAuth' })));
      await page.getByRole('button', { name: 'Use this Jira site' }).waitFor();
    },
  },
  {
    name: 'addresses to find by an issuer',
    path: () => '/settings/connections/new-custom',
    opens: async (page) => {
      await page
        .getByRole('region', { name: 'Authentication' })
        .getByLabel('Authentication')
        .selectOption('oauth2');
      await page.getByLabel('Issuer', { exact: true }).fill('https://10.0.0.5');
      await click('Find addresses')(page);
      await page
        .getByText(/could not be reached|does not call|refused/)
        .first()
        .waitFor();
    },
  },
  { name: 'general settings', path: () => '/settings/general' },
  { name: 'an invitation', path: () => invitation, isOpen: true },
  { name: 'an invitation that is over', path: () => '/invitation?code=gone', isOpen: true },
  { name: 'an invitation, signed in', path: () => invitation },
  { name: 'members', path: () => '/settings/members' },
  { name: 'inviting', path: () => '/settings/members', opens: click('Invite') },
  { name: 'removing a member', path: () => '/settings/members', opens: click('Remove Ed Editor') },
  { name: 'leaving', path: () => '/settings/general', isEditors: true, opens: click('Leave Acme') },
  { name: 'deleting the workspace', path: () => '/settings/general', opens: click('Delete Acme…') },
  { name: 'connections, read only', path: () => '/settings/connections', isEditors: true },
  {
    name: 'asking for a connection',
    path: () => '/settings/connections/heyreach',
    isEditors: true,
    opens: click('Ask for HeyReach'),
  },
  { name: 'API tokens', path: () => '/settings/tokens' },
  { name: 'the audit log', path: () => '/settings/audit' },
  { name: 'profile', path: () => '/settings/profile' },
  { name: 'appearance', path: () => '/settings/appearance' },
  { name: 'an address without a page', path: () => NOWHERE },
];

test.each(places)(
  'anybody can use it, in light and dark and on a phone: $name',
  async ({ path, isOpen, isEditors, isFresh, opens }) => {
    const { page, problems } = isOpen ? stranger : isEditors ? editor : owner;
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1360, height: 860 });
    await go(page, path(), isOpen || isFresh);
    await settled(page);
    if (opens) await opens(page);
    await settled(page);
    expect(await seriousFindings(page)).toEqual([]);

    await page.emulateMedia({ colorScheme: 'dark' });
    await settled(page);
    // What is said does not change with the colours.
    expect(await seriousFindings(page, ['color-contrast', 'link-in-text-block'])).toEqual([]);

    await page.setViewportSize({ width: 390, height: 780 });
    await settled(page);
    // What is open moves to its new place in one of the next frames.
    await eventually(() => page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(problems.splice(0)).toEqual([]);
  },
);

/**
 * As a link in the app does: a new document for each place would cost more than all that is looked for in it. By way of a
 * place that is none, so that nothing stays open of the place before.
 */
async function go(page: Page, path: string, isFresh = false): Promise<void> {
  const nowhere = page.getByText('There is no page at this address');
  if (isFresh || path === NOWHERE || page.url() === 'about:blank') return void (await page.goto(path));
  await page.evaluate(followed, NOWHERE);
  await nowhere.waitFor();
  await page.evaluate(followed, path);
  await nowhere.waitFor({ state: 'hidden' });
}

/** In the browser: the router is told of an address as by the button that leads back. */
function followed(path: string): void {
  const window = globalThis as unknown as {
    history: { pushState(state: object, title: string, path: string): void };
    PopStateEvent: new (name: string) => Event;
    dispatchEvent(event: Event): void;
  };
  window.history.pushState({}, '', path);
  window.dispatchEvent(new window.PopStateEvent('popstate'));
}

async function seriousFindings(page: Page, rules?: string[]): Promise<string[]> {
  const isThere = await page.evaluate('"axe" in globalThis');
  // Legacy mode: otherwise it finishes on a page of its own. What is only told to people who look for the place is left out,
  // and the style sheets are not loaded a second time, which no rule asks for that is on.
  const axe = new AxeBuilder({ page, ...(isThere ? { axeSource: 'void 0' } : {}) })
    .setLegacyMode(true)
    .options({ resultTypes: ['violations'], selectors: false, preload: { assets: ['media'] } });
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join('\n')}`);
}
