import type { NoticeKind, NotificationChannel, Webhook } from '@keyrail/contract/notices';
import { api } from '../../lib/api.ts';

/** A place that notices are sent to: a channel or a webhook, as one list shows them. */
export type Target = {
  id: string;
  /** What it is called; a webhook is called by its address. */
  name: string;
  detail: string;
  kinds: NoticeKind[];
  isPaused: boolean;
  isStopped: boolean;
  problem: { message: string; since: string } | null;
  lastDeliveredAt: string | null;
  version: number;
} & (
  | { kind: 'email'; channel: Extract<NotificationChannel, { kind: 'email' }> }
  | { kind: 'slack'; channel: Extract<NotificationChannel, { kind: 'slack' }> }
  | { kind: 'webhook'; webhook: Webhook }
);

/** In the order they were made. */
export function targetsOf(channels: readonly NotificationChannel[], webhooks: readonly Webhook[]): Target[] {
  const all = [
    ...channels.map((channel) => ({ at: channel.created_at, target: ofChannel(channel) })),
    ...webhooks.map((webhook) => ({ at: webhook.created_at, target: ofWebhook(webhook) })),
  ];
  return all.sort((one, other) => one.at.localeCompare(other.at)).map(({ target }) => target);
}

const shared = (one: NotificationChannel | Webhook) => ({
  id: one.id,
  kinds: one.kinds,
  isPaused: one.is_paused,
  isStopped: one.is_stopped,
  problem: one.problem,
  lastDeliveredAt: one.last_delivered_at,
  version: one.version,
});

function ofChannel(channel: NotificationChannel): Target {
  const name = channel.name;
  return channel.kind === 'email'
    ? { ...shared(channel), kind: 'email', name, detail: channel.addresses.join(', '), channel }
    : { ...shared(channel), kind: 'slack', name, detail: channel.url_hint, channel };
}

function ofWebhook(webhook: Webhook): Target {
  const { host } = new URL(webhook.url);
  return { ...shared(webhook), kind: 'webhook', name: host, detail: webhook.url, webhook };
}

/** What is done to each of them alike, whichever resource it is. */
export const changeTarget = (
  { kind, id, version }: Target,
  change: { is_paused?: boolean; kinds?: NoticeKind[] },
): Promise<unknown> =>
  kind === 'webhook'
    ? api.webhooks.update(id, change, version)
    : api.notificationChannels.update(id, change, version);

export const removeTarget = ({ kind, id }: Target): Promise<void> =>
  kind === 'webhook' ? api.webhooks.remove(id) : api.notificationChannels.remove(id);

export const testTarget = ({ kind, id }: Target) =>
  kind === 'webhook' ? api.webhooks.test(id) : api.notificationChannels.test(id);
