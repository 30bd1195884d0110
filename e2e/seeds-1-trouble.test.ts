import { describe, expect, test } from 'vitest';
import { eventually, sees, visit } from './browser.ts';
import { shareStage } from './shared.ts';
import { connect, invited, openApp, rowOf, saveKey } from './steps.ts';

const here = shareStage();

describe('The integration saves but actions still fail with an authentication error', () => {
  test('The API key has the correct format but lacks the required permissions: that is told apart when it is saved.', async () => {
    const { page } = here;
    await openApp(page, 'hubspot');
    await page.getByRole('radio', { name: /Private app token/ }).click();
    await page.getByLabel('Name your connection').fill('Too narrow');
    await page.getByLabel('Access token', { exact: true }).fill('sandbox-hubspot-limited');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await sees(page, /crm\.objects\.contacts\.read/);
    await rowOf(page, 'Too narrow').getByText('Connected; some actions not allowed').first().waitFor();
  });
});

describe('I keep seeing "Invalid credentials" when connecting', () => {
  test('White space around a pasted key is removed, and that is said.', async () => {
    const { page } = here;
    await openApp(page, 'instantly');
    await saveKey(page, '  sandbox-instantly-good\n ', 'Pasted');
    await rowOf(page, 'Pasted').getByText('Connected', { exact: true }).waitFor();
    await sees(page, /[Ss]paces? .*removed/);
  });

  test('A key that is not accepted says where to copy it again.', async () => {
    const { page } = here;
    await openApp(page, 'heyreach');
    await saveKey(page, 'not-a-key-of-heyreach-0001', 'Wrong');
    await page
      .getByRole('alert')
      .getByText(/Copy it again from Settings > Integrations/)
      .waitFor();
  });
});

describe('I cannot see the Integrations menu', () => {
  test('You need the Admin or Owner role to manage integrations: without it, the menu is not there where the workspace says so.', async () => {
    const { browser, stage, signedIn } = here;
    await signedIn.api.patch('/v1/workspace', { connections_visible_to: 'admins' });
    const editor = await visit(browser, stage.url, {
      signedIn: await invited(stage, signedIn.api, 'editor'),
    });
    await editor.page.goto('/settings/general');
    const menu = editor.page.getByRole('navigation', { name: 'Settings' });
    await menu.getByRole('link', { name: 'General' }).waitFor();
    expect(await menu.getByText('Integrations').count()).toBe(0);
    await editor.page.goto('/settings/connections');
    await sees(editor.page, 'You need the Admin or Owner role to manage integrations.');
    await sees(editor.page, /Ask Olive/);
    await editor.end();
    await signedIn.api.patch('/v1/workspace', { connections_visible_to: 'everybody' });
  });

  test('An Admin has the menu and may connect.', async () => {
    const { browser, stage, signedIn } = here;
    const admin = await visit(browser, stage.url, { signedIn: await invited(stage, signedIn.api, 'admin') });
    await openApp(admin.page, 'smartlead');
    await saveKey(admin.page, 'sandbox-smartlead-good-admin', 'By an admin');
    await rowOf(admin.page, 'By an admin').waitFor();
    await admin.end();
  });

  test('If you can see the menu but cannot save credentials, you have Viewer access. Contact your workspace owner to adjust your role.', async () => {
    const { browser, stage, signedIn } = here;
    await connect(signedIn.api, 'apollo', 'sandbox-apollo-good', { name: 'Seen by all' });
    const viewer = await invited(stage, signedIn.api, 'viewer');
    const { page, end } = await visit(browser, stage.url, { signedIn: viewer });
    await page.goto('/settings/connections');
    await page.getByRole('navigation', { name: 'Settings' }).getByText('Integrations').click();
    await openApp(page, 'apollo');
    await rowOf(page, 'Seen by all').waitFor();
    await sees(page, 'You need the Admin or Owner role to manage integrations.');
    await sees(page, /Ask Olive/);
    for (const name of ['Add connection', 'Edit', 'Disconnect', 'Set as default'])
      expect(await page.getByRole('button', { name }).count()).toBe(0);
    const tried = await viewer.api.post('/v1/connections', {
      integration: 'apollo',
      credentials: { api_key: 'sandbox-apollo-good-2' },
    });
    expect(tried.status).toBe(403);
    await end();
  });

  test('The workspace owner adjusts the role, and it holds at once.', async () => {
    const { browser, stage, signedIn, page } = here;
    const viewer = await invited(stage, signedIn.api, 'viewer');
    const name = (await viewer.api.get('/v1/session')).json.user.email;
    await page.goto('/settings/members');
    const line = page.getByRole('list', { name: 'Members' }).getByRole('listitem').filter({ hasText: name });
    await line.getByLabel('Role of A viewer').click();
    await page.getByRole('option', { name: 'Admin' }).click();
    await eventually(async () => (await viewer.api.get('/v1/workspace')).json.role).toBe('admin');
    const person = await visit(browser, stage.url, { signedIn: viewer });
    await openApp(person.page, 'apollo');
    await person.page.getByRole('button', { name: 'Add connection' }).waitFor();
    await person.end();
  });

  test('Somebody new is invited by a link with a role, and joins with it.', async () => {
    const { browser, stage, page } = here;
    await page.goto('/settings/members');
    await page.getByRole('button', { name: 'Invite' }).click();
    const form = page.getByRole('dialog');
    await form.getByRole('radio', { name: 'Editor' }).click();
    await form.getByRole('button', { name: 'Make a link' }).click();
    const link = await form.getByLabel('The invitation link').inputValue();
    const guest = await visit(browser, stage.url);
    await guest.page.goto(link);
    await guest.page.getByLabel('Your name').fill('Ed Newcomer');
    await guest.page.getByLabel('Email').fill('ed@example.com');
    await guest.page.getByLabel('Password', { exact: true }).fill('a-fine-Password-0003');
    await guest.page.getByRole('button', { name: 'Make the account and join' }).click();
    await guest.page.getByRole('navigation', { name: 'Main' }).waitFor();
    await guest.end();
    await page.reload();
    await page.getByRole('list', { name: 'Members' }).getByText('Ed Newcomer').waitFor();
  });
});
