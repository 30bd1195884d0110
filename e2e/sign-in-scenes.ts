import type { Page } from 'playwright-core';
import type { Scene } from './scenes.ts';

const app = (slug: string) => `/settings/connections/${slug}`;
const check = '/settings/check';
const setups = '/settings/sign-in-setups';
const soon = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();

/** What a sign-in may need or bring, and how its access lives on. What takes days or an accident is put into the answers. */
export const signInScenes: Scene[] = [
  {
    name: '39m-choose-account',
    path: app('jira'),
    act: async (page) => {
      await page.getByText('Add connection').first().waitFor();
      const radio = page.getByRole('radio', { name: /Sign in with/ });
      if ((await radio.count()) > 0) await radio.click();
      const opened = page.waitForEvent('popup');
      await page.getByRole('button', { name: 'Connect with OAuth' }).click();
      await (await opened).getByRole('button', { name: 'Allow' }).click();
      await page.getByText('is this connection for?').waitFor();
      await page.getByRole('radio', { name: 'acme-sandbox' }).click();
    },
  },
  {
    name: '39n-missing-access',
    path: app('airtable'),
    act: (page) =>
      openFirst(page, {
        status: 'limited',
        status_reason: 'Some of what was asked for was not allowed at the sign-in.',
        granted_scopes: ['data.records:read', 'schema.bases:read'],
        missing_scopes: ['data.records:write'],
        limited_actions: [{ name: 'create_record', label: 'Create record' }],
      }),
  },
  {
    name: '39o-token-state',
    path: app('airtable'),
    act: (page) =>
      openFirst(page, {
        status: 'expiring_soon',
        status_reason: 'This sign-in ends on March 3. Sign in again before, and nothing stops.',
        token: {
          renewed_at: soon(-0.2),
          expires_at: soon(0.6),
          next_renewal_at: soon(0.5),
          problem: 'Airtable answered with an error of its own (503). It is asked again in a minute.',
          problem_kind: 'not_now',
          is_refused: false,
        },
      }),
  },
  {
    name: '39p-disconnect',
    path: app('airtable'),
    act: async (page) => {
      await page
        .getByRole('row', { name: /Olive’s bases/ })
        .getByRole('button', { name: 'Disconnect' })
        .click();
      await page.getByRole('dialog').getByText('destroys the saved').waitFor();
    },
  },
  {
    name: '39p-withdrawn',
    path: app('airtable'),
    act: (page) => openFirst(page, disconnected('withdrawn', 'Access was withdrawn at Airtable, too.', null)),
  },
  {
    name: '39q-withdrawal-failed',
    path: app('airtable'),
    act: (page) => openFirst(page, notWithdrawn),
  },
  {
    name: '39r-withdrawal-row',
    path: app('airtable'),
    act: async (page) => {
      await changeFirst(page, notWithdrawn);
      await page.getByText('Withdraw it there').first().waitFor();
    },
  },
  {
    name: '39s-quarantine',
    path: '/',
    act: async (page) => {
      await change(page, '**/v1/session', (session) => ({ ...session, is_quarantined: true }));
      await page.getByText('Paused: this looks like a copy.').waitFor();
    },
  },
  {
    name: '39t-name-taken',
    path: app('hunter'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Add connection' }).click();
      const form = page.getByRole('dialog');
      await form.getByLabel('Name your connection').fill('Our main key');
      await form.getByLabel('API key', { exact: true }).fill('sandbox-hunter-good-another');
      await form.getByRole('button', { name: 'Save', exact: true }).click();
      await form.getByText('already').waitFor();
    },
  },
  {
    name: '40-general-meanwhile',
    path: '/settings/general',
    act: async (page) => {
      await page.route('**/v1/workspace', (route) =>
        route.continue({ headers: { ...route.request().headers(), 'if-match': '"999"' } }),
      );
      await page.getByLabel('Contact for help').fill('#it-help');
      await page.getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByText('Somebody else changed these settings').waitFor();
    },
  },
  { name: '45-check', path: check, act: (page) => page.getByText('This server says of itself').waitFor() },
  { name: '45-check-fine', path: check, act: (page) => answerCheck(page, 'All is as it should be.', {}) },
  { name: '45-check-problems', path: check, act: (page) => answerCheck(page, 'has to change', problems) },
  {
    name: '45-check-failing',
    path: check,
    act: async (page) => {
      await page.route('**/v1/setup-check', (route) => route.abort());
      await page.reload();
      await page.getByText('could not be reached').first().waitFor();
    },
  },
  {
    name: '45-check-loading',
    path: check,
    act: async (page) => {
      await page.route('**/v1/setup-check', () => {});
      await page.reload();
      await page.getByRole('status', { name: 'Loading' }).waitFor();
    },
  },
  {
    name: '45-setups-refused',
    path: setups,
    act: async (page) => {
      await change(page, '**/v1/oauth/apps', refusedApp);
      await page.getByText('Enter it anew').waitFor();
    },
  },
  {
    name: '45-setup-https',
    path: setups,
    act: async (page) => {
      await page.getByRole('button', { name: 'Add sign-in setup' }).click();
      await page.getByLabel('Tool').selectOption('slack');
      await page.getByText('starts with http://').first().waitFor();
    },
  },
  {
    name: '45-overview-attention',
    path: '/',
    act: async (page) => {
      await change(page, '**/v1/oauth/apps', refusedApp, false);
      await page.route('**/v1/withdrawals*', (route) =>
        route.fulfill({ json: { data: [leftOpen], next_cursor: null } }),
      );
      await page.reload();
      await page.getByText('Withdraw it there').waitFor();
    },
  },
  {
    name: '72-custom-found',
    path: '/settings/connections/new-custom?name=Acme%20Mail',
    act: (page) => discover(page, { status: 200, json: discovered }, 'Found its addresses'),
  },
  {
    name: '72-custom-not-there',
    path: '/settings/connections/new-custom?name=Acme%20Mail',
    act: (page) => discover(page, null, 'could not be reached'),
  },
  {
    name: '73-explore-categories',
    path: '/settings/connections',
    act: async (page) => {
      await page.getByRole('button', { name: /^Developer tools/ }).click();
      await page.getByText('GitLab').first().waitFor();
    },
  },
  {
    name: '73-explore-all',
    path: '/settings/connections',
    act: async (page) => {
      await page.getByText('Zoom').first().waitFor();
      await page.getByText('Zoom').first().scrollIntoViewIfNeeded();
    },
  },
];

