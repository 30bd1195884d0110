import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, sees, visit } from './browser.ts';
import { shareStage } from './shared.ts';
import { allow, openApp, openSignIn, rowOf, setUpSignIn } from './steps.ts';

const expected = /^a request to a third party: http:\/\/127\.0\.0\.1:/;
const here = shareStage({ expected });
const connectButton = (page: Page) => page.getByRole('button', { name: 'Connect with OAuth' });

/** Runs in the page; the browser's names are not known to these files. */
const inPage = (page: Page, script: string) => page.evaluate(script);

beforeAll(() => setUpSignIn(here.signedIn.api, 'airtable'));

async function openForm(page: Page, name: string): Promise<void> {
  await openApp(page, 'airtable');
  await page.getByLabel('Name your connection').fill(name);
  await page.getByRole('radio', { name: /Sign in with Airtable/ }).click();
}

async function connections(): Promise<{ id: string; name: string; account: { name: string } | null }[]> {
  return (await here.signedIn.api.get('/v1/connections?integration=airtable')).json.data;
}

describe('the window of a sign-in', () => {
  test('closed by the person: within two seconds the page says that it is cancelled, and nothing is saved', async () => {
    const { browser, stage, signedIn } = here;
    const { page, isQuiet, end } = await visit(browser, stage.url, { signedIn, expected });
    await page.addInitScript(
      '{ const open = window.open; window.open = (...how) => (opened = open(...how)); }',
    );
    await page.clock.install();
    await openForm(page, 'Cancelled');
    const popup = await openSignIn(page, connectButton(page));
    await sees(page, /This page notices when you are done/);
    await page.clock.pauseAt(Number(await inPage(page, 'Date.now() + 1000')));
    await popup.close();
    await eventually(() => inPage(page, 'opened.closed')).toBe(true);
    // The page's own time, which passes only while nothing it asked for is under way: on a slow machine it is no slower.
    let passedMs = 0;
    const isSaid = async () => {
      if (await page.getByText(/Sign-in cancelled/).isVisible()) return true;
      if (!isQuiet()) return false;
      await page.clock.runFor(50);
      passedMs += 50;
      return false;
    };
    await eventually(isSaid).toBe(true);
    expect(passedMs).toBeLessThanOrEqual(2_000);
    expect(await connections()).toEqual([]);
    await page.getByRole('button', { name: 'Try again' }).waitFor();
    await end();
  });

  test('what other pages say in messages is not believed, even where they know the id of the sign-in', async () => {
    const { page } = here;
    await openForm(page, 'Forged');
    const begun = page.waitForResponse((answer) => answer.url().endsWith('/v1/oauth/authorizations'));
    const popup = await openSignIn(page, connectButton(page));
    const { id } = (await (await begun).json()) as { id: string };
    await inPage(page, `window.postMessage({ type: 'keyrail.authorization', id: '${id}' }, '*')`);
    await inPage(
      popup,
      `window.opener.postMessage({ type: 'keyrail.authorization', id: '${id}', state: 'connected', connection_id: 'con_1' }, '*')`,
    );
    await sees(page, /This page notices when you are done/);
    expect(await connections()).toEqual([]);
    await popup.close();
    await sees(page, /Sign-in cancelled/);
  });

  test('the page of the provider learns nothing of the page that opened it', async () => {
    const { page } = here;
    await openForm(page, 'Looked at');
    const popup = await openSignIn(page, connectButton(page));
    expect(await inPage(popup, 'document.referrer')).toBe('');
    await expect(inPage(popup, 'window.opener.document.cookie')).rejects.toThrow(/cross-origin|Blocked/);
    await popup.close();
    await sees(page, /Sign-in cancelled/);
  });

  test('begun by an API token: its page says who asks, and going on leads to the tool', async () => {
    const { page, signedIn, stage } = here;
    const made = await signedIn.api.post('/v1/tokens', { name: 'Agent', scopes: ['connections:write'] });
    const begun = await fetch(`${stage.url}/v1/oauth/authorizations`, {
      method: 'POST',
      headers: { authorization: `Bearer ${made.json.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ integration: 'airtable' }),
    });
    const { authorization_url: address } = (await begun.json()) as { authorization_url: string };
    await page.goto(address);
    await sees(page, /The API token “Agent” asks you/);
    // Come up this moment, it takes no click: that may have been meant for the page before it.
    const comesUp = "window.dispatchEvent(new Event('focus')); document.querySelector('button').disabled";
    expect(await inPage(page, comesUp)).toBe(true);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL((url) => url.origin !== stage.url);
    expect(page.url()).toContain('code_challenge_method=S256');
  });

  test('two at once in two tabs end each for itself', async () => {
    const { browser, stage, signedIn, page } = here;
    const other = await visit(browser, stage.url, { signedIn, expected });
    await openForm(page, 'From the first tab');
    await openForm(other.page, 'From the second tab');
    const first = await openSignIn(page, connectButton(page));
    const second = await openSignIn(other.page, connectButton(other.page));
    await allow(second, 'second@acme.example');
    await rowOf(other.page, 'From the second tab').getByText('second@acme.example').waitFor();
    await sees(page, /This page notices when you are done/);
    await allow(first, 'first@acme.example');
    await rowOf(page, 'From the first tab').getByText('first@acme.example').waitFor();
    const accounts = Object.fromEntries((await connections()).map((one) => [one.name, one.account?.name]));
    expect(accounts).toMatchObject({
      'From the first tab': expect.stringContaining('first@acme.example'),
      'From the second tab': expect.stringContaining('second@acme.example'),
    });
    await other.end();
  });

  test('the page that waits is loaded again: it goes on waiting, and notices the end', async () => {
    const { page } = here;
    await openApp(page, 'airtable');
    await page.getByRole('button', { name: 'Add connection' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Name your connection').fill('After a reload');
    await form.getByRole('radio', { name: /Sign in with Airtable/ }).click();
    const popup = await openSignIn(page, form.getByRole('button', { name: 'Authorize' }));
    await page.reload();
    await sees(page, /This page notices when you are done/);
    await popup.getByLabel('Email').fill('reload@acme.example');
    await popup.getByRole('button', { name: 'Allow' }).click();
    await rowOf(page, 'After a reload').waitFor();
    await sees(page, /^Connected as .*reload@acme\.example/);
    if (!popup.isClosed()) await popup.close();
  });

  test('another account at Reconnect is said, and taken only when the person says so', async () => {
    const { page } = here;
    const [before] = await connections();
    await openApp(page, 'airtable');
    await page.goto(`/settings/connections/airtable?reconnect=${before?.id}`);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: /Sign in with Airtable/ }).click();
    const popup = await openSignIn(page, dialog.getByRole('button', { name: 'Connect with OAuth' }));
    await popup.getByLabel('Email').fill('somebody-else@acme.example');
    await popup.getByRole('button', { name: 'Allow' }).click();
    const use = dialog.getByRole('button', { name: 'Use this account from now on' });
    await use.waitFor();
    expect((await connections()).find((one) => one.id === before?.id)?.account).toEqual(before?.account);
    await allow(await openSignIn(page, use), 'somebody-else@acme.example');
    await rowOf(page, before?.name ?? '')
      .getByText('somebody-else@acme.example')
      .waitFor();
  });
});

describe('a sign-in that reaches several accounts', () => {
  test('asks which one is meant, also on a page that is loaded again, and the keyboard chooses', async () => {
    const { page, signedIn } = here;
    await setUpSignIn(signedIn.api, 'jira');
    await openApp(page, 'jira');
    await page.getByLabel('Name your connection').fill('The second site');
    await page.getByRole('radio', { name: /Sign in with/ }).click();
    await allow(await openSignIn(page, connectButton(page)), 'anna@acme.example');
    await sees(page, /Which Jira site is this connection for\?/);
    await page.reload();
    const focused = () => page.evaluate('document.activeElement.labels?.[0]?.textContent');
    await eventually(focused).toBe('https://acme.atlassian.net');
    expect((await signedIn.api.get('/v1/connections?integration=jira')).json.data).toEqual([]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await rowOf(page, 'The second site').getByText('Connected', { exact: true }).waitFor();
    await rowOf(page, 'The second site')
      .getByText(/acme-sandbox/)
      .waitFor();
    await sees(page, /^Jira site: .*acme-sandbox/);
  });

  test('signing in again for the connection takes the same one, whose field the tool itself filled', async () => {
    const { page, signedIn } = here;
    const all = async () => (await signedIn.api.get('/v1/connections?integration=jira')).json.data;
    const [before] = await all();
    await page.goto(`/settings/connections/jira?reconnect=${before.id}`);
    const dialog = page.getByRole('dialog');
    await allow(
      await openSignIn(page, dialog.getByRole('button', { name: 'Connect with OAuth' })),
      'anna@acme.example',
    );
    await dialog.waitFor({ state: 'detached' });
    const [after] = await all();
    expect([after.id, after.status, after.fields]).toEqual([before.id, 'connected', before.fields]);
    expect(after.token.renewed_at > before.token.renewed_at).toBe(true);
  });

  test('left at the choice and begun anew: one choice is asked for, that of the newer sign-in', async () => {
    const { page } = here;
    const begin = async () => {
      await page.getByRole('button', { name: 'Add connection' }).click();
      const form = page.getByRole('dialog');
      await form.getByRole('radio', { name: /Sign in with/ }).click();
      await allow(
        await openSignIn(page, form.getByRole('button', { name: 'Authorize' })),
        'anna@acme.example',
      );
      await form
        .getByText(/Which Jira site/)
        .first()
        .waitFor();
    };
    await openApp(page, 'jira');
    await begin();
    await openApp(page, 'jira');
    await sees(page, /Which Jira site/);
    await begin();
    await eventually(() => page.getByText(/Which Jira site/).count()).toBe(1);
  });
});

describe('a provider whose page cuts the tie to ours (COOP)', () => {
  let provider: Server;
  let origin: string;
  beforeAll(async () => {
    // Stands before the real one: its page looks at nobody, then goes there.
    provider = createServer((request, response) => {
      const target = new URL(request.url ?? '/', 'http://x').searchParams.get('to') ?? '';
      response.writeHead(200, {
        'content-type': 'text/html',
        'cross-origin-opener-policy': 'same-origin',
      });
      response.end(`<h1>Sign in to our company first</h1><a href="${target.replaceAll('"', '')}">Go on</a>`);
    });
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    provider.close();
  });

  test('the sign-in ends connected all the same, as the server is asked on', async () => {
    const { page } = here;
    await page.route('**/v1/oauth/authorizations', async (route) => {
      const answer = await route.fetch();
      const body = (await answer.json()) as { authorization_url: string };
      const detour = `${origin}/?to=${encodeURIComponent(body.authorization_url)}`;
      await route.fulfill({ response: answer, json: { ...body, authorization_url: detour } });
    });
    await openApp(page, 'airtable');
    await page.getByRole('button', { name: 'Add connection' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Name your connection').fill('Cut off');
    await form.getByRole('radio', { name: /Sign in with Airtable/ }).click();
    const opened = page.context().waitForEvent('page');
    await form.getByRole('button', { name: 'Authorize' }).click();
    const popup = await opened;
    await popup.getByRole('link', { name: 'Go on' }).click();
    await popup.getByLabel('Email').fill('cut-off@acme.example');
    await popup.getByRole('button', { name: 'Allow' }).click();
    await rowOf(page, 'Cut off').getByText('Connected', { exact: true }).waitFor();
    await page.unroute('**/v1/oauth/authorizations');
  });
});
