/** What came back, as the outbound engine hands it over: header names in lower case, the body decoded as text. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

interface Failure {
  /**
   * The provider's own words, at most 300 characters, control characters removed; null where there are none.
   * The caller removes secrets before showing or storing them.
   */
  said: string | null;
  /** What the catalog file says this means and what to do, for people. */
  advice: string | null;
}

/** What an answer means. `json` is null for an empty or plain-text answer of a request that may have one. */
export type Outcome =
  | { kind: 'success'; json: unknown }
  | ({ kind: 'no_result'; json: unknown } & Failure)
  | ({ kind: 'pending'; retryAfterSeconds: number | null } & Failure)
  | ({ kind: 'rejected' | 'expired' | 'revoked' | 'wrong_account' } & Failure)
  | ({ kind: 'missing_permission'; permission: string | null } & Failure)
  | ({ kind: 'out_of_credits' | 'invalid_request' } & Failure)
  | ({ kind: 'rate_limited'; retryAfterSeconds: number | null } & Failure)
  /** `isClockOff`: it did not believe the time that the request says. */
  | ({ kind: 'provider_error'; retryAfterSeconds: number | null; isClockOff?: boolean } & Failure)
  /** Neither what was asked for nor a known error: HTML, cut-off JSON, a redirect, a 2xx without what it must have. */
  | ({ kind: 'nonsense'; because: 'html' | 'not_json' | 'empty' | 'redirect' | 'unexpected' } & Failure);

export type FailureKind = Exclude<Outcome['kind'], 'success'>;
