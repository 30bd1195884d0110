import type { NoCredential } from './credential-source.ts';
import type { ShownRequest } from './request.ts';

/** A third party's answer, whatever its status; the body is decoded (gzip and the like) and within the limit. */
export interface Answer {
  status: number;
  /** Lower-case names; several lines of one name joined by ", ". Hop-by-hop headers and Set-Cookie are gone. */
  headers: Record<string, string>;
  body: Buffer;
  request: ShownRequest;
  /** From the first attempt to the last byte. */
  durationMs: number;
  /** The version of the credential it was made with; null without a credential. */
  credentialVersion: number | null;
  /** Takes the credential (plain, URL-encoded, base64) out of a text that may be shown. */
  redact(text: string): string;
}

/** `host`: a credential was about to leave its integration's hosts. The others are the guard's. */
export type DeniedReason = 'scheme' | 'userinfo' | 'port' | 'address' | 'host';
/** `client_certificate`: the other side wants another client certificate than it was shown, or one at all. */
export type UnreachableCause = 'dns' | 'tcp' | 'tls' | 'client_certificate' | 'timeout' | 'reset';

/**
 * Everything a call can come to.
 *
 * `mayHaveHappened`: the request had begun to leave us, so the third party may have acted on it. A call that may
 * have happened and may not be repeated ends as `unknown`; it is never sent again by the engine.
 */
export type CallOutcome =
  | { kind: 'answer'; answer: Answer }
  /** A 3xx with a Location, handed back and not followed: a credential must not wander to another host. */
  | { kind: 'redirect'; answer: Answer; location: string }
  /** Throttled by the third party or by the connection's own budget, for longer than the caller wants to wait. */
  | { kind: 'rate_limited'; retryAfterSeconds: number; answer: Answer | null }
  | { kind: 'egress_denied'; reason: DeniedReason }
  | { kind: 'unreachable'; cause: UnreachableCause; mayHaveHappened: boolean; detail: string }
  | { kind: 'invalid_response'; detail: string }
  | { kind: 'too_large'; limitBytes: number }
  | { kind: 'unknown'; detail: string; answer: Answer | null }
  | { kind: 'invalid_request'; problem: string }
  | {
      kind: 'no_credential';
      because: NoCredential;
      words?: string | null;
      /** Where it passes by itself. */
      retryAfterSeconds?: number;
    }
  | { kind: 'cancelled'; mayHaveHappened: boolean };
