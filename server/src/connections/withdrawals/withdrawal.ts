import type { ConnectionId, WithdrawalId } from '@keyrail/contract/ids';
import type { WithdrawalEntry } from '@keyrail/contract/withdrawals';
import type { SealedRecord } from '../../vault/sealed-record.ts';

/**
 * Access that is no longer used here, and what the provider was told of it.
 *
 *   given up → pending, due → [told] withdrawn
 *                           → [not now] pending, due later, for a day at least → [given up] failed
 *                           → [the provider does not do this] not_offered
 *              pending, waiting: another connection is of the same account → due once the last of them goes
 *
 * Its secrets are destroyed with the end of `pending`.
 */
export interface Withdrawal {
  id: WithdrawalId;
  workspaceId: string;
  /** Null: a sign-in that was refused. */
  connectionId: ConnectionId | null;
  connectionName: string | null;
  credentialVersion: number | null;
  integration: string;
  integrationName: string;
  accountId: string | null;
  accountName: string | null;
  because: WithdrawalEntry['because'];
  state: WithdrawalEntry['state'];
  sealed: SealedRecord | null;
  attempts: number;
  /** Null while pending: it waits for other connections. */
  nextAttemptAt: Date | null;
  problem: string | null;
  words: string | null;
  removeUrl: string | null;
  createdAt: Date;
  settledAt: Date | null;
}

/** With whether its connection is there no more. */
export type ListedWithdrawal = Withdrawal & { isConnectionDeleted: boolean };

/** Waits of withdrawals; tests scale them. */
export interface WithdrawalSettings {
  /** After the first attempt that came to nothing; doubles with each further one. */
  withdrawalRetryMs: number;
  withdrawalRetryAtMostMs: number;
  /** An attempt that fails after so long is the last. */
  withdrawalGiveUpMs: number;
  /** How long one attempt may take until another process may make the next. */
  withdrawalLeaseMs: number;
  /** How long the secrets of access that others of its account still use are kept for the day it can be withdrawn. */
  withdrawalHoldMs: number;
  /** How long what came of it stays in the list: withdrawn, and not withdrawn. */
  withdrawnKeptMs: number;
  notWithdrawnKeptMs: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const DEFAULT_WITHDRAWAL_SETTINGS: WithdrawalSettings = {
  withdrawalRetryMs: 15_000,
  withdrawalRetryAtMostMs: 60 * MINUTE_MS,
  withdrawalGiveUpMs: DAY_MS,
  withdrawalLeaseMs: 2 * MINUTE_MS,
  withdrawalHoldMs: 30 * DAY_MS,
  withdrawnKeptMs: 30 * DAY_MS,
  notWithdrawnKeptMs: 365 * DAY_MS,
};

/** When to tell the provider again after the `attempts`th attempt. `random` in [0, 1): many are not told together. */
export function nextAttemptAt(
  settings: WithdrawalSettings,
  attempts: number,
  retryAfterSeconds: number | null,
  now: Date,
  random: number,
): Date {
  const doubled = settings.withdrawalRetryMs * 2 ** Math.min(attempts - 1, 20);
  const waitMs = Math.min(doubled, settings.withdrawalRetryAtMostMs) * (0.75 + 0.5 * random);
  return new Date(now.getTime() + Math.max(waitMs, (retryAfterSeconds ?? 0) * 1000));
}
