import type { AuthorizationId, ConnectionId, UserId } from '@keyrail/contract/ids';

/**
 * A sign-in under way at a provider.
 *
 *   pending → finishing (the callback came, its code is exchanged) → connected | failed
 *   pending → (ten minutes pass) → expired, which is not stored
 */
export interface Authorization {
  id: AuthorizationId;
  workspaceId: string;
  integration: string;
  methodId: string;
  /** Of the cookie of the browser that began it; null where an API token did. */
  browserHash: Buffer | null;
  startedBy: UserId | null;
  /** Where the page that began it stands; what is told to its opener goes there alone. */
  origin: string;
  /** As it was at the start, whatever the public address is by now (RFC 6749 §4.1.3). */
  redirectUri: string;
  clientId: string;
  setUpBy: 'workspace' | 'operator';
  /** The connection that is signed in again; once `connected`, the one that was made, too. */
  connectionId: ConnectionId | null;
  wanted: Wanted;
  state: 'pending' | 'finishing' | 'connected' | 'failed';
  reason: FailedBecause | null;
  message: string | null;
  nextStep: string | null;
  createdAt: Date;
  expiresAt: Date;
}

/** What was asked for at the start. */
export interface Wanted {
  name: string | null;
  /** Connection fields a person entered, clean. */
  fields: Readonly<Record<string, string>>;
  optionalScopes: readonly string[];
  makeDefault: boolean;
  acceptOtherAccount: boolean;
}

export type FailedBecause =
  | 'denied'
  | 'other_account'
  | 'rejected'
  | 'setup_rejected'
  | 'provider_error'
  | 'unreachable'
  | 'not_allowed';

/** How it ended, in words. */
export interface Failed {
  kind: 'failed';
  reason: FailedBecause;
  message: string;
  nextStep: string;
}

export const LIFETIME_MS = 10 * 60_000;
