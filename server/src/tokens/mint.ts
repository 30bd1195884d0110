import type { Secret } from '../lib/secret.ts';
import type { DeniedReason } from '../outbound/outcome.ts';

/** Which credential a token was made from. A roll-back finds the tokens of its own version again. */
export interface TokenOwner {
  workspaceId: string;
  connectionId: string;
  credentialVersion: number;
}

/** What a token endpoint, or a signer of our own, gave. Nothing in it has been judged yet but that there is a token. */
export interface Minted {
  accessToken: Secret<string>;
  /** Null: none came. Where there was one before, that one stays. */
  refreshToken: Secret<string> | null;
  /** Null: unknown. Never negative, never NaN, at most a year. */
  expiresInSeconds: number | null;
  /** The refresh token's own end, where the answer names it. */
  refreshExpiresInSeconds: number | null;
  /** After so long the grant ends whatever is renewed. Null: nothing is said of it now. */
  grantEndsInSeconds: number | null;
  /** Null: not said, so as asked. */
  scopes: readonly string[] | null;
  /** What addresses are made from and comes with the token (Salesforce's instance_url): by connection field. */
  fields: Readonly<Record<string, string>>;
}

/** What came of asking for a token once. Whoever asks does not repeat by himself: that is decided with the lease in hand. */
export type MintOutcome =
  | {
      kind: 'minted';
      minted: Minted;
      /** Tells the other side that nobody wants it any more: what it was made for went away meanwhile. */
      takeBack?: (() => Promise<void>) | undefined;
    }
  /** The grant or key is no longer good: only a person can help. */
  | { kind: 'ended'; because: 'expired' | 'revoked' | 'rejected'; words: string | null; advice?: Advice }
  /** The sign-in setup is not accepted (invalid_client): nothing is wrong with the connection itself. */
  | { kind: 'setup_rejected'; words: string | null; advice?: Advice }
  /**
   * Not now: time-out, 5xx, 429, nonsense. `mayHaveHappened`: the request may have been acted on, so that a rotating refresh
   * token may be spent.
   */
  | {
      kind: 'not_now';
      because: 'unreachable' | 'rate_limited' | 'provider_error';
      mayHaveHappened: boolean;
      retryAfterSeconds: number | null;
      words: string | null;
      advice?: Advice;
      /** The time that the request says was not believed. */
      isClockOff?: boolean;
      /** This server calls no such address, now or later. */
      denied?: DeniedReason;
    };

/** What it means and what to do, in our words, where that is known. */
type Advice = string | null;

/** An earlier renewal whose answer never came, while the token that is there is still good. */
export interface CutOff {
  sinceMs: number;
}

/**
 * Makes the next token of `owner`. With `cutOff` it may answer `held` and ask nobody: where the other side may have given a
 * new refresh token already and takes the old one for stolen, asking again ends the grant. Filled in by connections, which
 * alone opens what the token is made from.
 */
export type Mint = (
  owner: TokenOwner,
  refreshToken: Secret<string> | null,
  cutOff: CutOff | null,
  /** Looked at right before the request leaves: false where the time for it is over. */
  mayAsk: () => boolean,
) => Promise<MintOutcome | { kind: 'held' }>;
