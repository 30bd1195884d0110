import { z } from 'zod';
import { channelId, deliveryId, noticeId, webhookId } from './ids.ts';
import { pageQuery, timestamp } from './page.ts';

/** Why people are told: something stopped or will not heal by itself; it will end soon; it works again. */
export const noticeKind = z.enum(['needs_attention', 'expires_soon', 'recovered']);
export type NoticeKind = z.infer<typeof noticeKind>;

const subject = z.object({
  kind: z.enum(['connection', 'sign_in_setup', 'api_token', 'webhook', 'notification_channel']),
  id: z.string().describe('Of a sign-in setup: the slug of its integration.'),
  name: z.string(),
  integration: z.string().nullable().describe('The slug.'),
});

/** `GET /v1/notices`: newest first. One for each event, however many cells or syncs it stops. */
export const notice = z
  .object({
    id: noticeId,
    kind: noticeKind,
    subject,
    title: z.string().describe('"Hunter needs attention: Sales"'),
    message: z.string().describe('One or two plain sentences: what happened and what to do.'),
    at: timestamp,
    is_read: z.boolean().describe('By the person who asks; for an API token false.'),
    is_over: z.boolean().describe('needs_attention, expires_soon: it has been put right since.'),
  })
  .meta({ id: 'Notice' });
export type Notice = z.infer<typeof notice>;

export const noticesQuery = pageQuery.extend({
  kind: noticeKind.optional(),
  unread: z.enum(['true', 'false']).optional(),
});
export const noticeList = z.object({
  data: z.array(notice),
  next_cursor: z.string().nullable(),
  unread_count: z.int().describe('At most 100 are counted.'),
});

/** `POST /v1/notices/read`: everything up to this one is read, by the person who is signed in. Answers 204. */
export const readNotices = z.strictObject({ until: noticeId });

/** Where notices go besides the app. `GET/POST /v1/notification-channels`, `GET/PATCH/DELETE …/{id}`, `POST …/{id}/test`. */
const sending = {
  id: channelId,
  name: z.string(),
  kinds: z.array(noticeKind).describe('Which notices are sent there.'),
  is_paused: z.boolean(),
  is_stopped: z
    .boolean()
    .describe(
      'The receiver said that it is gone, or nothing arrived for days: nothing is sent until it is resumed (is_paused: false).',
    ),
  problem: z
    .object({ message: z.string(), since: timestamp })
    .nullable()
    .describe('Why the last deliveries did not arrive.'),
  last_delivered_at: timestamp.nullable(),
  created_by: z.string().nullable(),
  created_at: timestamp,
  version: z.int(),
};
export const notificationChannel = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('email'), addresses: z.array(z.email()), ...sending }),
    z.object({
      kind: z.literal('slack'),
      url_hint: z.string().describe('Host and the last 4 characters: the address itself is a secret.'),
      ...sending,
    }),
  ])
  .meta({ id: 'NotificationChannel' });
export type NotificationChannel = z.infer<typeof notificationChannel>;

/** `GET /v1/notification-channels`. */
export const notificationChannelList = z.object({
  data: z.array(notificationChannel),
  is_email_available: z.boolean().describe('False: the operator has set no mail server (KEYRAIL_SMTP_URL).'),
});

const channelName = z.string().trim().min(1).max(100);
const kinds = z.array(noticeKind).min(1).max(3);
export const createNotificationChannel = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('email'),
    name: channelName,
    addresses: z.array(z.email().max(254)).min(1).max(20),
    kinds: kinds.default(['needs_attention', 'expires_soon', 'recovered']),
  }),
  z.strictObject({
    kind: z.literal('slack'),
    name: channelName,
    url: z
      .url({ protocol: /^https$/ })
      .max(500)
      .describe('Of an incoming webhook. Stored encrypted.'),
    kinds: kinds.default(['needs_attention', 'expires_soon', 'recovered']),
  }),
]);
export type CreateNotificationChannel = z.input<typeof createNotificationChannel>;
export const updateNotificationChannel = z.strictObject({
  name: channelName.optional(),
  kinds: kinds.optional(),
  is_paused: z.boolean().optional().describe('false also resumes one that was stopped.'),
  addresses: z.array(z.email().max(254)).min(1).max(20).optional(),
  url: z
    .url({ protocol: /^https$/ })
    .max(500)
    .optional(),
});

