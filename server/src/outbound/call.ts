import type { CredentialSource, Trusted } from './credential-source.ts';
import type { Answer, CallOutcome, DeniedReason } from './outcome.ts';
import type { OutboundRequest } from './request.ts';
import type { StreamCall, StreamOutcome } from './stream.ts';

/** At most `calls` in any `perSeconds`, over all processes. Windows of different groups count apart. */
export interface RateWindow {
  calls: number;
  perSeconds: number;
  group?: string | undefined;
}

/**
 * What an answer means to the engine, before anybody looks at its content. Integrations differ (one throttles
 * with 403, another says "quota used up" with 429), so callers hand in a reading made from the catalog file.
 */
export type Reading =
  | { kind: 'final' }
  /** The credential was not accepted: a newer version is asked for, and the call repeated once. */
  | { kind: 'unauthenticated' }
  /** Refused for now without having been acted on: waits, for all users of the connection, and repeats. */
  | { kind: 'throttled'; retryAfterSeconds?: number }
  /**
   * Failed at the other side: repeated where the call may be repeated. Else it ends as `unknown`, unless the answer
   * says that nothing was done (`mayHaveHappened: false`).
   */
  | { kind: 'failed'; mayHaveHappened?: boolean };

export interface OutboundCall {
  request: OutboundRequest;
  /** Origins the credential may go to (`https://api.example.com`), from the integration's definition. */
  allowedOrigins: readonly string[];
  credential: CredentialSource | null;
  /** Who else is believed about whom. */
  trusted?: Trusted | undefined;
  workspaceId: string;
  /** Null while there is no connection yet (a probe before saving): then nothing is counted or budgeted. */
  connectionId: string | null;
  /** Who calls, for fairness and usage: `probe`, `column:col_…`, `token:tok_…`; at most 64 characters. */
  consumer: string;
  /** The documented limits that count this call, adjusted down by the user. Empty: only the concurrency cap applies. */
  rateWindows?: readonly RateWindow[];
  /** What the limits are counted by; the connection's id unless the integration counts by account or address. */
  budgetKey?: string;
  /** Waits for the answer to begin as long as for all of it: what was asked for is spent once it was sent. */
  isPatient?: boolean;
  /** The action says that sending twice does no harm. Idempotent methods are repeatable by themselves. */
  repeatable?: boolean;
  /** Attempts in all, 1 to 4 (a first one and at most three more). Default 3. */
  maxAttempts?: number;
  /** No wait (budget, Retry-After, backoff) goes past this; then `rate_limited` is handed back. Default 30 s. */
  patienceMs?: number;
  /** Default: `readPlainly` (401 unauthenticated, 429 throttled, 503 with Retry-After throttled, 502/503/504 failed). */
  read?: (answer: Answer) => Reading;
  signal?: AbortSignal;
}

/** The one engine for calls to third parties. Made by `createOutbound`; closed after the last call. */
export interface Outbound {
  /** Rejects only where our own database does (the shared budget); everything else is an outcome. */
  call(call: OutboundCall): Promise<CallOutcome>;
  /** The same for bodies that are streamed both ways: same guard, budget and counts. */
  stream(call: StreamCall): Promise<StreamOutcome>;
  /**
   * Whether this server would call such an address at all, with a look-up: for base URLs, before they are saved.
   * The same guard as for the call itself.
   */
  check(url: string): Promise<AddressCheck>;
}

export type AddressCheck =
  | { kind: 'fine' }
  | { kind: 'denied'; reason: DeniedReason }
  | { kind: 'invalid'; problem: string }
  | { kind: 'unresolved' };
