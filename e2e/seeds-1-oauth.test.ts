import { describe, expect, test } from 'vitest';
import { SANDBOX_CLIENT } from '../sandbox/oauth/flow.ts';
import { eventually, sees, visit } from './browser.ts';
import { shareStage } from './shared.ts';
import { allow, openApp, openSignIn, rowOf, setUpSignIn } from './steps.ts';

const here = shareStage({ expected: /^a request to a third party: http:\/\/127\.0\.0\.1:/ });
const connectButton = () => here.page.getByRole('button', { name: 'Connect with OAuth' });
const choose = (label: RegExp) => here.page.getByRole('radio', { name: label }).click();

describe('OAuth integrations', () => {
  test('Before the first sign-in, client id and secret are entered once, beside the redirect URI to copy.', async () => {
    const { page, stage } = here;
    await openApp(page, 'hubspot');
    await choose(/Sign in with HubSpot/);
    const redirect = page.getByLabel('Redirect URI');
    await eventually(() => redirect.inputValue()).toBe(`${stage.url}/oauth/callback/hubspot`);
    await page.getByLabel('Client ID').fill(SANDBOX_CLIENT.id);
    await page.getByLabel('Client secret', { exact: true }).fill(SANDBOX_CLIENT.secret);
    await page.getByRole('button', { name: 'Save sign-in setup' }).click();
    await connectButton().waitFor();
  });

  test('Click Connect with OAuth on the integration settings page. A new window opens. Sign in to the provider. Click Allow or Authorize. The window closes and the integration shows as connected.', async () => {
    const { page } = here;
    await openApp(page, 'hubspot');
    await choose(/Sign in with HubSpot/);
    await page.getByLabel('Name your connection').fill('Our portal');
    const popup = await openSignIn(page, connectButton());
    await allow(popup, 'anna@acme.example');
    await rowOf(page, 'Our portal').getByText('Connected', { exact: true }).waitFor();
  });

  test.each<[string, RegExp, string, string?]>([
    ['google-sheets', /Sign in with Google/, 'anna@acme.example'],
    ['slack', /Add to Slack/, 'Acme'],
    ['salesforce', /Sign in with Salesforce/, 'anna@acme.example', 'login.salesforce.com'],
    ['notion', /Sign in with Notion/, "anna's Notion"],
    ['airtable', /Sign in with Airtable/, 'anna@acme.example'],
  ])('After you authorize, the token is stored: %s.', async (slug, method, account, host) => {
    const { page, signedIn } = here;
    await setUpSignIn(signedIn.api, slug);
    await openApp(page, slug);
    await choose(method);
    if (host !== undefined) await page.getByLabel('Login host').fill(host);
    await page.getByLabel('Name your connection').fill('By sign-in');
    await allow(await openSignIn(page, connectButton()), 'anna@acme.example');
    await rowOf(page, 'By sign-in').getByText('Connected', { exact: true }).waitFor();
    await rowOf(page, 'By sign-in').getByText(`Connected as ${account}`).waitFor();
  });

  test('Who denies it is told so, and nothing is saved.', async () => {
    const { page, signedIn } = here;
    await openApp(page, 'hubspot');
    await page.getByRole('button', { name: 'Add connection' }).click();
    const form = page.getByRole('dialog');
    await form.getByRole('radio', { name: /Sign in with HubSpot/ }).click();
    const popup = await openSignIn(page, form.getByRole('button', { name: 'Authorize' }));
    await popup.getByRole('button', { name: 'Deny' }).click();
    await form
      .getByRole('alert')
      .or(form.getByRole('status'))
      .getByText(/not allow|denied|did not give|declined/i)
      .first()
      .waitFor();
    expect((await signedIn.api.get('/v1/connections?integration=hubspot')).json.data).toHaveLength(1);
  });
});