/**
 * `GET/POST /v1/webhooks`, `GET/PATCH/DELETE /v1/webhooks/{id}`, `POST …/{id}/test`, `POST …/{id}/rotate-secret`: signed as Standard
 * Webhooks says (`webhook-id`, `webhook-timestamp`, `webhook-signature`), so that any of its libraries checks them.
 */
export const webhook = z
  .object({
    id: webhookId,
    url: z.url(),
    kinds: sending.kinds,
    is_paused: sending.is_paused,
    is_stopped: sending.is_stopped,
    problem: sending.problem,
    secret_hint: z.string().describe('The last 4 characters.'),
    previous_secret_until: timestamp
      .nullable()
      .describe('Until then each message is signed with the secret before, too.'),
    last_delivered_at: sending.last_delivered_at,
    created_by: sending.created_by,
    created_at: timestamp,
    version: z.int(),
  })
  .meta({ id: 'Webhook' });
export type Webhook = z.infer<typeof webhook>;

/** The only answers that hold the secret (`whsec_…`); null where the request is repeated with its Idempotency-Key. */
export const createdWebhook = webhook.extend({ secret: z.string().nullable() });

export const createWebhook = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).max(500),
  kinds: kinds.default(['needs_attention', 'expires_soon', 'recovered']),
});
export const updateWebhook = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .optional(),
  kinds: kinds.optional(),
  is_paused: z.boolean().optional().describe('false also resumes one that was stopped.'),
});

/** What a webhook's receiver gets as its body. */
export const webhookMessage = z.object({
  type: z.enum([
    'connection.needs_attention',
    'connection.expires_soon',
    'connection.recovered',
    'sign_in_setup.needs_attention',
    'sign_in_setup.expires_soon',
    'sign_in_setup.recovered',
    'api_token.expires_soon',
    'webhook.needs_attention',
    'notification_channel.needs_attention',
    'test',
  ]),
  timestamp,
  data: z.object({
    notice_id: noticeId.nullable().describe('Null: a test.'),
    workspace_id: z.string(),
    subject: subject.nullable().describe('Null: a test.'),
    title: z.string(),
    message: z.string(),
    url: z.url().describe('The page in Keyrail.'),
  }),
});

/**
 * `GET /v1/deliveries`: what was sent where, newest first. `POST /v1/deliveries/{id}/resend` sends it once more; it and
 * `POST …/{id}/test` of a channel answer 202 with the deliveries to look at (`deliveryList`).
 */
export const delivery = z
  .object({
    id: deliveryId,
    channel_kind: z.enum(['email', 'slack', 'webhook']),
    channel_id: z.string(),
    channel_name: z.string().describe('A webhook: its address.'),
    recipient: z.string().nullable().describe('E-mail: the address; each gets a mail of its own.'),
    notice_id: noticeId.nullable().describe('Null: a test.'),
    notice_kind: noticeKind.nullable(),
    title: z.string(),
    state: z
      .enum(['pending', 'delivered', 'failed'])
      .describe('failed: given up after 8 attempts over 24 hours, or refused for good.'),
    attempts: z.int(),
    last_answer: z
      .string()
      .nullable()
      .describe(
        'What came of the last attempt: "200", "550 no such mailbox", "No answer within 10 seconds".',
      ),
    next_attempt_at: timestamp.nullable(),
    created_at: timestamp,
    settled_at: timestamp.nullable(),
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof delivery>;

export const deliveryList = z.object({ data: z.array(delivery) });

export const deliveriesQuery = pageQuery.extend({
  channel: z.string().max(100).optional().describe('The id of a channel or webhook.'),
  state: delivery.shape.state.optional(),
});
