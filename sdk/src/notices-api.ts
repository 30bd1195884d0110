import type { Expiry } from '@keyrail/contract/expiries';
import type {
  CreateNotificationChannel,
  Delivery,
  Notice,
  NotificationChannel,
  Webhook,
} from '@keyrail/contract/notices';
import type { Page } from '@keyrail/contract/page';
import type { Request } from './request.ts';
import type {
  CreatedWebhook,
  CreateWebhook,
  DeliveriesQuery,
  DeliveryList,
  ExpiriesQuery,
  NoticeList,
  NoticesQuery,
  NotificationChannelList,
  UpdateNotificationChannel,
  UpdateWebhook,
} from './shapes.ts';

type Query = Record<string, string | number | undefined>;

/** What ends when, what people are told of it, and where that goes besides the app. */
export function noticesApi(request: Request) {
  const channel = (id: string, rest = '') => `/v1/notification-channels/${encodeURIComponent(id)}${rest}`;
  const hook = (id: string, rest = '') => `/v1/webhooks/${encodeURIComponent(id)}${rest}`;
  return {
    expiries: {
      /** The soonest first. Without `from` also what is over and not yet replaced. */
      list: (query: ExpiriesQuery = {}) =>
        request<Page<Expiry>>('GET', '/v1/expiries', { query: query as Query }),
    },
    notices: {
      list: (query: NoticesQuery = {}) =>
        request<NoticeList>('GET', '/v1/notices', { query: query as Query }),
      /** Everything up to this one is read, by the person who asks. */
      read: (until: Notice['id']) => request<void>('POST', '/v1/notices/read', { body: { until } }),
    },
    notificationChannels: {
      list: () => request<NotificationChannelList>('GET', '/v1/notification-channels'),
      get: (id: string) => request<NotificationChannel>('GET', channel(id)),
      create: (body: CreateNotificationChannel, idempotencyKey?: string) =>
        request<NotificationChannel>('POST', '/v1/notification-channels', { body, idempotencyKey }),
      /** `version`: of the one that was looked at, so that nobody else's change is overwritten. */
      update: (id: string, body: UpdateNotificationChannel, version?: number) =>
        request<NotificationChannel>('PATCH', channel(id), {
          body,
          ...(version !== undefined && { version }),
        }),
      remove: (id: string) => request<void>('DELETE', channel(id)),
      /** Sends a message that says it is a test; what came of it stands in the deliveries that are answered. */
      test: (id: string) => request<DeliveryList>('POST', channel(id, '/test')),
    },
    webhooks: {
      list: () => request<{ data: Webhook[] }>('GET', '/v1/webhooks'),
      get: (id: string) => request<Webhook>('GET', hook(id)),
      /** The answer holds the secret, this one time. */
      create: (body: CreateWebhook, idempotencyKey?: string) =>
        request<CreatedWebhook>('POST', '/v1/webhooks', { body, idempotencyKey }),
      update: (id: string, body: UpdateWebhook, version?: number) =>
        request<Webhook>('PATCH', hook(id), { body, ...(version !== undefined && { version }) }),
      remove: (id: string) => request<void>('DELETE', hook(id)),
      test: (id: string) => request<DeliveryList>('POST', hook(id, '/test')),
      /** A new secret; messages are signed with both for 24 hours. */
      rotateSecret: (id: string) => request<CreatedWebhook>('POST', hook(id, '/rotate-secret')),
    },
    deliveries: {
      list: (query: DeliveriesQuery = {}) =>
        request<Page<Delivery>>('GET', '/v1/deliveries', { query: query as Query }),
      /** Once more, as a delivery of its own. */
      resend: (id: string) =>
        request<DeliveryList>('POST', `/v1/deliveries/${encodeURIComponent(id)}/resend`),
    },
  };
}
