import { describe, expect, test } from 'vitest';
import { eventually, sees } from './browser.ts';
import { makeLeads } from './leads.ts';
import { shareStage } from './shared.ts';
import { connect, openApp, rowOf, runToEnd } from './steps.ts';

const here = shareStage();
const popup = () => here.page.getByRole('dialog');

describe('Check connection status', () => {
  test('Connected integrations show a green checkmark. Integrations with expired or invalid tokens show a warning icon.', async () => {
    const { page, signedIn, stage } = here;
    await connect(signedIn.api, 'apollo', 'sandbox-apollo-good');
    const { id } = await connect(signedIn.api, 'smartlead', 'sandbox-smartlead-good-gone', { name: 'Gone' });
    stage.sandbox.revoke('sandbox-smartlead-good-gone');
    await signedIn.api.post(`/v1/connections/${id}/verify`);
    await page.goto('/settings/integrations');
    const apps = page.getByRole('region', { name: 'Your connected apps' });
    const stateOf = (name: RegExp) => apps.getByRole('link', { name }).locator('[data-tone]');
    await eventually(() => stateOf(/Apollo/).getAttribute('data-tone')).toBe('green');
    expect(
      await stateOf(/Apollo/)
        .locator('svg')
        .getAttribute('class'),
    ).toContain('circle-check');
    await eventually(() => stateOf(/Smartlead/).getAttribute('data-tone')).toBe('red');
    expect(
      await stateOf(/Smartlead/)
        .locator('svg')
        .getAttribute('class'),
    ).toContain('alert-triangle');
  });
});

describe('Reconnect an expired integration', () => {
  test('Click the integration with the warning icon. Click Reconnect. Enter new credentials.', async () => {
    const { page } = here;
    await page.goto('/settings/integrations');
    await page
      .getByRole('region', { name: 'Your connected apps' })
      .getByRole('link', { name: /Smartlead/ })
      .click();
    await rowOf(page, 'Gone').getByRole('button', { name: 'Reconnect' }).click();
    await popup().getByLabel('API key', { exact: true }).fill('sandbox-smartlead-good-renewed');
    await popup()
      .getByRole('button', { name: /^(Save|Reconnect)$/ })
      .click();
    await rowOf(page, 'Gone').getByText('Connected', { exact: true }).waitFor();
  });
});

describe('Remove an integration', () => {
  test('Click the integration you want to remove. Click Disconnect. Disconnecting removes the saved credentials.', async () => {
    const { page, signedIn } = here;
    await makeLeads(signedIn.api, { key: 'sandbox-hunter-good-remove', rows: 3 });
    await openApp(page, 'hunter');
    await rowOf(page, 'Hunter').getByRole('button', { name: 'Disconnect' }).click();
    await popup().getByText('Find email in Leads').waitFor();
    await popup().getByRole('button', { name: 'Disconnect' }).click();
    await rowOf(page, 'Hunter').getByText('Disconnected').waitFor();
    const [connection] = (await signedIn.api.get('/v1/connections?integration=hunter')).json.data;
    expect(connection).toMatchObject({ status: 'disconnected', hint: null, has_previous_credential: false });
  });

  test('Any action columns that depend on this integration will fail the next time they run.', async () => {
    const { page, signedIn } = here;
    const [table] = (await signedIn.api.get('/v1/tables')).json.data;
    const [column] = (await signedIn.api.get(`/v1/tables/${table.id}`)).json.columns.filter(
      (one: { type: string }) => one.type === 'action',
    );
    const run = await runToEnd(signedIn.api, { tableId: table.id, columnId: column.id });
    expect(run.counts.done).toBe(0);
    await page.goto(`/tables/${table.id}`);
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await sees(page, /There is no connection to Hunter\.io/);
  });

  test('Add new credentials before running enrichment again: the columns work at once.', async () => {
    const { page, signedIn } = here;
    await openApp(page, 'hunter');
    await rowOf(page, 'Hunter').getByRole('button', { name: 'Reconnect' }).click();
    await popup().getByLabel('API key', { exact: true }).fill('sandbox-hunter-good-healed');
    await popup()
      .getByRole('button', { name: /^(Save|Reconnect)$/ })
      .click();
    await rowOf(page, 'Hunter').getByText('Connected', { exact: true }).waitFor();
    const [table] = (await signedIn.api.get('/v1/tables')).json.data;
    const [column] = (await signedIn.api.get(`/v1/tables/${table.id}`)).json.columns.filter(
      (one: { type: string }) => one.type === 'action',
    );
    const run = await runToEnd(signedIn.api, { tableId: table.id, columnId: column.id });
    expect(run.state).toBe('done');
    expect((run.counts.done ?? 0) + (run.counts.no_result ?? 0)).toBe(3);
  });
});
