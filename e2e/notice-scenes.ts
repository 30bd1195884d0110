import type { Page } from 'playwright-core';
import { asRole } from './as-role.ts';
import {
  type Body,
  channels,
  day,
  deliveries,
  hooks,
  id,
  notices,
  replaced,
  sent,
  slack,
} from './notice-samples.ts';
import type { Scene } from './scenes.ts';

const ends = '/settings/what-ends-when';
const notifications = '/settings/notifications';
const setups = '/settings/sign-in-setups';
const app = (slug: string) => `/settings/connections/${slug}`;

/** What ends when, notices and where they go. What takes days or an accident is put into the answers. */
export const noticeScenes: Scene[] = [
  { name: '50a-ends-list', path: ends, act: (page) => answerExpiries(page, 'list') },
  { name: '50b-ends-calendar', path: ends, act: (page) => answerExpiries(page, 'calendar') },
  {
    name: '50c-ends-day',
    path: ends,
    act: async (page, isPhone) => {
      await answerExpiries(page, 'calendar');
      if (isPhone) return;
      await page
        .getByRole('grid')
        .getByRole('button', { name: /Client secret/ })
        .first()
        .click();
      await page.getByText('Show the whole month').waitFor();
    },
  },
  {
    name: '50d-ends-nothing',
    path: ends,
    act: async (page) => {
      await answer(page, '**/v1/expiries*', { data: [], next_cursor: null });
      await page.getByText('Nothing ends, as far as').waitFor();
    },
  },
  {
    name: '50e-ends-failing',
    path: ends,
    act: async (page) => {
      await page.route('**/v1/expiries*', (route) => route.abort());
      await page.reload();
      await page.getByRole('alert').waitFor();
    },
  },
  {
    name: '50f-overview-ends',
    path: '/',
    act: async (page) => {
      await answerExpiries(page);
      await page.getByRole('heading', { name: 'What ends when' }).scrollIntoViewIfNeeded();
    },
  },
  { name: '51a-bell', path: '/', act: (page) => openBell(page, notices) },
  {
    name: '51b-bell-nothing',
    path: '/',
    act: async (page) => {
      await answer(page, '**/v1/notices?*', { data: [], next_cursor: null, unread_count: 0 });
      await page.getByRole('button', { name: /^Notices/ }).click();
      await page.getByText('Nothing yet. You are told here').waitFor();
    },
  },
  {
    name: '51c-notices',
    path: '/notices',
    act: async (page) => {
      await answer(page, '**/v1/notices?*', notices);
      await page.getByText('Put right since').first().waitFor();
    },
  },
  {
    name: '52a-notifications-first',
    path: notifications,
    act: async (page) => {
      await answerTargets(page, [], []);
      await page.getByText('not sent anywhere yet').waitFor();
    },
  },
  { name: '52b-notifications', path: notifications, act: (page) => openTargets(page) },
  {
    name: '52c-notifications-add',
    path: notifications,
    act: async (page) => {
      await answerTargets(page, [], []);
      await page.getByRole('button', { name: 'Add a place' }).first().click();
      await page.getByRole('dialog').getByLabel('Email addresses').waitFor();
    },
  },
  {
    name: '52d-notifications-slack',
    path: notifications,
    act: async (page) => {
      await openTargets(page);
      await page.getByRole('button', { name: 'Add a place' }).first().click();
      await page.getByRole('dialog').getByText('Slack', { exact: true }).click();
      await page.getByLabel('Address of the incoming webhook', { exact: true }).waitFor();
    },
  },
  {
    name: '52e-notifications-secret',
    path: notifications,
    act: async (page) => {
      await openTargets(page);
      await answer(
        page,
        '**/v1/webhooks',
        { ...hooks[0], secret: 'whsec_ZmFrZS1zZWNyZXQtb2YtYS13ZWJob29rLTAwMDE=' },
        'POST',
      );
      await page.getByRole('button', { name: 'Add a place' }).first().click();
      await page.getByRole('dialog').getByText('Webhook', { exact: true }).click();
      await page.getByLabel('Address').fill('https://ops.northwind.example/keyrail');
      await page.getByRole('button', { name: 'Add webhook' }).click();
      await page.getByText('It is not shown again.').waitFor();
    },
  },
  {
    name: '52f-notifications-test',
    path: notifications,
    act: async (page) => {
      await openTargets(page);
      const failed = { ...sent(90, 'failed', '404 no_service'), ...slack, notice_id: null, title: 'Test' };
      await answer(page, '**/v1/notification-channels/*/test', { data: [failed] }, 'POST');
      await page.getByRole('button', { name: 'Send a test to #ops-alerts' }).click();
      await page.getByText('The test did not arrive.').waitFor();
    },
  },
  {
    name: '52g-notifications-webhook',
    path: notifications,
    act: async (page) => {
      await openTargets(page);
      await page.getByRole('button', { name: 'Edit ops.northwind.example' }).click();
      await page.getByText('Signing secret').waitFor();
    },
  },
  {
    name: '52h-notifications-editor',
    path: notifications,
    act: async (page) => {
      await asRole(page, 'editor');
      await page.getByText('is for owners and admins').waitFor();
    },
  },
  {
    name: '53a-dates',
    path: app('hunter'),
    act: async (page) => {
      await page
        .getByRole('row', { name: /Our main key/ })
        .getByRole('button', { name: 'Edit' })
        .click();
      await page.getByRole('dialog').getByText('Dates', { exact: true }).click();
      await page.getByLabel('Ends on').fill(day(40).slice(0, 10));
    },
  },
  {
    name: '53b-dates-new',
    path: app('hunter'),
    act: async (page) => {
      await page.getByRole('button', { name: 'Add connection' }).click();
      await page.getByRole('dialog').getByText('Dates', { exact: true }).click();
      await page.getByLabel('Ends on').fill(day(90).slice(0, 10));
    },
  },
  {
    name: '53c-dates-shown',
    path: app('hunter'),
    act: async (page) => {
      await changeOne(page, '**/v1/connections?*', 'Our main key', {
        expires_at: day(12),
        ends_at: day(12),
        rotate_at: day(5),
      });
      await page.getByRole('button', { name: 'Our main key', exact: true }).click();
      await page.getByText('Replace by').scrollIntoViewIfNeeded();
    },
  },
  {
    name: '54a-setups-previous',
    path: setups,
    act: async (page) => {
      await changeOne(page, '**/v1/oauth/apps', 'hubspot', replaced);
      await page.getByText('Destroy the old key now').waitFor();
    },
  },
  {
    name: '54b-setup-replace',
    path: setups,
    act: async (page) => {
      await page.getByRole('button', { name: 'Replace secret of HubSpot' }).click();
      await page.getByLabel('New client secret', { exact: true }).waitFor();
    },
  },
  {
    name: '54c-setup-refused',
    path: setups,
    act: async (page) => {
      await page.getByRole('button', { name: 'Replace secret of HubSpot' }).click();
      await page.getByLabel('New client secret', { exact: true }).fill('not-the-right-secret');
      await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
      await page.getByRole('dialog').getByRole('alert').waitFor();
    },
  },
  {
    name: '55a-delete-workspace',
    path: '/settings/general',
    act: async (page) => {
      await page.getByRole('button', { name: /^Delete Northwind/ }).click();
      await page.getByRole('dialog').getByRole('textbox').fill('Northwind');
    },
  },
  {
    name: '55b-delete-left',
    path: '/settings/general',
    act: async (page) => {
      const left = {
        integration: 'airtable',
        integration_name: 'Airtable',
        connection_name: 'Olive’s bases',
      };
      const open = {
        ...left,
        account_name: 'olive@northwind.example',
        remove_url: 'https://airtable.com/account',
      };
      await answer(page, '**/v1/workspace', { not_withdrawn: [open] }, 'DELETE', false);
      await page.getByRole('button', { name: /^Delete Northwind/ }).click();
      await page.getByRole('dialog').getByRole('textbox').fill('Northwind Sales');
      await page.getByRole('button', { name: 'Delete for good' }).click();
      await page.getByText('could not be told').waitFor();
    },
  },
];

