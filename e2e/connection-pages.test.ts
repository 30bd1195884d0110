import { describe, expect, test } from 'vitest';
import { SANDBOX_CLIENT } from '../sandbox/oauth/flow.ts';
import { serviceAccountKey } from '../sandbox/oauth/service-account.ts';
import { eventually, sees } from './browser.ts';
import { shareStage } from './shared.ts';
import { cardsIn, connect, openApp, rowOf, saveKey, setUpSignIn } from './steps.ts';

const here = shareStage();
const popup = () => here.page.getByRole('dialog');
const inPopup = (name: string) => popup().getByRole('button', { name, exact: true });
const read = async (id: string) => (await here.signedIn.api.get(`/v1/connections/${id}`)).json;

describe('two people edit one connection', () => {
  test('the second is told what the first did, nothing is overwritten, and the second can go on from there', async () => {
    const { page, signedIn } = here;
    const { id } = await connect(signedIn.api, 'smartlead', 'sandbox-smartlead-good', { name: 'Campaigns' });
    await openApp(page, 'smartlead');
    await rowOf(page, 'Campaigns').getByRole('button', { name: 'Edit' }).click();
    await popup().getByRole('button', { name: 'Replace the API key' }).click();
    await popup().getByLabel('API key', { exact: true }).fill('sandbox-smartlead-good-second');
    await signedIn.api.request('PATCH', `/v1/connections/${id}`, { name: 'Renamed by somebody else' });

    await inPopup('Save').click();
    await sees(page, /Somebody else changed this connection/);
    await sees(page, /Now it is called “Renamed by somebody else”/);
    expect(await read(id)).toMatchObject({ hint: 'good', name: 'Renamed by somebody else' });

    await inPopup('Go on from what is there now').click();
    expect(await popup().getByLabel('API key', { exact: true }).inputValue()).toBe(
      'sandbox-smartlead-good-second',
    );
    await inPopup('Save').click();
    await eventually(async () => (await read(id)).hint).toBe('cond');
    expect((await read(id)).name).toBe('Renamed by somebody else');
  });
});

describe('a replaced key', () => {
  test('the four steps stand where it is done; the old key can be taken back with a click, or destroyed', async () => {
    const { page, signedIn } = here;
    const { id } = await connect(signedIn.api, 'heyreach', 'sandbox-heyreach-good-one', { name: 'Outreach' });
    await openApp(page, 'heyreach');
    await rowOf(page, 'Outreach').getByRole('button', { name: 'Edit' }).click();
    await popup().getByRole('button', { name: 'Replace the API key' }).click();
    const steps = popup().getByRole('list', { name: 'How to replace the API key' }).getByRole('listitem');
    await eventually(() => steps.allInnerTexts()).toEqual([
      expect.stringMatching(/Make a new API key in HeyReach/),
      expect.stringMatching(/Paste it here and save/),
      expect.stringMatching(/verified with HeyReach/),
      expect.stringMatching(/Revoke the old API key in HeyReach/),
    ]);
    await popup().getByLabel('API key', { exact: true }).fill('sandbox-heyreach-good-two');
    await inPopup('Save').click();
    await sees(page, /Now revoke the old API key/);
    await page.getByRole('button', { name: 'Roll back' }).click();
    await sees(page, /Rolled back/);
    expect(await read(id)).toMatchObject({ hint: '-one', previous_credential: { hint: '-two' } });

    await page.getByRole('button', { name: 'Outreach', exact: true }).click();
    // The newer one is the previous one now, and the steps of the replacement are over.
    await popup().getByRole('button', { name: 'Use it again' }).waitFor();
    expect(
      await popup()
        .getByRole('list', { name: /^How to replace/ })
        .count(),
    ).toBe(0);
    await popup().getByRole('button', { name: 'Destroy it now' }).click();
    await page
      .getByRole('dialog', { name: 'Destroy the other key now' })
      .getByRole('button', { name: 'Destroy', exact: true })
      .click();
    await eventually(async () => (await read(id)).previous_credential).toBe(null);
    await eventually(() => page.getByRole('button', { name: 'Destroy it now' }).count()).toBe(0);
  });
});

