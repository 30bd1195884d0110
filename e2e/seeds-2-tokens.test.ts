import { describe, expect, test } from 'vitest';
import { SANDBOX_CLIENT } from '../sandbox/oauth/flow.ts';
import { serviceAccountKey } from '../sandbox/oauth/service-account.ts';
import { eventually, sees } from './browser.ts';
import { shareStage } from './shared.ts';
import { allow, callsTo, openApp, openSignIn, rowOf, setUpSignIn } from './steps.ts';

// Access tokens that live for 10 seconds: what happens over hours is seen in one test.
const here = shareStage({
  tokenSeconds: 10,
  expected: /^a request to a third party: http:\/\/127\.0\.0\.1:/,
});
const popup = () => here.page.getByRole('dialog');

describe('OAuth 2.0: how it works', () => {
  test("Click Authorize. You're redirected to the service's authorization screen. Sign in and approve the requested permissions.", async () => {
    const { page, signedIn } = here;
    await setUpSignIn(signedIn.api, 'airtable');
    await openApp(page, 'airtable');
    await page.getByLabel('Name your connection').fill('Bases');
    await page.getByRole('radio', { name: /Sign in with Airtable/ }).click();
    await page.getByText('What Airtable will be asked to allow').click();
    await sees(page, 'See the tables and fields of bases');
    const window = await openSignIn(
      page,
      page.getByRole('button', { name: /^(Authorize|Connect with OAuth)$/ }),
    );
    await window.getByText('schema.bases:read').waitFor();
    await allow(window);
    await rowOf(page, 'Bases').getByText('Connected', { exact: true }).waitFor();
  });

  test('The platform stores the access token and refresh token securely.', async () => {
    const { signedIn, stage } = here;
    const [connection] = (await signedIn.api.get('/v1/connections?integration=airtable')).json.data;
    const answers = await Promise.all(
      ['', '/events', '/usage', '/dependents'].map((path) =>
        signedIn.api.get(`/v1/connections/${connection.id}${path}`),
      ),
    );
    for (const answer of answers) expect(answer.text).not.toMatch(/sandbox-airtable-(oauth|refresh)-/);
    expect(stage.server.said()).not.toMatch(/sandbox-airtable-(oauth|refresh)-/);
  });
});

describe('OAuth 2.0 without a person', () => {
  test('With client credentials nobody signs in: client id and secret are saved, and tokens come by themselves.', async () => {
    const { page, signedIn } = here;
    await openApp(page, 'salesforce');
    await page.getByRole('radio', { name: /Client credentials/ }).click();
    await page.getByLabel('Name your connection').fill('The org');
    await page.getByLabel('Login host').fill('acme.my.salesforce.com');
    await page.getByLabel('Consumer key').fill(SANDBOX_CLIENT.id);
    await page.getByLabel('Consumer secret', { exact: true }).fill('not-the-secret');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('alert').getByText('Nothing was saved.').waitFor();
    await page.getByLabel('Consumer secret', { exact: true }).fill(SANDBOX_CLIENT.secret);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await rowOf(page, 'The org').getByText('Connected', { exact: true }).waitFor();
    const [connection] = (await signedIn.api.get('/v1/connections?integration=salesforce')).json.data;
    expect(connection).toMatchObject({ method: 'oauth2_client_credentials', status: 'connected' });
  });
});

