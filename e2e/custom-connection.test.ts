import { AxeBuilder } from '@axe-core/playwright';
import { afterAll, describe, expect, test } from 'vitest';
import { crm, startCrm } from '../server/test/crm.ts';
import { eventually } from './browser.ts';
import { settled } from './settled.ts';
import { shareStage } from './shared.ts';
import { openApp, rowOf, runToEnd } from './steps.ts';

const acme = await startCrm();
const moved = await startCrm();
afterAll(() => Promise.all([acme.close(), moved.close()]));
const here = shareStage({ allow: [`127.0.0.1:${acme.port}`, `127.0.0.1:${moved.port}`] });
const region = (name: string) => here.page.getByRole('region', { name, exact: true });
const panel = () => here.page.getByRole('complementary', { name: 'Test' });
const save = () => here.page.getByRole('button', { name: 'Save', exact: true }).click();
const slug = 'custom-acme-crm';
/** Of the field that has the focus. */
const focused = (attribute: string) =>
  here.page.evaluate(`document.activeElement?.getAttribute('${attribute}') ?? null`);

describe('A custom connection', () => {
  test('is offered where a search finds nothing, with the name filled in', async () => {
    const { page } = here;
    await page.goto('/settings/connections');
    await page.getByRole('searchbox', { name: 'Search integrations' }).fill('Acme CRM');
    await page.getByText('No integration is called “Acme CRM”').waitFor();
    await page.getByRole('button', { name: 'Make a custom connection' }).last().click();
    await page.getByRole('heading', { name: 'Make a custom connection', level: 1 }).waitFor();
    await eventually(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('Acme CRM');
  });

  test('is tried before it is saved, and no secret is in what is shown of it', async () => {
    const { page } = here;
    await page.getByLabel('Base URL').fill(acme.origin);
    await region('Authentication').getByLabel('Authentication').selectOption('header');
    await page.getByLabel('Header', { exact: true }).fill('X-Acme-Key');
    await region('Check').getByLabel('Path', { exact: true }).fill('/me');
    await page.getByLabel('Account name in the answer').fill('email');
    await panel().getByLabel('API key', { exact: true }).fill('fake-acme-key-wrong');
    await panel().getByRole('button', { name: 'Test' }).click();
    await panel().getByText('did not accept').first().waitFor();
    await panel().getByLabel('API key', { exact: true }).fill(crm.key);
    await panel().getByRole('button', { name: 'Test' }).click();
    await panel().getByText('Connected as jane@acme.example').waitFor();
    const shown = await panel().innerText();
    expect(shown).toContain(`GET ${acme.origin}/me`);
    expect(shown).toContain('x-acme-key: ••••••••');
    expect(shown).toContain('[secret]');
    expect(shown).not.toContain(crm.key);
  });

  test('says what is not right at its place, with the focus there, and saves nothing', async () => {
    const { page, signedIn } = here;
    await page.getByLabel('Base URL').fill('http://169.254.169.254/');
    await save();
    await page.getByText('This server does not call that address.').first().waitFor();
    await eventually(() => focused('aria-invalid')).toBe('true');
    expect((await signedIn.api.get('/v1/custom-integrations')).json.data).toEqual([]);
    await page.getByLabel('Base URL').fill(acme.origin);
  });

  test('has actions, which are tried the same way', async () => {
    await here.page.getByRole('button', { name: 'Add action' }).click();
    const actions = region('Actions');
    await actions.getByLabel('Name of the action').fill('Find e-mail');
    await actions.getByRole('button', { name: 'Add input' }).click();
    await actions.getByLabel('Input 1', { exact: true }).fill('Name');
    await actions.getByLabel('Path', { exact: true }).fill('/people');
    await actions.getByRole('button', { name: 'Add parameter' }).click();
    await actions.getByLabel('Name, parameter 1').fill('name');
    await actions.getByLabel('Value, parameter 1').fill('{name}');
    await actions.getByLabel('Output 1', { exact: true }).fill('E-mail');
    await actions.getByLabel('Place of output 1 in the answer').fill('person.email');
    await panel().getByLabel('What to send').selectOption({ label: 'Find e-mail' });
    await panel().getByLabel('Name', { exact: true }).fill('Ada');
    await panel().getByRole('button', { name: 'Test' }).click();
    await panel().getByText('It worked.').waitFor();
    await panel().getByText('ada@acme.example').first().waitFor();
  });

  test('is described on a page without a flaw that a machine finds, in light and dark', async () => {
    const { page } = here;
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await settled(page);
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    }
    await page.emulateMedia({ colorScheme: 'light' });
  });

  test('fits a phone', async () => {
    const { page } = here;
    await page.setViewportSize({ width: 390, height: 844 });
    await eventually(() =>
      page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'),
    ).toBe(0);
    await page.setViewportSize({ width: 1360, height: 860 });
  });

  test('is saved and connected with what was tried', async () => {
    const { page } = here;
    await save();
    await page.getByRole('heading', { name: 'Acme CRM', level: 1 }).waitFor();
    await rowOf(page, 'Acme CRM').getByText('Connected', { exact: true }).waitFor();
    await rowOf(page, 'Acme CRM').getByText('jane@acme.example').waitFor();
  });

  test('fills the cells of an action column', async () => {
    const { api } = here.signedIn;
    const table = await api.post('/v1/tables', {
      name: 'People',
      columns: [{ name: 'Name', type: 'text' }],
    });
    const [name] = table.json.columns;
    await api.post(`/v1/tables/${table.json.id}/rows`, {
      rows: ['Ada', 'Grace', 'Nobody'].map((one) => ({ values: { [name.id]: one } })),
    });
    const column = await api.post(`/v1/tables/${table.json.id}/columns`, {
      name: 'E-mail',
      type: 'action',
      action: {
        integration: slug,
        action: 'find_e_mail',
        connection_id: null,
        inputs: { name: { kind: 'column', column_id: name.id } },
        outputs: {},
      },
    });
    expect(column.status, column.text).toBe(201);
    const run = await runToEnd(api, { tableId: table.json.id, columnId: column.json.id });
    expect(run.state).toBe('done');
    await here.page.goto(`/tables/${table.json.id}`);
    await here.page.getByText('grace@acme.example').waitFor();
  });

  test('loses its stored credentials when its address changes, and the page says first of whom', async () => {
    const { page } = here;
    await openApp(page, slug);
    await page.getByText('Edit app').click();
    await page.getByRole('heading', { name: 'Edit Acme CRM' }).waitFor();
    await page.getByLabel('Base URL').fill(moved.origin);
    await save();
    const asked = page.getByRole('dialog', { name: 'Destroy the stored credentials?' });
    await asked.getByText('used by E-mail in People').waitFor();
    await asked.getByRole('button', { name: 'Save and destroy them' }).click();
    await page.getByRole('heading', { name: 'Acme CRM', level: 1 }).waitFor();
    await rowOf(page, 'Acme CRM').getByText('Disconnected', { exact: true }).waitFor();
    expect(moved.seen).toEqual([]);
  });

  test('is deleted once the page has listed what goes with it', async () => {
    const { page } = here;
    await page.goto(`/settings/connections/${slug}/edit`);
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page
      .getByRole('dialog', { name: 'Delete Acme CRM?' })
      .getByRole('button', { name: 'Delete', exact: true })
      .click();
    const asked = page.getByRole('dialog', { name: 'Delete Acme CRM with its connections?' });
    await asked.getByText('used by E-mail in People').waitFor();
    await asked.getByRole('button', { name: 'Delete all of it' }).click();
    await page.getByRole('heading', { name: 'Connections', level: 1 }).waitFor();
    await eventually(() => page.getByText('Acme CRM').count()).toBe(0);
  });
});
