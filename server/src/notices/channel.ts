import type { ChannelId, WebhookId } from '@keyrail/contract/ids';
import type { Delivery, NoticeKind } from '@keyrail/contract/notices';
import type { SealedRecord } from '../vault/sealed-record.ts';

/**
 * Where notices are sent besides the app.
 *
 *   sending ⇄ paused                        a person's choice; what was to be sent meanwhile is not sent later
 *   sending → [gone, or nothing for days] stopped → [a person resumes it] sending
 */
export interface Channel {
  id: ChannelId | WebhookId;
  workspaceId: string;
  kind: Delivery['channel_kind'];
  /** A webhook: its address. */
  name: string;
  /** E-mail. */
  addresses: readonly string[];
  /** A webhook's. */
  url: string | null;
  /** What may be shown of a secret address, or of what a webhook is signed with. */
  hint: string | null;
  sealed: SealedRecord | null;
  sealedVersion: number;
  previousSecretUntil: Date | null;
  kinds: readonly NoticeKind[];
  isPaused: boolean;
  stoppedAt: Date | null;
  failingSince: Date | null;
  problem: string | null;
  lastDeliveredAt: Date | null;
  createdBy: string | null;
  createdAt: Date;
  /** The ETag: counts changes by people. */
  version: number;
}

/** As people know it: a webhook's address may hold a key in its path, and everybody's mail is no place for that. */
export function publicName({ kind, name, url }: Pick<Channel, 'kind' | 'name' | 'url'>): string {
  return kind === 'webhook' ? (URL.parse(url ?? '')?.host ?? name) : name;
}

export function isActive({ isPaused, stoppedAt }: Pick<Channel, 'isPaused' | 'stoppedAt'>): boolean {
  return !isPaused && stoppedAt === null;
}
