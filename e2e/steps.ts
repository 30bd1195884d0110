import type { Locator, Page } from 'playwright-core';
import { SANDBOX_CLIENT } from '../sandbox/oauth/flow.ts';
import type { Sandbox } from '../sandbox/start.ts';
import { type Client, clientOf, cookieOf } from '../server/test/app.ts';
import { eventually } from './browser.ts';
import type { SignedIn, Stage } from './stage.ts';

/** An app's page, where its connections are. */
export async function openApp(page: Page, slug: string): Promise<void> {
  await page.goto(`/settings/connections/${slug}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** The cards of "Explore all integrations". */
export function cardsIn(page: Page): Locator {
  const section = page.getByRole('region', { name: 'Explore all integrations' });
  return section.getByRole('link').filter({ hasNotText: 'Make a custom connection' });
}

/** One connection in the list of its app. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('row', { name: new RegExp(name) });
}

/** Fills the form that stands on the page, or the popup's, and saves. */
export async function saveKey(where: Page | Locator, key: string, name?: string): Promise<void> {
  if (name !== undefined) await where.getByLabel('Name your connection').fill(name);
  await where.getByLabel('API key', { exact: true }).fill(key);
  await where.getByRole('button', { name: 'Save', exact: true }).click();
}

/** Through the API; throws with the answer where it was refused. */
export async function connect(
  api: Client,
  integration: string,
  key: string,
  more: Record<string, unknown> = {},
): Promise<{ id: string; name: string }> {
  const answer = await api.post('/v1/connections', {
    integration,
    credentials: { api_key: key },
    ...more,
  });
  if (answer.status !== 201) throw new Error(answer.text);
  return answer.json;
}

/** The one-time sign-in setup, as the sandbox knows it. */
export async function setUpSignIn(api: Client, integration: string): Promise<void> {
  const answer = await api.request('PUT', `/v1/oauth/apps/${integration}`, {
    client_id: SANDBOX_CLIENT.id,
    client_secret: SANDBOX_CLIENT.secret,
  });
  if (answer.status >= 300) throw new Error(answer.text);
}

/** Presses the button that leads to the provider, and gives the window that opens. */
export async function openSignIn(page: Page, button: Locator): Promise<Page> {
  const [popup] = await Promise.all([page.waitForEvent('popup'), button.click()]);
  await popup.getByRole('heading', { name: /^Sign in to/ }).waitFor();
  return popup;
}

/** In the provider's window: who one is, and Allow. Resolves when the window is gone. */
export async function allow(popup: Page, account?: string): Promise<void> {
  if (account !== undefined) await popup.getByLabel('Email').fill(account);
  const gone = popup.waitForEvent('close');
  await popup.getByRole('button', { name: 'Allow' }).click();
  await gone;
}

/** What the provider was asked: how often this path was called with this key. */
export function callsTo(sandbox: Sandbox, filter: { key?: string; path?: string }): number {
  return sandbox.log.counts(filter).reduce((sum, one) => sum + one.count, 0);
}

/** The run of a column, from here to its end: started through the API, as somebody's schedule would. */
export async function runToEnd(
  api: Client,
  where: { tableId: string; columnId: string },
  scope: Record<string, unknown> = { scope: 'all' },
): Promise<{ state: string; counts: Record<string, number> }> {
  const started = await api.post(`/v1/tables/${where.tableId}/columns/${where.columnId}/runs`, scope);
  if (started.status >= 300) throw new Error(started.text);
  let run = started.json;
  await eventually(async () => {
    run = (await api.get(`/v1/runs/${run.id}`)).json;
    return ['queued', 'running'].includes(run.state);
  }).toBe(false);
  return run;
}

/** Somebody new, by an invitation, signed in. */
export async function invited(stage: Pick<Stage, 'url'>, api: Client, role: string): Promise<SignedIn> {
  const invitation = await api.post('/v1/invitations', { role });
  if (invitation.status !== 201) throw new Error(invitation.text);
  const code = new URL(invitation.json.link).searchParams.get('code');
  const joined = await clientOf(stage.url, {}).post('/v1/invitations/accept', {
    code,
    name: `A ${role}`,
    email: `${role}-${Math.random().toString(36).slice(2, 8)}@example.com`,
    password: 'a-fine-Password-0002',
  });
  if (joined.status !== 201) throw new Error(joined.text);
  const cookie = cookieOf(joined);
  const [name = '', ...value] = cookie.split('=');
  return {
    api: clientOf(stage.url, { cookie, 'keyrail-workspace': joined.json.joined }),
    cookie: { name, value: value.join('='), url: stage.url },
  };
}
