import type { AuthorizationId, ConnectionId, UserId } from '@keyrail/contract/ids';
import type { Choice } from './account-choice.ts';

/**
 * A sign-in under way at a provider.
 *
 *   pending → finishing (the callback came, its code is exchanged) → connected | failed
 *             finishing → choosing (it reaches several accounts) → finishing
 *   pending, choosing → (ten minutes pass) → expired, which is not stored
 *
 * One that an API token began is `pending` without a person, a browser or a state, until somebody goes on with it.
 */
export interface Authorization {
  id: AuthorizationId;
  workspaceId: string;
  integration: string;
  methodId: string;
  /** Of the cookie of the browser that began it, or went on with it; null while there is none. */
  browserHash: Buffer | null;
  startedBy: UserId | null;
  /** The API token that began it, by name. */
  askedBy: string | null;
  /** Where the page that began it stands; what is told to its opener goes there alone. */
  origin: string;
  /** As it was at the start, whatever the public address is by now (RFC 6749 §4.1.3). */
  redirectUri: string;
  clientId: string;
  setUpBy: 'workspace' | 'operator';
  /** The connection that is signed in again; once `connected`, the one that was made, too. */
  connectionId: ConnectionId | null;
  wanted: Wanted;
  state: 'pending' | 'finishing' | 'choosing' | 'connected' | 'failed';
  /** While `choosing`. */
  choice: { label: string; choices: readonly Choice[] } | null;
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
  /** Whose access was got and is not wanted, where it became known. */
  account?: { id: string | null; name: string | null };
}

export const LIFETIME_MS = 10 * 60_000;