type Body = Record<string, unknown>;

/** What the API answers, but for this, on the page loaded anew. */
async function change(page: Page, path: string, by: (body: Body) => Body, reload = true): Promise<void> {
  await page.route(path, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: by((await answer.json()) as Body) });
  });
  if (reload) await page.reload();
}

async function changeFirst(page: Page, more: Body): Promise<void> {
  const first = (body: Body): Body => {
    const [one, ...others] = body.data as Body[];
    return { ...body, data: [{ ...one, ...more }, ...others] };
  };
  await change(page, '**/v1/connections?*', first);
}

async function openFirst(page: Page, more: Body): Promise<void> {
  await changeFirst(page, more);
  await page
    .getByRole('button', { name: /’s bases$/ })
    .first()
    .click();
  await page.getByText('Timeline').waitFor();
}

const disconnected = (state: string, message: string, url: string | null): Body => ({
  status: 'disconnected',
  status_reason: 'Disconnected by Olive Owner.',
  withdrawal: { state, message, url, at: soon(-0.1) },
});

const notWithdrawn = disconnected(
  'failed',
  'Airtable could not be told for a day that this access has ended.',
  'https://airtable.com/account',
);

const leftOpen: Body = {
  id: 'wdr_01h00000000000000000000000',
  integration: 'airtable',
  integration_name: 'Airtable',
  connection_id: null,
  connection_name: 'Jonas’s bases',
  is_connection_deleted: true,
  account: 'jonas@northwind.example',
  because: 'deleted',
  provider_message: null,
  attempts: 9,
  next_attempt_at: null,
  created_at: soon(-26),
  state: 'failed',
  message: 'Airtable could not be told for a day that this access has ended.',
  url: 'https://airtable.com/account',
  at: soon(-2),
};

