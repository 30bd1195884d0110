/** Waits and limits of notices; tests scale them. */
export interface NoticeSettings {
  /** So long something must work again before people are told; four times as long with each further trouble in a day. */
  recoveryHoldMs: number;
  recoveryHoldAtMostMs: number;
  /** Pauses after the first attempt, the second, …: one more attempt than there are pauses. */
  retryMs: readonly number[];
  /** How long one attempt may take until another process may make the next. */
  leaseMs: number;
  /** One attempt, from looking up the name to the last byte that is read of the answer. */
  attemptTimeoutMs: number;
  /** Nothing arrived for so long: nothing more is sent there. */
  stopAfterMs: number;
  /** How long a replaced signing secret signs, too. */
  previousSecretMs: number;
  /** Attempts at the same time in one process, and of these for one workspace. */
  atOnce: number;
  atOnceOfWorkspace: number;
  /** How often to look for what is due, besides being told. */
  lookEveryMs: number;
  noticesKeptMs: number;
  deliveriesKeptMs: number;
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const DEFAULT_NOTICE_SETTINGS: NoticeSettings = {
  recoveryHoldMs: 10 * MINUTE_MS,
  recoveryHoldAtMostMs: 6 * HOUR_MS,
  // Eight attempts within a day.
  retryMs: [10 * SECOND_MS, 2 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, 7 * HOUR_MS, 12.5 * HOUR_MS],
  leaseMs: MINUTE_MS,
  attemptTimeoutMs: 10 * SECOND_MS,
  stopAfterMs: 3 * DAY_MS,
  previousSecretMs: DAY_MS,
  atOnce: 16,
  atOnceOfWorkspace: 4,
  lookEveryMs: 5 * SECOND_MS,
  noticesKeptMs: 365 * DAY_MS,
  deliveriesKeptMs: 30 * DAY_MS,
};

/** At most so many of each in a workspace. */
export const MOST_CHANNELS = 50;
/** Test messages through one channel in an hour: a channel is no way to mail strangers. */
export const MOST_TESTS_AN_HOUR = 10;
/**
 * Mails that the people of a workspace may ask for in an hour, test messages and those sent once more together: also where
 * channels are deleted and made anew, or get other addresses.
 */
export const MOST_MAILS_AN_HOUR = 100;
