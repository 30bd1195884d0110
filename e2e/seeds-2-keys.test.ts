import { describe, expect, test } from 'vitest';
import { eventually, sees } from './browser.ts';
import { makeLeads } from './leads.ts';
import { shareStage } from './shared.ts';
import { callsTo, openApp, rowOf, runToEnd } from './steps.ts';

const here = shareStage();
const popup = () => here.page.getByRole('dialog');

describe('Choosing the right method', () => {
  test.each([
    ['hubspot', ['Private app token', 'Sign in with HubSpot']],
    ['notion', ['Internal integration secret', 'Sign in with Notion']],
    ['airtable', ['Personal access token', 'Sign in with Airtable']],
    ['slack', ['Bot token', 'Add to Slack']],
    ['google-sheets', ['Sign in with Google', 'Service account']],
    ['salesforce', ['Sign in with Salesforce', 'Client credentials', 'JWT bearer']],
  ])(
    '%s: each method says when it is the right one; a key comes first, then the sign-in, then what is for programs.',
    async (slug, labels) => {
      const { page } = here;
      await openApp(page, slug);
      const methods = page.getByRole('radiogroup', { name: 'How to connect' }).getByRole('radio');
      await eventually(() => methods.count()).toBe(labels.length);
      const shown = await methods.evaluateAll((radios: unknown[]) =>
        (radios as { labels: { innerText: string }[] }[]).map((radio) => radio.labels[0]?.innerText),
      );
      expect(shown).toEqual(labels);
      for (let at = 0; at < labels.length; at++) {
        const described = await methods.nth(at).getAttribute('aria-describedby');
        const sentence = await page
          .locator(`[id="${described}"]`)
          .or(page.getByText(/^For /))
          .nth(at)
          .innerText();
        expect(sentence).toMatch(/\w.{30,}\./);
      }
    },
  );
});

describe('API keys: how to rotate', () => {
  const oldKey = 'sandbox-hunter-good-old';
  const newKey = 'sandbox-hunter-good-fresh';
  let where: { tableId: string; columnId: string };

  test('Go to Integrations, [Integration name], Credentials.', async () => {
    const { page, signedIn } = here;
    where = await makeLeads(signedIn.api, { key: oldKey, rows: 40 });
    await page.goto('/settings/integrations');
    const apps = page.getByRole('region', { name: 'Your connected apps' });
    await apps.getByRole('link', { name: /Hunter\.io/ }).click();
    await page.getByRole('heading', { name: 'Credentials' }).waitFor();
  });

  test('The four steps stand where a key is replaced: generate a new key, paste it and click Save, verify, revoke the old key.', async () => {
    const { page } = here;
    await openApp(page, 'hunter');
    await rowOf(page, 'Hunter').getByRole('button', { name: 'Edit' }).click();
    await popup().getByRole('button', { name: 'Replace the API key' }).click();
    const steps = popup().getByRole('list', { name: 'How to replace the API key' }).getByRole('listitem');
    await eventually(() => steps.allInnerTexts()).toEqual([
      expect.stringContaining('Make a new API key in Hunter.io'),
      expect.stringContaining('Paste it here and save.'),
      expect.stringContaining('It is verified with Hunter.io'),
      expect.stringContaining('Revoke the old API key in Hunter.io'),
    ]);
  });

  test('A new key that is not accepted leaves the old one in use.', async () => {
    const { page, signedIn } = here;
    await popup().getByLabel('API key', { exact: true }).fill('not-a-key-of-hunter-0001');
    await popup().getByRole('button', { name: 'Save', exact: true }).click();
    await popup().getByText('Nothing was saved.').waitFor();
    const run = await runToEnd(signedIn.api, where, { scope: 'first', limit: 1 });
    expect(run.counts.error).toBe(0);
    await popup().getByRole('button', { name: 'Cancel' }).click();
    await eventually(() => page.getByRole('dialog').count()).toBe(0);
  });

  test('Paste the new key and click Save, while a run is under way: no call fails, although the old key is revoked right after.', async () => {
    const { page, signedIn, stage } = here;
    const started = await signedIn.api.post(`/v1/tables/${where.tableId}/columns/${where.columnId}/runs`, {
      scope: 'forced',
    });
    expect(started.status).toBe(201);
    await rowOf(page, 'Hunter').getByRole('button', { name: 'Edit' }).click();
    await popup().getByRole('button', { name: 'Replace the API key' }).click();
    await popup().getByLabel('API key', { exact: true }).fill(newKey);
    await popup().getByRole('button', { name: 'Save', exact: true }).click();
    await sees(page, /Now revoke the old API key/);
    stage.sandbox.revoke(oldKey);
    let run = started.json;
    await eventually(async () => {
      run = (await signedIn.api.get(`/v1/runs/${run.id}`)).json;
      return run.state;
    }).toBe('done');
    expect(run.counts).toMatchObject({ error: 0, waiting_for_connection: 0, unknown: 0 });
    expect(run.counts.done + run.counts.no_result).toBe(40);
  });

  test('Verify the connection still works.', async () => {
    const { page, stage } = here;
    const before = callsTo(stage.sandbox, { key: newKey });
    await openApp(page, 'hunter');
    await page.getByRole('button', { name: 'Hunter.io', exact: true }).click();
    await page.getByRole('button', { name: /^Check now/ }).click();
    await eventually(() => callsTo(stage.sandbox, { key: newKey })).toBeGreaterThan(before);
    await rowOf(page, 'Hunter').getByText('Connected', { exact: true }).waitFor();
  });

  test('A key that was replaced by mistake comes back with one click; one that leaked is destroyed at once.', async () => {
    const { page, signedIn } = here;
    const replace = async (key: string) => {
      await openApp(page, 'hunter');
      await rowOf(page, 'Hunter').getByRole('button', { name: 'Edit' }).click();
      await popup().getByRole('button', { name: 'Replace the API key' }).click();
      await popup().getByLabel('API key', { exact: true }).fill(key);
      await popup().getByRole('button', { name: 'Save', exact: true }).click();
      await sees(page, /Now revoke the old API key/);
    };
    const hint = async () => (await signedIn.api.get('/v1/connections?integration=hunter')).json.data[0];
    const before = (await hint()).hint;
    await replace('sandbox-hunter-good-mistake');
    expect((await hint()).hint).not.toBe(before);
    await page.getByRole('button', { name: 'Roll back' }).first().click();
    await eventually(async () => (await hint()).hint).toBe(before);

    await replace('sandbox-hunter-good-leak1');
    await page.getByRole('button', { name: 'Destroy the old key now' }).first().click();
    await page
      .getByRole('dialog', { name: 'Destroy the old key now' })
      .getByRole('button', { name: 'Destroy' })
      .click();
    await eventually(async () => (await hint()).previous_credential).toBeNull();
  });
});
