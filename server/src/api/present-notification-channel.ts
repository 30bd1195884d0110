import type { ChannelId, WebhookId } from '@keyrail/contract/ids';
import type { NotificationChannel, Webhook } from '@keyrail/contract/notices';
import type { Channel } from '../notices/channel.ts';

/** Where notices go, as the API shows it: of what is secret, only a hint. */
export function presentChannel(channel: Channel): NotificationChannel {
  const shown = { id: channel.id as ChannelId, name: channel.name, ...sending(channel) };
  return channel.kind === 'email'
    ? { kind: 'email', addresses: [...channel.addresses], ...shown }
    : { kind: 'slack', url_hint: channel.hint ?? '', ...shown };
}

export function presentWebhook(channel: Channel, now: Date): Webhook {
  const { previousSecretUntil: until } = channel;
  return {
    id: channel.id as WebhookId,
    url: channel.url ?? '',
    secret_hint: channel.hint ?? '',
    previous_secret_until: until !== null && until > now ? until.toISOString() : null,
    ...sending(channel),
  };
}

function sending(channel: Channel) {
  const { problem, failingSince } = channel;
  return {
    kinds: [...channel.kinds],
    is_paused: channel.isPaused,
    is_stopped: channel.stoppedAt !== null,
    problem:
      problem === null || failingSince === null
        ? null
        : { message: problem, since: failingSince.toISOString() },
    last_delivered_at: channel.lastDeliveredAt?.toISOString() ?? null,
    created_by: channel.createdBy,
    created_at: channel.createdAt.toISOString(),
    version: channel.version,
  };
}
