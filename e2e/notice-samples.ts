/** What the API would answer after weeks: notices, where they go, and what was sent. */

export const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
export const id = (prefix: string, at: number) =>
  `${prefix}_01h000000000000000000000${String(at).padStart(2, '0')}`;

export type Body = Record<string, unknown>;

const subject = (name: string, integration: string) => ({
  kind: 'connection',
  id: id('con', 1),
  name,
  integration,
});
const notice = (
  at: number,
  kind: string,
  title: string,
  message: string,
  hours: number,
  more: Body = {},
) => ({
  id: id('ntc', at),
  kind,
  subject: subject('Sales', 'hunter'),
  title,
  message,
  at: day(-hours / 24),
  is_read: at > 2,
  is_over: false,
  ...more,
});
export const notices: Body = {
  data: [
    notice(
      1,
      'needs_attention',
      'Smartlead needs attention: Campaigns',
      'Smartlead does not accept this key any more. What uses it is paused; reconnect it and everything goes on.',
      0.4,
    ),
    notice(
      2,
      'expires_soon',
      'The sign-in setup of HubSpot ends in 7 days',
      'Its client secret ends on November 28. Replace it: nobody has to sign in again.',
      5,
    ),
    notice(
      3,
      'recovered',
      'Airtable works again: Olive’s bases',
      'It was signed in again. What was paused goes on by itself.',
      26,
    ),
    notice(
      4,
      'needs_attention',
      'Airtable needs attention: Olive’s bases',
      'Access was withdrawn at Airtable. Sign in again.',
      27,
      { is_over: true },
    ),
    notice(
      5,
      'expires_soon',
      'Google Sheets ends in 30 days: Reporting robot',
      'Its key ends on December 21. Replace it before.',
      70,
    ),
  ],
  next_cursor: null,
  unread_count: 2,
};

const sending = (at: number, more: Body) => ({
  id: id('nch', at),
  kinds: ['needs_attention', 'expires_soon', 'recovered'],
  is_paused: false,
  is_stopped: false,
  problem: null,
  last_delivered_at: day(-0.2),
  created_by: 'Olive Owner',
  created_at: day(-30 + at),
  version: 1,
  ...more,
});
export const channels: Body[] = [
  sending(1, {
    kind: 'email',
    name: 'Operations',
    addresses: ['ops@northwind.example', 'olive@northwind.example'],
  }),
  sending(2, {
    kind: 'slack',
    name: '#ops-alerts',
    url_hint: 'hooks.slack.com/…x7Qp',
    kinds: ['needs_attention'],
    problem: {
      message: 'Slack answered 404 no_service: this incoming webhook was removed there.',
      since: day(-0.5),
    },
  }),
];
export const hooks: Body[] = [
  {
    ...sending(3, {}),
    id: id('hook', 1),
    url: 'https://ops.northwind.example/keyrail',
    secret_hint: 'MDE=',
    previous_secret_until: day(0.8),
  },
];

export const sent = (at: number, state: string, said: string | null, more: Body = {}) => ({
  id: id('dlv', at),
  channel_kind: 'email',
  channel_id: id('nch', 1),
  channel_name: 'Operations',
  recipient: 'ops@northwind.example',
  notice_id: id('ntc', 1),
  notice_kind: 'needs_attention',
  title: 'Smartlead needs attention: Campaigns',
  state,
  attempts: 1,
  last_answer: said,
  next_attempt_at: null,
  created_at: day(-0.02 * at),
  settled_at: state === 'pending' ? null : day(-0.02 * at),
  ...more,
});
export const slack = {
  channel_kind: 'slack',
  channel_id: id('nch', 2),
  channel_name: '#ops-alerts',
  recipient: null,
};
const hook = {
  channel_kind: 'webhook',
  channel_id: id('hook', 1),
  channel_name: 'https://ops.northwind.example/keyrail',
  recipient: null,
};
export const deliveries = [
  sent(1, 'delivered', '250 accepted'),
  sent(2, 'pending', '404 no_service', { ...slack, attempts: 3, next_attempt_at: day(0.1) }),
  sent(3, 'delivered', '200', hook),
  sent(4, 'failed', '550 no such mailbox', { recipient: 'olive@northwind.example', attempts: 1 }),
  sent(5, 'failed', 'No answer within 10 seconds', {
    ...hook,
    attempts: 8,
    title: 'Airtable works again: Olive’s bases',
  }),
];

export const replaced: Body = {
  client_secret_ends_at: day(12),
  rotate_at: day(5),
  previous_secret: { hint: '9f3a', replaced_at: day(-0.1), destroyed_at: day(0.9) },
};
