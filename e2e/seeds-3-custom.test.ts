import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { makeCertificate } from '../server/test/certificate.ts';

import { eventually, sees } from './browser.ts';
import { shareStage } from './shared.ts';
import { allow, callsTo, connect, openApp, openSignIn, rowOf, runToEnd, setUpSignIn } from './steps.ts';

// A tool that nobody knows: the sandbox answers at the address of one it does know.
const ADDRESS = 'https://api.hunter.io/v2';
const KEY = 'sandbox-hunter-good-custom';

const keyFilePath = (name: string) =>
  fileURLToPath(new URL(`../server/test/key-files/${name}`, import.meta.url));

const here = shareStage({ expected: /^a request to a third party: http:\/\/127\.0\.0\.1:/ });
const part = (name: string) => here.page.getByRole('region', { name, exact: true });
const trial = () => here.page.getByRole('complementary', { name: 'Test' });

describe('Setting up a fully custom connection where you provide all the necessary details yourself', () => {
  test('Set up a fully custom connection: name, icon, base URL, authentication, check request, test it with the secret masked, add an action, save.', async () => {
    const { page, signedIn } = here;
    await connect(signedIn.api, 'hunter', 'sandbox-hunter-good-ready', { name: 'Ready-made' });
    await page.goto('/settings/connections');
    await page.getByRole('searchbox', { name: 'Search integrations' }).fill('Acme CRM');
    await sees(page, /No integration is called/);
    await page.getByRole('button', { name: 'Make a custom connection' }).last().click();

    await eventually(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('Acme CRM');
    await part('The app').getByLabel('Letters or an emoji').fill('AC');
    await part('The app').getByLabel('Base URL').fill(ADDRESS);
    await part('Authentication').getByLabel('Authentication').selectOption({ label: 'Key in a header' });
    await part('Authentication').getByLabel('Header').fill('X-API-KEY');
    const check = part('Check');
    const hasCheck = check.getByLabel('There is a request to check a connection with');
    if (!(await hasCheck.isChecked())) await hasCheck.click();
    await check.getByLabel('Path').fill('/account');
    await check.getByLabel('Account name in the answer').fill('data.email');

    await trial().getByLabel('API key', { exact: true }).fill(KEY);
    await trial().getByRole('button', { name: 'Test' }).click();
    await trial().getByRole('region', { name: 'Answer' }).getByText('200').waitFor();
    const exchange = await trial().getByRole('region', { name: 'Request' }).innerText();
    expect(exchange).toContain(`GET ${ADDRESS}/account`);
    expect(exchange.toLowerCase()).toContain('x-api-key');
    expect(exchange).not.toContain(KEY);

    await addAction();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Acme CRM', level: 1 }).waitFor();
    const row = page.getByRole('row', { name: /Connected as good-custom@hunter/ });
    await row.getByText('Connected', { exact: true }).waitFor();
  });

  async function addAction(): Promise<void> {
    const actions = part('Actions');
    await actions.getByRole('button', { name: 'Add action' }).click();
    await actions.getByLabel('Name of the action').fill('Look up');
    for (const [at, name] of ['First name', 'Last name', 'Domain'].entries()) {
      if ((await actions.getByLabel(`Input ${at + 1}`, { exact: true }).count()) === 0)
        await actions.getByRole('button', { name: 'Add input' }).click();
      await actions.getByLabel(`Input ${at + 1}`, { exact: true }).fill(name);
      await actions.getByRole('button', { name: 'Add parameter' }).click();
      const parameter = name.toLowerCase().replace(' ', '_');
      await actions.getByLabel(`Name, parameter ${at + 1}`).fill(parameter);
      await actions.getByLabel(`Value, parameter ${at + 1}`).fill(`{${parameter}}`);
    }
    await actions.getByLabel('Path', { exact: true }).fill('/email-finder');
    await actions.getByLabel('Output 1', { exact: true }).fill('Email');
    await actions.getByLabel('Place of output 1 in the answer').fill('data.email');
    await actions.getByLabel('May be repeated').check();
  }

  test('All active connections, both pre-built and custom, appear together in the "Your connected apps" section.', async () => {
    const { page } = here;
    await page.goto('/settings/connections');
    const apps = page.getByRole('region', { name: 'Your connected apps' });
    await apps.getByRole('link', { name: /Hunter\.io.*1 connection/s }).waitFor();
    await apps.getByRole('link', { name: /Acme CRM.*1 connection/s }).waitFor();
  });

  test('Actions on a custom connection work in columns like any other.', async () => {
    const { signedIn, stage } = here;
    const slug = (await signedIn.api.get('/v1/custom-integrations')).json.data[0].slug;
    const action = (await signedIn.api.get(`/v1/integrations/${slug}`)).json.actions[0];
    const table = (await signedIn.api.post('/v1/tables', { name: 'Leads', columns: [] })).json;
    const csv = 'First,Last,Domain\nAnna,Bergstrom,alderfreight.example';
    const { columns } = (
      await signedIn.api.post(`/v1/tables/${table.id}/import`, csv, { 'content-type': 'text/csv' })
    ).json;
    const inputs = Object.fromEntries(
      action.inputs.map((input: { name: string }, at: number) => [
        input.name,
        { kind: 'column', column_id: columns[at].id },
      ]),
    );
    const column = await signedIn.api.post(`/v1/tables/${table.id}/columns`, {
      name: 'Looked up',
      type: 'action',
      action: { integration: slug, action: action.name, connection_id: null, inputs, outputs: {} },
    });
    expect(column.status, column.text).toBe(201);
    const run = await runToEnd(signedIn.api, { tableId: table.id, columnId: column.json.id });
    expect(run.counts).toMatchObject({ done: 1 });
    expect(callsTo(stage.sandbox, { key: KEY, path: '/v2/email-finder' })).toBe(1);
    await here.page.goto(`/tables/${table.id}`);
    await sees(here.page, 'anna.bergstrom@alderfreight.example');
  });

  test('Changing where the secret is sent destroys it, after that was said.', async () => {
    const { page, signedIn } = here;
    const slug = (await signedIn.api.get('/v1/custom-integrations')).json.data[0].slug;
    await openApp(page, slug);
    await page.getByRole('link', { name: 'Edit app' }).click();
    await part('The app').getByLabel('Base URL').fill('https://api.apollo.io/v2');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const question = page.getByRole('dialog', { name: 'Destroy the stored credentials?' });
    await question.getByText('Looked up in Leads').waitFor();
    await question.getByRole('button', { name: 'Save and destroy them' }).click();
    await page
      .getByRole('row', { name: /Acme CRM/ })
      .getByText('Disconnected')
      .waitFor();
    const [connection] = (await signedIn.api.get(`/v1/connections?integration=${slug}`)).json.data;
    expect(connection).toMatchObject({ status: 'disconnected', hint: null });
  });
});

describe('The ways to authenticate', () => {
  const describeTool = async (name: string, auth: object, more: object = {}) => {
    const made = await here.signedIn.api.post('/v1/custom-integrations', {
      name,
      base_url: ADDRESS,
      auth,
      ...more,
    });
    expect(made.status, made.text).toBe(201);
    return made.json.slug as string;
  };

  test('OAuth 2.0 with addresses of its own', async () => {
    const { page, signedIn } = here;
    const slug = await describeTool(
      'Own sign-in',
      {
        type: 'oauth2',
        authorize_url: 'https://airtable.com/oauth2/v1/authorize',
        token_url: 'https://airtable.com/oauth2/v1/token',
        scopes: ['user.email:read'],
        token_auth_method: 'client_secret_basic',
      },
      { base_url: 'https://api.airtable.com', check: { path: '/v0/meta/whoami', account_path: 'email' } },
    );
    await setUpSignIn(signedIn.api, slug);
    await openApp(page, slug);
    await page.getByLabel('Name your connection').fill('Signed in');
    await allow(
      await openSignIn(page, page.getByRole('button', { name: 'Connect with OAuth' })),
      'eve@acme.example',
    );
    await rowOf(page, 'Signed in').getByText('Connected as eve@acme.example').waitFor();
  });

  test('Upload the credentials file: a certificate is recognised, with its end, before it is saved.', async () => {
    const { page } = here;
    const slug = await describeTool('By certificate', { type: 'certificate' });
    const { cert, key } = makeCertificate({ name: 'robot.acme.example', validTo: new Date('2031-05-01') });
    const file = (name: string, text: string) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(text),
    });
    await openApp(page, slug);
    await page.getByLabel('Name your connection').fill('The certificate');
    const files = page.locator('input[type=file]');
    await files.nth(0).setInputFiles(file('robot.crt', cert));
    await files.nth(1).setInputFiles(file('robot.key', key));
    await sees(page, /robot\.acme\.example/);
    await sees(page, /2031/);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await rowOf(page, 'The certificate').waitFor();

    // One file with both: its key is not asked for, its passphrase is.
    await page.getByRole('button', { name: 'Add connection' }).click();
    await page.getByLabel('Name your connection').fill('One file');
    const popup = page.getByRole('dialog');
    await popup.locator('input[type=file]').first().setInputFiles(keyFilePath('openssl3.p12'));
    await sees(page, /PKCS#12 file is protected by a passphrase/);
    await popup.getByLabel('Passphrase of the key', { exact: true }).fill('fake passphrase 0001');
    await sees(page, /ec\.client\.example/);
    await popup.getByRole('button', { name: 'Save', exact: true }).click();
    await rowOf(page, 'One file').waitFor();
  });
});
