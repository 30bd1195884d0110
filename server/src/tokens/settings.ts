/** Waits of the room; tests scale them. */
export interface TokenSettings {
  /**
   * How long one renewal may take until another process may try: longer than a token call can last, since a renewal that
   * is still under way must not be done twice.
   */
  leaseMs: number;
  /** A new token that the database has not taken by then is written to the journal. */
  journalAfterMs: number;
  /** The longest pause between tries to bring the journal's tokens to the database. */
  replayPauseMs: number;
  /** How long a call waits for a renewal that somebody else is making. */
  waitMs: number;
  /** How long a token stays in this process's memory when nobody says that it changed. */
  keepInMemoryMs: number;
  /** A token is renewed in the background this long before its end, but not before four fifths of its life. */
  renewAheadMs: number;
  /** On use it is renewed this long before its end, but not before nine tenths of its life. */
  closeMs: number;
  /** Tokens refused before their time are renewed at most once in this time: some say 401 to whatever token. */
  forceGapMs: number;
  /** After a renewal that did not come about; doubles with each further one. */
  retryAfterMs: number;
  retryAtMostMs: number;
}

export const DEFAULT_TOKEN_SETTINGS: TokenSettings = {
  leaseMs: 45_000,
  journalAfterMs: 500,
  replayPauseMs: 2_000,
  waitMs: 20_000,
  keepInMemoryMs: 5_000,
  renewAheadMs: 10 * 60_000,
  closeMs: 30_000,
  forceGapMs: 60_000,
  retryAfterMs: 1_000,
  retryAtMostMs: 15 * 60_000,
};