describe('what ends when', () => {
  // Five weeks on: so late that no warning of it is due, which would ring the bell that the next test looks at.
  const day = new Date(Date.now() + 35 * 86_400_000).toISOString().slice(0, 10);

  test('an end date is entered, stands in the list and the calendar, and leads to where the key is replaced', async () => {
    const { page, signedIn } = here;
    const { id } = await connect(signedIn.api, 'heyreach', 'sandbox-heyreach-good-ends', {
      name: 'Ends soon',
    });
    await openApp(page, 'heyreach');
    await rowOf(page, 'Ends soon').getByRole('button', { name: 'Edit' }).click();
    await popup().getByText('Dates', { exact: true }).click();
    await popup().getByLabel('Ends on').fill(day);
    await inPopup('Save').click();
    await sees(page, 'Saved.');
    expect((await read(id)).ends_at).toBe(`${day}T10:00:00.000Z`);

    await page.goto('/settings/what-ends-when');
    const line = page.getByRole('listitem').filter({ hasText: 'Ends soon' });
    await line.getByText('In 35 days').waitFor();
    await line.getByText('Entered by hand').waitFor();
    await page.getByText('Calendar', { exact: true }).click();
    // Tab leads to today, and the arrows go from there.
    await page.getByRole('grid').locator('[tabindex="0"]').focus();
    for (let at = 0; at < 5; at += 1) await page.keyboard.press('ArrowDown');
    await eventually(() => page.evaluate('document.activeElement.dataset.day')).toBe(day);
    await eventually(() => page.evaluate('document.activeElement.textContent')).toContain('Key: Ends soon');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Show the whole month' }).waitFor();
    await page.getByRole('link', { name: 'Replace… Ends soon' }).click();
    await page
      .getByRole('dialog', { name: 'Edit Ends soon' })
      .getByText('Leave the old one as it is')
      .waitFor();
    await page.keyboard.press('Escape');
  });

  test('what stopped stands at the bell until it is read, and says so once it is put right', async () => {
    const { page, signedIn, stage } = here;
    const { id } = await connect(signedIn.api, 'smartlead', 'sandbox-smartlead-good-bell', { name: 'Rings' });
    stage.sandbox.revoke('sandbox-smartlead-good-bell');
    await signedIn.api.post(`/v1/connections/${id}/verify`);
    await page.goto('/tables');
    await page.getByRole('button', { name: 'Notices: 1 unread' }).click();
    await popup().getByText(/Rings/).first().waitFor();
    await popup().getByRole('button', { name: 'Mark all as read' }).click();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Notices', exact: true }).waitFor();
    await signedIn.api.post(`/v1/connections/${id}/reconnect`, {
      credentials: { api_key: 'sandbox-smartlead-good-other' },
    });
    await page.goto('/notices');
    await sees(page, 'Put right since');
  });
});

describe('where notices go', () => {
  test('a webhook shows its secret once; a test says what came of it; a new secret is shown once, too', async () => {
    const { page } = here;
    await page.goto('/settings/notifications');
    await page.getByRole('button', { name: 'Add a place' }).first().click();
    await popup().getByText('Webhook', { exact: true }).click();
    await popup().getByLabel('Address', { exact: true }).fill('http://10.0.0.5/hook');
    await inPopup('Add webhook').click();
    await popup()
      .getByText(/does not call/)
      .waitFor();
    // An address of the sandbox, which knows no such page.
    await popup()
      .getByLabel('Address', { exact: true })
      .fill(`${here.stage.sandbox.upstreams[0]?.target}/hook`);
    await inPopup('Add webhook').click();
    await sees(page, 'It is not shown again.');
    const secret = await popup().getByLabel('The secret').inputValue();
    expect(secret).toMatch(/^whsec_/);
    await inPopup('Done').click();
    await page.getByRole('button', { name: /^Send a test to/ }).click();
    await sees(page, 'The test did not arrive.');
    await page.getByRole('button', { name: /^Edit / }).click();
    await popup().getByRole('button', { name: 'Replace…' }).click();
    await inPopup('Make a new secret').click();
    await sees(page, 'It is not shown again.');
    expect(await popup().getByLabel('The secret').inputValue()).not.toBe(secret);
    await inPopup('Done').click();
    expect(await page.content()).not.toContain(secret);
  });
});

describe('a client secret', () => {
  test('is replaced in four steps: refused it leaves no trace, accepted nobody signs in again, and there is a way back', async () => {
    const { page, signedIn } = here;
    await setUpSignIn(signedIn.api, 'hubspot');
    await page.goto('/settings/sign-in-setups');
    await page.getByRole('button', { name: 'Replace secret of HubSpot' }).click();
    await popup().getByLabel('New client secret', { exact: true }).fill('not-the-secret');
    await inPopup('Save').click();
    await popup()
      .getByText(/did not accept this client secret/)
      .waitFor();
    await popup().getByLabel('New client secret', { exact: true }).fill(SANDBOX_CLIENT.newSecret);
    await inPopup('Save').click();
    await sees(page, 'nobody has to sign in again');
    await page.getByRole('button', { name: 'Roll back the client secret of HubSpot' }).click();
    await sees(page, 'Rolled back');
    await page.getByRole('button', { name: 'Destroy the old key now' }).click();
    await popup().getByRole('button', { name: 'Destroy', exact: true }).click();
    await eventually(() => page.getByText('The client secret before').count()).toBe(0);
  });
});

