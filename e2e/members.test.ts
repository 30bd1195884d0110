import type { APIResponse, Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientOf } from '../server/test/app.ts';
import { eventually, launch, sees, type Visit, visit } from './browser.ts';
import { OWNER, type SignedIn, type Stage, startStage } from './stage.ts';
import { rowOf } from './steps.ts';

let stage: Stage;
let browser: Browser;
let signedIn: SignedIn;
let owner: Visit;

beforeAll(async () => {
  [stage, browser] = await Promise.all([startStage(), launch()]);
  signedIn = await stage.signIn();
  owner = await visit(browser, stage.url, { signedIn });
});
afterAll(async () => {
  await browser?.close();
  await stage?.close();
});

const heading = (page: Page, name: string) =>
  page.getByRole('heading', { name, level: 1, exact: true }).waitFor();

/** The owner makes a link in the browser, as a person would. */
async function invite(role: string, note: string): Promise<string> {
  const { page } = owner;
  await page.goto('/settings/members');
  await page.getByRole('button', { name: 'Invite' }).click();
  const popup = page.getByRole('dialog');
  await popup.getByRole('radio', { name: role }).check();
  await popup.getByLabel('Who it is for').fill(note);
  await popup.getByRole('button', { name: 'Make a link' }).click();
  await sees(page, 'It is not shown again.');
  const link = await popup.getByLabel('The invitation link').inputValue();
  expect(link).toContain(`${stage.url}/invitation?code=`);
  await popup.getByRole('button', { name: 'Done' }).click();
  await sees(page, note);
  return link;
}

async function join(link: string, name: string, email: string): Promise<Visit> {
  const guest = await visit(browser, stage.url);
  const { page } = guest;
  await page.goto(link);
  await heading(page, 'Join Acme');
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill('a-fine-Password-0003');
  await page.getByRole('button', { name: 'Make the account and join' }).click();
  await heading(page, 'Acme');
  return guest;
}

/** What that browser may do at the API, whatever its pages show. */
function apiOf({ context }: Visit) {
  const headers = { 'keyrail-workspace': signedIn.api.headers['keyrail-workspace'] ?? '' };
  const answered = async (answer: APIResponse) => ({ status: answer.status(), json: await answer.json() });
  return {
    get: async (path: string) => answered(await context.request.get(path, { headers })),
    post: async (path: string, data: object) => answered(await context.request.post(path, { headers, data })),
  };
}

test('a viewer comes by a link, sees what a viewer may, cannot save credentials, and can as soon as the role is raised', async () => {
  const link = await invite('Viewer', 'Vera, from finance');
  const vera = await join(link, 'Vera Viewer', 'vera@example.com');
  const { page } = vera;
  const api = apiOf(vera);

  await page.getByRole('link', { name: 'Settings' }).click();
  await heading(page, 'Connections');
  await sees(page, 'You need the Admin or Owner role to manage integrations.');
  await sees(page, 'Ask Olive Owner (owner).');
  await page.goto('/settings/connections/hunter');
  await heading(page, 'Hunter.io');
  await sees(page, 'You need the Admin or Owner role to manage integrations.');
  expect(await page.getByRole('button', { name: 'Add connection' }).count()).toBe(0);
  expect(await page.getByLabel('API key', { exact: true }).count()).toBe(0);
  expect(await page.getByRole('button', { name: /^Ask for/ }).count()).toBe(0);
  const key = { integration: 'hunter', credentials: { api_key: 'sandbox-hunter-good-members' } };
  const refused = await api.post('/v1/connections', key);
  expect([refused.status, refused.json.detail]).toEqual([
    403,
    'This needs the role admin or more; yours is viewer. Ask Olive Owner (owner).',
  ]);
  for (const [path, words] of [
    ['/settings/tokens', 'API tokens are for owners and admins.'],
    ['/settings/audit', 'The audit log is for owners and admins.'],
    ['/settings/members', 'Owners and admins invite people and change roles.'],
  ] as const) {
    await page.goto(path);
    await sees(page, words);
  }

  const members = owner.page;
  await members.goto('/settings/members');
  await members.getByLabel('Role of Vera Viewer').first().click();
  await members.getByRole('option', { name: 'Admin' }).click();
  await sees(members, 'Vera Viewer is an Admin now.');

  expect((await api.post('/v1/connections', key)).status).toBe(201);
  // The page that is open follows at the next step at the latest, and its menu with it.
  await page.getByRole('link', { name: 'Members' }).click();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await sees(page, 'Changed the role of');
  await page.goto('/settings/connections/hunter');
  await page.getByRole('button', { name: 'Add connection' }).waitFor();

  await removeVera(members);
  expect((await api.get('/v1/connections')).status).toBe(404);
  await page.goto('/');
  await sees(page, 'You are in no workspace');
  await vera.end();
});