function refusedApp(body: Body): Body {
  const message = 'HubSpot does not accept the client ID or secret of this sign-in setup.';
  return {
    ...body,
    data: (body.data as Body[]).map((one) =>
      one.integration === 'hubspot'
        ? { ...one, connections_count: 3, problem: { message, since: soon(-3) } }
        : one,
    ),
  };
}

async function answerCheck(page: Page, said: string, others: Record<string, Body>): Promise<void> {
  const findings = Object.entries(fine).map(([id, [title, message]]) => ({
    id,
    state: 'ok',
    title,
    message,
    next_step: null,
    ...others[id],
  }));
  await page.route('**/v1/setup-check', (route) =>
    route.fulfill({
      json: { checked_at: soon(0), public_url: 'https://keyrail.northwind.example', findings },
    }),
  );
  await page.reload();
  await page.getByText(said).first().waitFor();
}

const fine: Record<string, [title: string, message: string]> = {
  public_url: ['Public address', 'KEYRAIL_PUBLIC_URL is set to https://keyrail.northwind.example.'],
  https: ['https', 'Sign-ins and links go over https.'],
  forwarded_headers: ['Reverse proxy', 'What the proxy in front of this server says of callers is believed.'],
  callback: ['Callback address', 'Sign-ins find their way back to this server.'],
  browser_address: ['Your browser', 'You have Keyrail open under the address it believes it has.'],
  clock: ['Clock', 'The clocks of server, database and browser agree.'],
  sign_in_setups: ['Sign-in setups', 'None of 4 is refused by its tool.'],
  catalog: ['Catalog files', 'All 136 integrations could be read.'],
  damaged_records: ['Stored credentials', 'None is known to be unreadable.'],
  backup: ['Backup', 'The last backup with "keyrail backup" was made within the last day.'],
};

const problems: Record<string, Body> = {
  public_url: {
    state: 'problem',
    message:
      'This server believes to be at http://127.0.0.1:4400, and you have it open under https://keyrail.northwind.example.',
    next_step: 'Start it with KEYRAIL_PUBLIC_URL=https://keyrail.northwind.example.',
  },
  clock: {
    state: 'warning',
    message: 'The clock of this server is 94 seconds behind that of the database.',
    next_step: 'Have the machine keep its time by NTP.',
  },
  damaged_records: {
    state: 'problem',
    message: 'The stored credentials of one connection can no longer be read. All others work.',
    next_step:
      'Enter them again, at the connections that are marked; or restore the database from a backup, if more than they were damaged.',
  },
  backup: {
    state: 'warning',
    message: 'The last backup with "keyrail backup" was made 12 days ago.',
    next_step: 'Run "npm run keyrail -- backup FILE", and have it run every day.',
  },
  callback: {
    state: 'unknown',
    message: 'Whether sign-ins find their way back could not be tried from here.',
  },
};

const discovered: Body = {
  issuer: 'https://login.acme.example',
  auth: {
    type: 'oauth2',
    authorize_url: 'https://login.acme.example/oauth/authorize',
    token_url: 'https://login.acme.example/oauth/token',
    refresh_url: null,
    revoke_url: 'https://login.acme.example/oauth/revoke',
    issuer: 'https://login.acme.example',
    is_issuer_sent: true,
    scopes: [],
    scope_separator: ' ',
    pkce: true,
    token_auth_method: 'client_secret_basic',
    authorize_params: {},
    token_params: {},
  },
  scopes_supported: ['openid', 'offline_access', 'contacts.read', 'contacts.write'],
  grant_types_supported: ['authorization_code', 'refresh_token'],
  notes: ['It gives refresh tokens only where offline_access is asked for.'],
};

async function discover(
  page: Page,
  answer: { status: number; json: Body } | null,
  said: string,
): Promise<void> {
  if (answer !== null) {
    await page.route('**/v1/custom-integrations/discover', (route) => route.fulfill(answer));
  }
  const part = page.getByRole('region', { name: 'Authentication' });
  await part.getByLabel('Authentication').selectOption('oauth2');
  await part.getByLabel('Issuer', { exact: true }).fill('https://login.acme.example');
  await part.getByRole('button', { name: 'Find addresses' }).click();
  await part.getByText(said).waitFor();
  await part.getByLabel('Token address').scrollIntoViewIfNeeded();
}