describe('a key file', () => {
  const choose = (name: string, content: string | Buffer) =>
    here.page.locator('input[type=file]').setInputFiles({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(content),
    });

  test.each([
    [
      'an OAuth client file',
      'client_secret.json',
      JSON.stringify({ web: { client_id: 'x', client_secret: 'fake' } }),
      /OAuth client/,
    ],
    ['an empty file', 'empty.json', '', /“empty\.json” is empty/],
    ['a film', 'film.mp4', Buffer.alloc(2_000_000, 7), /“film\.mp4” is 2\.0 MB large/],
    [
      'a public key',
      'key.pub',
      '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n',
      /public key/i,
    ],
  ])('that is %s is named for what it is, before anything is saved', async (_, name, content, said) => {
    const { page, signedIn } = here;
    await openApp(page, 'google-sheets');
    await page.getByRole('radio', { name: /Service account/ }).click();
    await choose(name, content);
    await sees(page, said);
    expect((await signedIn.api.get('/v1/connections?integration=google-sheets')).json.data).toEqual([]);
  });

  test('that is right is shown with its facts before saving, and nothing of its secret stays on the page', async () => {
    const { page, signedIn } = here;
    const key = serviceAccountKey();
    await openApp(page, 'google-sheets');
    await page.getByRole('radio', { name: /Service account/ }).click();
    await choose('key.json', JSON.stringify(key));
    await sees(page, key.client_email ?? '');
    expect((await signedIn.api.get('/v1/connections?integration=google-sheets')).json.data).toEqual([]);
    await saveNamed('Reporting robot');
    await rowOf(page, 'Reporting robot').getByText('Connected', { exact: true }).waitFor();
    expect(await page.content()).not.toContain('PRIVATE KEY');
  });

  test('is no must: an access key whose two parts were swapped is noticed while they are entered', async () => {
    const { page } = here;
    await openApp(page, 'aws');
    await page.getByLabel('Access key ID').fill('AKIAFAKEFAKEFAKE0001');
    await page.getByLabel('Secret access key', { exact: true }).fill('AKIAFAKEFAKEFAKE0001');
    await sees(page, /may have been swapped/);
    await page
      .getByLabel('Secret access key', { exact: true })
      .fill('fake/secret/key/of/forty/characters/0001');
    await sees(page, 'AWS access key');
  });

  async function saveNamed(name: string): Promise<void> {
    await here.page.getByLabel('Name your connection').fill(name);
    await here.page.getByRole('button', { name: 'Save', exact: true }).click();
  }
});

describe('what somebody else wrote', () => {
  test('a name that is markup stays text, in the row, the details, dialogs and messages', async () => {
    const { page, signedIn } = here;
    const name = '"><img src=x onerror=alert(1)>{{7*7}}';
    let dialogs = 0;
    page.on('dialog', (dialog) => {
      dialogs += 1;
      void dialog.dismiss();
    });
    await connect(signedIn.api, 'betterenrich', 'sandbox-betterenrich-good', { name });
    await openApp(page, 'betterenrich');
    await page.getByRole('button', { name, exact: true }).click();
    await popup().getByText('Timeline').waitFor();
    await page.keyboard.press('Escape');
    for (const action of ['Edit', 'Disconnect', `Delete ${name}`]) {
      await page.getByRole('button', { name: action, exact: true }).click();
      await popup().getByText(name).first().waitFor();
      await page.keyboard.press('Escape');
      await eventually(() => popup().count()).toBe(0);
    }
    await page.goto('/');
    await sees(page, 'BetterEnrich');
    expect(dialogs).toBe(0);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
  });
});