describe('OAuth tokens expire', () => {
  test('When a token expires and cannot be renewed, actions using that integration fail, and the integration shows a warning icon.', async () => {
    const { page, signedIn, stage } = here;
    const [connection] = (await signedIn.api.get('/v1/connections?integration=hubspot')).json.data;
    stage.sandbox.withdraw('hubspot');
    await signedIn.api.post(`/v1/connections/${connection.id}/verify`);
    await openApp(page, 'hubspot');
    await eventually(() =>
      rowOf(page, 'Our portal').locator('[data-tone]').first().getAttribute('data-tone'),
    ).toBe('red');
    const table = (await signedIn.api.post('/v1/tables', { name: 'People', columns: [] })).json;
    const imported = await signedIn.api.post(`/v1/tables/${table.id}/import`, 'Email\nanna@acme.example', {
      'content-type': 'text/csv',
    });
    const email = imported.json.columns[0].id;
    const column = await signedIn.api.post(`/v1/tables/${table.id}/columns`, {
      name: 'Find contact',
      type: 'action',
      action: {
        integration: 'hubspot',
        action: 'find_contact',
        connection_id: null,
        inputs: { email: { kind: 'column', column_id: email } },
        outputs: {},
      },
    });
    expect(column.status, column.text).toBe(201);
    await signedIn.api.post(`/v1/tables/${table.id}/columns/${column.json.id}/runs`, { scope: 'all' });
    await page.goto(`/tables/${table.id}`);
    await page.getByRole('grid').getByText('Access was withdrawn at HubSpot.').waitFor();
  });

  test('Reconnect the integration: go through the OAuth flow again.', async () => {
    const { page, signedIn } = here;
    const [before] = (await signedIn.api.get('/v1/connections?integration=hubspot')).json.data;
    await openApp(page, 'hubspot');
    await rowOf(page, 'Our portal').getByRole('button', { name: 'Reconnect' }).click();
    const button = page.getByRole('dialog').getByRole('button', { name: 'Connect with OAuth' });
    await allow(await openSignIn(page, button), 'anna@acme.example');
    await rowOf(page, 'Our portal').getByText('Connected', { exact: true }).waitFor();
    const [after] = (await signedIn.api.get('/v1/connections?integration=hubspot')).json.data;
    expect(after).toMatchObject({ id: before.id, name: 'Our portal', status: 'connected' });
  });

  test('What waited for the connection goes on by itself.', async () => {
    const { signedIn } = here;
    const [table] = (await signedIn.api.get('/v1/tables')).json.data;
    const [column] = (await signedIn.api.get(`/v1/tables/${table.id}`)).json.columns.slice(-1);
    await eventually(async () => {
      const rows = (await signedIn.api.get(`/v1/tables/${table.id}/rows`)).json.data;
      return rows[0].cells?.[column.id]?.state ?? rows[0].values?.[column.id]?.state;
    }).toMatch(/done|no_result/);
  });
});

describe('Remove an integration', () => {
  test('Click Disconnect: the saved credentials are removed, and the tool is told that access has ended, too.', async () => {
    const { page } = here;
    await openApp(page, 'hubspot');
    await rowOf(page, 'Our portal').getByRole('button', { name: 'Disconnect' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disconnect' }).click();
    await rowOf(page, 'Our portal').getByText('Disconnected', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Our portal', exact: true }).click();
    await sees(page, /^Access was withdrawn at HubSpot, too\./);
  });
});

describe('The OAuth connection window closes but the integration still shows as not connected', () => {
  test('Where a popup blocker is in the way, that is said, with the way on in the same tab and a link to copy.', async () => {
    const { browser, stage, signedIn } = here;
    const expected = /^a request to a third party: http:\/\/127\.0\.0\.1:|may close only the windows/;
    const person = await visit(browser, stage.url, { signedIn, expected });
    const { page } = person;
    await page.addInitScript('window.open = () => null');
    await setUpSignIn(signedIn.api, 'airtable');
    await openApp(page, 'airtable');
    await page.getByRole('button', { name: 'Add connection' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Name your connection').fill('In the same tab');
    await form.getByRole('radio', { name: /Sign in with Airtable/ }).click();
    await form.getByRole('button', { name: 'Authorize' }).click();
    await sees(page, 'Your browser blocked the sign-in window.');
    await form.getByLabel('Address of the sign-in at Airtable').waitFor();
    await form.getByRole('link', { name: 'Continue in this tab' }).click();
    await page.getByLabel('Email').fill('otto@acme.example');
    await page.getByRole('button', { name: 'Allow' }).click();
    await rowOf(page, 'In the same tab').getByText('Connected', { exact: true }).waitFor();
    await person.end();
  });
});