/** She signed in for a connection: it is named before, and linked after. */
async function removeVera(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Remove Vera Viewer' }).click();
  const popup = page.getByRole('dialog');
  await popup.getByText('Hunter.io – Hunter.io').waitFor();
  await popup.getByRole('button', { name: 'Remove' }).click();
  await sees(page, 'Vera Viewer signed in for this connection.');
  await popup.waitFor({ state: 'detached' });
  await eventually(() => page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe('Members');
  await page.getByRole('link', { name: 'Hunter.io – Hunter.io' }).click();
  await heading(page, 'Hunter.io');
}

test('an editor asks for a connection, also where the page is not shown to editors, and has it when an admin adds it', async () => {
  const ed = await join(await invite('Editor', 'Ed'), 'Ed Editor', 'ed@example.com');
  const { page } = ed;
  await page.goto('/settings/connections/apollo');
  await page.getByRole('button', { name: 'Ask for Apollo' }).click();
  await page.getByLabel('What for').fill('For the spring leads');
  await page.getByRole('button', { name: 'Send request' }).click();
  await sees(page, 'You asked for it');

  await owner.page.goto('/');
  await sees(owner.page, 'For the spring leads');
  await owner.page.getByRole('link', { name: 'Connect Apollo' }).click();
  await owner.page.getByLabel('API key', { exact: true }).fill('sandbox-apollo-good-members');
  await owner.page.getByRole('button', { name: 'Save', exact: true }).click();
  await rowOf(owner.page, 'Apollo').getByText('Connected', { exact: true }).waitFor();
  await owner.page.goto('/');
  await heading(owner.page, 'Acme');
  await eventually(() => owner.page.getByText('For the spring leads').count()).toBe(0);

  await owner.page.goto('/settings/general');
  await owner.page.getByRole('radio', { name: 'Owners and admins only' }).check();
  await owner.page.getByLabel('Contact for help').fill('#it-help');
  await owner.page.getByRole('button', { name: 'Save', exact: true }).click();
  await sees(owner.page, 'Saved.');
  await page.goto('/settings');
  await heading(page, 'General');
  expect(await page.getByRole('link', { name: 'Connections' }).count()).toBe(0);
  await page.goto('/settings/connections/apollo');
  await sees(page, 'This workspace shows its connections to owners and admins only.');
  await sees(page, 'Ask #it-help.');
  expect((await apiOf(ed).get('/v1/connections')).json.reason).toBe('connections_hidden');
  await ed.end();
});

test('whoever is in several workspaces turns from one to the other', async () => {
  await stage.addWorkspace('Second');
  const { page } = owner;
  await page.goto('/');
  await page.getByRole('button', { name: 'Workspace Acme: menu' }).click();
  await page.getByRole('menuitem', { name: 'Second' }).click();
  await heading(page, 'Second');
  await page.reload();
  await heading(page, 'Second');
  const tab = await owner.context.newPage();
  await tab.goto('/settings/members');
  await tab.getByRole('button', { name: 'Workspace Second: menu' }).click();
  await tab.getByRole('menuitem', { name: 'Acme' }).click();
  await heading(tab, 'Acme');
  // The other tab stays where it is, also when it is loaded anew.
  await page.reload();
  await heading(page, 'Second');
  await tab.close();
});

test('somebody who left a browser open elsewhere signs out there', async () => {
  const elsewhere = await visit(browser, stage.url);
  const { email, password } = OWNER;
  await elsewhere.context.request.post('/v1/session', { data: { email, password } });
  await owner.page.goto('/settings/profile');
  await owner.page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await sees(owner.page, 'Signed out in 1 other browser.');
  expect((await elsewhere.context.request.get('/v1/session')).status()).toBe(401);
  expect((await owner.context.request.get('/v1/session')).status()).toBe(200);
  await elsewhere.end();
});

test('a link that was used says so, and where to sign in', async () => {
  const link = await invite('Viewer', 'Nobody');
  const code = new URL(link).searchParams.get('code');
  const person = { name: 'Quick', email: 'quick@example.com', password: 'a-fine-Password-0004' };
  await clientOf(stage.url, {}).post('/v1/invitations/accept', { code, ...person });
  const guest = await visit(browser, stage.url);
  await guest.page.goto(link);
  await sees(guest.page, 'This invitation was used already');
  await guest.page.goto('/invitation');
  await sees(guest.page, 'This link is cut short');
  await guest.end();
  await owner.end();
});
