import { beforeAll, describe, expect, test } from 'vitest';
import { described } from '../server/test/crm.ts';
import { eventually, sees } from './browser.ts';
import { shareStage } from './shared.ts';
import { connect } from './steps.ts';

/** Markup wherever somebody can write something that others see: it is text, on every page. */
const here = shareStage();
const MARKUP = '"><img src=x onerror=alert(1)>{{7*7}}';
const at: Record<string, string> = {};
let dialogs = 0;

async function made(path: string, body: unknown, headers: Record<string, string> = {}) {
  const answer = await here.signedIn.api.post(path, body, headers);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.text}`);
  return answer.json;
}

beforeAll(async () => {
  const { page, browser, stage, signedIn } = here;
  page.on('dialog', (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  await signedIn.api.patch('/v1/workspace', { name: `Space ${MARKUP}` });
  const table = await made('/v1/tables', { name: `Table ${MARKUP}`, columns: [] });
  const field = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const csv = `${field(`Column ${MARKUP}`)},Link\n${field(`Cell ${MARKUP}`)},"javascript:alert(1)"\n`;
  await made(`/v1/tables/${table.id}/import`, csv, { 'content-type': 'text/csv' });
  at.table = `/tables/${table.id}`;
  await made('/v1/tokens', { name: `Token ${MARKUP}`, scopes: ['tables:read'] });
  const custom = described('https://crm.example.com', { name: `Tool ${MARKUP}`, check: null });
  at.tool = `/settings/connections/${(await made('/v1/custom-integrations', custom)).slug}`;
  await connect(signedIn.api, 'hunter', 'sandbox-hunter-good', { name: `Key ${MARKUP}` });
  const { link } = await made('/v1/invitations', { role: 'editor' });
  const code = new URL(link).searchParams.get('code');
  const guest = await browser.newContext({ baseURL: stage.url });
  const joined = await guest.request.post('/v1/invitations/accept', {
    data: { code, name: `Person ${MARKUP}`, email: 'markup@example.com', password: 'a-fine-Password-0009' },
  });
  expect(joined.status(), await joined.text()).toBe(201);
  const asked = await guest.request.post('/v1/connection-requests', {
    headers: { 'keyrail-workspace': signedIn.api.headers['keyrail-workspace'] ?? '' },
    data: { integration: 'instantly', note: `Note ${MARKUP}` },
  });
  expect(asked.status(), await asked.text()).toBe(201);
  await guest.close();
});

describe('markup as the name of a thing', () => {
  test.each([
    ['the workspace', () => '/settings/general', 'Space'],
    ['a table, in the list', () => '/tables', 'Table'],
    ['a table, on its page', () => at.table, 'Table'],
    ['a column', () => at.table, 'Column'],
    ['a value', () => at.table, 'Cell'],
    ['a token', () => '/settings/tokens', 'Token'],
    ['what the audit log tells of', () => '/settings/audit', 'Token'],
    ['who the audit log tells of', () => '/settings/audit', 'Person'],
    ['a custom connection, on its page', () => at.tool, 'Tool'],
    ['a custom connection, among all', () => '/settings/connections?search=Tool', 'Tool'],
    ['a connection', () => '/settings/connections/hunter', 'Key'],
    ['a member', () => '/settings/members', 'Person'],
    ['who asks for a connection', () => '/', 'Person'],
    ['what is said with it', () => '/', 'Note'],
  ])('of %s is text', async (_what, path, word) => {
    const { page } = here;
    await page.goto(path() ?? '');
    const isThere = async () =>
      (await page.locator('body').innerText()).includes(`${word} ${MARKUP}`) ||
      (await page.locator('input').evaluateAll(valuesOf)).includes(`${word} ${MARKUP}`);
    await eventually(isThere).toBe(true);
    expect(await page.locator('img[src="x"]').count()).toBe(0);
    expect(dialogs).toBe(0);
  });

  test('a value that would run as an address is no link', async () => {
    const { page } = here;
    await page.goto(at.table ?? '');
    await sees(page, 'javascript:alert(1)');
    expect(await page.locator('a[href^="javascript"]').count()).toBe(0);
  });
});

const valuesOf = (inputs: unknown[]) => inputs.map((one) => (one as { value: string }).value);