describe('Service accounts', () => {
  const file = (name: string, content: unknown) => ({
    name,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
  });

  test('Upload the credentials file (usually a JSON key or certificate) in the connector setup dialog: what it is is shown before it is saved.', async () => {
    const { page } = here;
    await openApp(page, 'google-sheets');
    await page.getByRole('radio', { name: /Service account/ }).click();
    await page.getByLabel('Name your connection').fill('The robot');
    await page.locator('input[type=file]').setInputFiles(file('key.json', serviceAccountKey()));
    await sees(page, /service account key/i);
    await sees(page, 'robot@keyrail-sandbox.iam.gserviceaccount.example');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await rowOf(page, 'The robot').getByText('Connected', { exact: true }).waitFor();
  });

  test('The platform stores it encrypted and uses it to authenticate all requests.', async () => {
    const { page, signedIn, stage } = here;
    const [connection] = (await signedIn.api.get('/v1/connections?integration=google-sheets')).json.data;
    for (const path of ['', '/events'])
      expect((await signedIn.api.get(`/v1/connections/${connection.id}${path}`)).text).not.toContain(
        'PRIVATE KEY',
      );
    const before = callsTo(stage.sandbox, { path: '/v1/userinfo' });
    await page.getByRole('button', { name: 'The robot', exact: true }).click();
    await page.getByRole('button', { name: /^Check now/ }).click();
    await eventually(() => callsTo(stage.sandbox, { path: '/v1/userinfo' })).toBeGreaterThan(before);
    expect(callsTo(stage.sandbox, { path: '/token' })).toBeGreaterThan(0);
    await page.keyboard.press('Escape');
  });

  test('A wrong file is named for what it is.', async () => {
    const { page } = here;
    await openApp(page, 'google-sheets');
    await page.getByRole('button', { name: 'Add connection' }).click();
    await popup()
      .getByRole('radio', { name: /Service account/ })
      .click();
    const clientFile = {
      installed: { client_id: 'x.apps.googleusercontent.com', client_secret: 'not-so-secret' },
    };
    await popup().locator('input[type=file]').setInputFiles(file('client.json', clientFile));
    await popup()
      .getByText(/OAuth client file/)
      .first()
      .waitFor();
    await popup().getByRole('button', { name: 'Cancel' }).click();
  });

  test('Rotation: upload a new key to the connector, verify the connection, then deactivate the old key.', async () => {
    const { page, signedIn } = here;
    await openApp(page, 'google-sheets');
    await rowOf(page, 'The robot').getByRole('button', { name: 'Edit' }).click();
    await popup()
      .getByRole('button', { name: /^Replace the/ })
      .click();
    const steps = popup().getByRole('list', { name: /^How to replace/ });
    await steps.getByText('Upload it here and save.').waitFor();
    await steps.getByText(/^Deactivate the old/).waitFor();
    await popup().locator('input[type=file]').setInputFiles(file('key-2.json', serviceAccountKey()));
    await popup().getByText('robot@keyrail-sandbox.iam.gserviceaccount.example').first().waitFor();
    await popup().getByRole('button', { name: 'Save', exact: true }).click();
    await eventually(() => popup().count()).toBe(0);
    const [connection] = (await signedIn.api.get('/v1/connections?integration=google-sheets')).json.data;
    expect(connection).toMatchObject({ status: 'connected', name: 'The robot' });
    expect(connection.previous_credential).not.toBeNull();
  });
});

describe('OAuth 2.0: what becomes of it', () => {
  test('OAuth tokens expire regularly. The platform refreshes them automatically before expiry.', async () => {
    const { signedIn, stage } = here;
    const [connection] = (await signedIn.api.get('/v1/connections?integration=airtable')).json.data;
    // Nothing uses it meanwhile: whatever is due is found by a sweep every half minute.
    await expect
      .poll(() => callsTo(stage.sandbox, { path: '/oauth2/v1/token' }), { timeout: 100_000 })
      .toBeGreaterThanOrEqual(2);
    const checked = await signedIn.api.post(`/v1/connections/${connection.id}/verify`);
    expect(checked.json).toMatchObject({ status: 'connected', verdict: { kind: 'ok' } });
  });

  test('If the refresh fails (for example, because permissions were revoked), the integration shows a Reconnect prompt.', async () => {
    const { page, stage } = here;
    stage.sandbox.withdraw('airtable');
    await openApp(page, 'airtable');
    await page.getByRole('button', { name: 'Bases', exact: true }).click();
    await page.getByRole('button', { name: /^Check now/ }).click();
    await rowOf(page, 'Bases').getByRole('button', { name: 'Reconnect' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('main').getByRole('button', { name: 'Reconnect' }).first().click();
    const button = popup().getByRole('button', { name: 'Connect with OAuth' });
    await allow(await openSignIn(page, button));
    await rowOf(page, 'Bases').getByText('Connected', { exact: true }).waitFor();
  });
});