/** What the API answers to this method at this address; everything else goes through. */
async function answer(page: Page, path: string, json: Body, method = 'GET', reload = method === 'GET') {
  await page.route(path, (route) =>
    route.request().method() === method ? route.fulfill({ json }) : route.fallback(),
  );
  if (reload) await page.reload();
}

/** Of a list the one of this name, otherwise than it is. */
async function changeOne(page: Page, path: string, name: string, more: Body): Promise<void> {
  await page.route(path, async (route) => {
    const fetched = await route.fetch();
    const body = (await fetched.json()) as { data: Body[] };
    const data = body.data.map((one) =>
      one.name === name || one.integration === name ? { ...one, ...more } : one,
    );
    await route.fulfill({ response: fetched, json: { ...body, data } });
  });
  await page.reload();
}

async function answerExpiries(page: Page, view?: 'list' | 'calendar'): Promise<void> {
  await page.evaluate(`localStorage.setItem('keyrail-expiries-view', '${view ?? 'list'}')`);
  await page.route('**/v1/expiries*', async (route) => {
    const asked = new URL(route.request().url()).searchParams;
    const known = await page.request.get('/v1/integrations?limit=200', {
      headers: route.request().headers(),
    });
    const tools = ((await known.json()) as { data: Tool[] }).data;
    const data = lines
      .map((line, at) => expiryOf(line, at, tools))
      .filter((one) => one.at >= (asked.get('from') ?? '') && one.at < (asked.get('until') ?? '9'));
    await route.fulfill({ json: { data, next_cursor: null } });
  });
  await page.reload();
  await page.getByText('Reporting robot').first().waitFor();
}

