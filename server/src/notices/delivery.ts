import type { DeliveryId, NoticeId } from '@keyrail/contract/ids';
import type { NoticeKind, Delivery as Shown } from '@keyrail/contract/notices';
import type { NoticeSettings } from './settings.ts';

/**
 * One message to one receiver.
 *
 *   pending, due → [taken: an attempt is made] → delivered
 *                                              → [not now] pending, due later → … → [no attempt is left] failed
 *                                              → [refused for good] failed
 *                                              → [the process died] due again when the time of the attempt is over
 *   delivered, failed → [a person sends it once more] pending, due
 */
export interface Delivery {
  id: DeliveryId;
  workspaceId: string;
  channelId: string;
  channelKind: Shown['channel_kind'];
  channelName: string;
  recipient: string | null;
  /** Null: a test. */
  noticeId: NoticeId | null;
  noticeKind: NoticeKind | null;
  title: string;
  state: Shown['state'];
  attempts: number;
  lastAnswer: string | null;
  nextAttemptAt: Date | null;
  createdAt: Date;
  settledAt: Date | null;
}

export const TEST_TITLE = 'Test message from Keyrail';

/**
 * What came of an attempt; `answer` is what people read of it. `gone`: the receiver is there no more, nothing is to be sent
 * there. `isOurs`: it is not the receiver's fault (our mail server's, say).
 */
export type Sent =
  | { kind: 'delivered'; answer: string }
  | { kind: 'later'; answer: string; retryAfterSeconds?: number | null; isOurs?: boolean }
  | { kind: 'refused'; answer: string }
  | { kind: 'gone'; answer: string }
  /** Nobody was asked: it is not wanted (any more). */
  | { kind: 'dropped'; answer: string };

/** When to try again after the `attempts`th attempt; null: never. `random` in [0, 1): many are not sent together. */
export function nextAttemptAt(
  { retryMs }: Pick<NoticeSettings, 'retryMs'>,
  attempts: number,
  retryAfterSeconds: number | null,
  now: Date,
  random: number,
): Date | null {
  const pauseMs = retryMs[attempts - 1];
  if (pauseMs === undefined) return null;
  return new Date(now.getTime() + Math.max(pauseMs * (0.9 + 0.2 * random), (retryAfterSeconds ?? 0) * 1000));
}