describe('the keyboard', () => {
  test('a connection is added without a mouse, Enter saves, and the focus is never lost', async () => {
    const { page } = here;
    const focused = () =>
      page.evaluate(
        '[document.activeElement.tagName, document.activeElement.role].join(" ")',
      ) as Promise<string>;
    await openApp(page, 'apollo');
    await page.getByRole('button', { name: 'Add connection' }).focus();
    await page.keyboard.press('Enter');
    await eventually(() => page.evaluate('document.activeElement.id')).toBe('connect-name');
    await page.keyboard.type('By keyboard');
    // Past the ways to connect, of which the key is chosen.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('sandbox-apollo-good');
    await page.keyboard.press('Enter');
    await rowOf(page, 'By keyboard').waitFor();
    // The form is gone: it is at what is said of the outcome, and when that goes, at the heading.
    await eventually(focused).toBe('DIV status');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await eventually(focused).toBe('H1 ');

    const edit = rowOf(page, 'By keyboard').getByRole('button', { name: 'Edit' });
    await edit.focus();
    await page.keyboard.press('Enter');
    await popup().waitFor();
    await page.keyboard.press('Escape');
    await eventually(() => page.evaluate('document.activeElement.textContent')).toBe('Edit');
  });

  test('a name that is taken is said at its field, once, and the focus is there', async () => {
    const { page } = here;
    await openApp(page, 'apollo');
    await page.getByRole('button', { name: 'Add connection' }).click();
    await saveKey(popup(), 'sandbox-apollo-good-other', 'By keyboard');
    const field = 'document.activeElement.labels?.[0]?.textContent';
    await eventually(() => page.evaluate(field)).toBe('Name your connection');
    await eventually(() => popup().getByText('already').count()).toBe(1);
    await page.keyboard.type('Another');
    await page.keyboard.press('Enter');
    await rowOf(page, 'Another').waitFor();
  });

  test('Save pressed twice in a hurry makes one connection', async () => {
    const { page, signedIn } = here;
    await openApp(page, 'instantly');
    await page.getByLabel('Name your connection').fill('Once');
    await page.getByLabel('API key', { exact: true }).fill('sandbox-instantly-good');
    await page.getByRole('button', { name: 'Save', exact: true }).dblclick();
    await rowOf(page, 'Once').waitFor();
    expect((await signedIn.api.get('/v1/connections?integration=instantly')).json.data).toHaveLength(1);
  });

  test('the key is gone from the page as soon as it is saved, and the browser keeps nothing of it', async () => {
    const { page } = here;
    await openApp(page, 'hunter');
    await saveKey(page, 'sandbox-hunter-good', 'Found');
    await sees(page, /^Connected as/);
    await eventually(() => page.getByLabel('API key', { exact: true }).count()).toBe(0);
    const kept = await page.evaluate(
      'JSON.stringify([document.documentElement.outerHTML, {...localStorage}, {...sessionStorage}, history.state])',
    );
    expect(kept).toContain('Found');
    expect(kept).not.toContain('sandbox-hunter-good');
    expect(await page.evaluate('indexedDB.databases()')).toEqual([]);
    expect(await page.evaluate('caches.keys()')).toEqual([]);
  });
});

describe('the catalog', () => {
  const search = () => here.page.getByRole('searchbox', { name: 'Search integrations' });
  const focused = () => here.page.evaluate('document.activeElement.textContent') as Promise<string>;

  test('is searched by keyboard alone, its categories stay where they are, and the way back leads to the same search', async () => {
    const { page } = here;
    await page.goto('/settings/connections');
    const chips = page.getByRole('group', { name: 'Categories' }).getByRole('button');
    await chips.nth(5).waitFor();
    const before = await chips.count();
    await search().fill('hubspt');
    await page
      .getByRole('status')
      .getByText(/^1 of /)
      .waitFor();
    expect(await chips.count()).toBe(before);
    await search().press('Enter');
    await page.getByRole('heading', { name: 'HubSpot', level: 1 }).waitFor();
    for (const part of ['What HubSpot can do here', 'Ways to connect', 'Limits', 'Sources'])
      await page.getByRole('heading', { name: part }).waitFor();
    await page.locator('summary', { hasText: 'Find contact' }).press('Enter');
    await page.getByRole('heading', { name: 'Goes in' }).first().waitFor();
    await page.goBack();
    await eventually(() => search().inputValue()).toBe('hubspt');
    await search().press('Escape');
    await eventually(() => cardsIn(page).count()).toBeGreaterThan(20);
    await search().press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await eventually(focused).toBe(await cardsIn(page).nth(1).textContent());
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowUp');
    await eventually(() => page.evaluate('document.activeElement.type')).toBe('search');
  });

  test('says what it has not, and offers to describe it under the name that was searched for', async () => {
    const { page } = here;
    await page.goto('/settings/connections?search=Anvilworks&category=CRM');
    await sees(page, 'No integration in CRM is called “Anvilworks”');
    await page.getByRole('button', { name: 'Search all categories' }).click();
    await sees(page, 'No integration is called “Anvilworks”');
    await page.getByRole('button', { name: 'Make a custom connection' }).last().click();
    await eventually(() => page.getByLabel('Name', { exact: true }).first().inputValue()).toBe('Anvilworks');
    await page.goto('/settings/connections/anvilworks');
    await sees(page, 'There is no integration “anvilworks”');
  });
});