interface Tool {
  slug: string;
  name: string;
  icon: Body;
}

type Line = [days: number, kind: string, slug: string | null, name: string, source: string, message: string];

const lines: Line[] = [
  [
    -3,
    'key',
    'smartlead',
    'Campaigns',
    'entered',
    'This key ended on the day that was entered. Replace it, if it does not work any more.',
  ],
  [
    2,
    'client_secret',
    'hubspot',
    'HubSpot',
    'entered',
    'The client secret ends. Make a new one and enter it: nobody has to sign in again.',
  ],
  [
    2,
    'api_token',
    null,
    'Nightly export',
    'credential',
    'Programs that use this token are refused from then on.',
  ],
  [
    9,
    'certificate',
    'google-sheets',
    'Reporting robot',
    'credential',
    'The certificate ends, and calls fail from then on. Upload a new one.',
  ],
  [
    16,
    'sign_in',
    'airtable',
    'Olive’s bases',
    'tool',
    'Airtable ends this sign-in. Sign in again before, and nothing stops.',
  ],
  [
    24,
    'rotation',
    'hunter',
    'Our main key',
    'entered',
    'You wanted this key replaced by then. Nothing stops.',
  ],
  [52, 'key', 'heyreach', 'Outreach', 'entered', 'This key ends on the day that was entered.'],
  [210, 'key', 'hunter', 'Small account', 'entered', 'This key ends on the day that was entered.'],
];

function expiryOf([days, kind, slug, name, source, message]: Line, at: number, tools: Tool[]) {
  const tool = tools.find((one) => one.slug === slug);
  const subject =
    kind === 'api_token' ? 'api_token' : kind === 'client_secret' ? 'sign_in_setup' : 'connection';
  return {
    id: `exp-${at}`,
    kind,
    at: day(days),
    source,
    subject: {
      kind: subject,
      id: subject === 'sign_in_setup' ? slug : id('con', at),
      name,
      integration: slug,
      integration_name: tool?.name ?? null,
      icon: tool?.icon ?? null,
    },
    message,
    dependents_count: 2,
    next_warning_at: days > 30 ? day(days - 30) : null,
  };
}

async function openBell(page: Page, body: Body): Promise<void> {
  await answer(page, '**/v1/notices?*', body);
  await page.getByRole('button', { name: 'Notices: 2 unread' }).click();
  await page.getByRole('heading', { name: 'Notices' }).waitFor();
}

async function answerTargets(page: Page, some: Body[], webhooks: Body[]): Promise<void> {
  const isEmail = some.length > 0;
  await answer(
    page,
    '**/v1/deliveries*',
    { data: isEmail ? deliveries : [], next_cursor: null },
    'GET',
    false,
  );
  await answer(page, '**/v1/webhooks', { data: webhooks }, 'GET', false);
  await answer(page, '**/v1/notification-channels', { data: some, is_email_available: isEmail });
}

async function openTargets(page: Page): Promise<void> {
  await answerTargets(page, channels, hooks);
  await page.getByText('550 no such mailbox').waitFor();
}
