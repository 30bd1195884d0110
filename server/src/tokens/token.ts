import type { Secret } from '../lib/secret.ts';
import type { Tx } from '../lib/tx.ts';
import type { GrantEnd } from './grant.ts';
import type { Minted, TokenOwner } from './mint.ts';

/** A short-lived token as it is now, ready to be put on a request. */
export interface Token {
  accessToken: Secret<string>;
  /** Grows by one with each token of its owner: a refusal names the one that was refused. */
  generation: number;
  mintedAt: Date | null;
  /** Null: not known. Then the first sign of its end is a refusal. */
  expiresAt: Date | null;
  /** Null: not said. */
  scopes: readonly string[] | null;
  /** What addresses are made from and came with the token, by connection field. */
  fields: Readonly<Record<string, string>>;
}

/** Why there is no token for a call. */
export type NoToken =
  /** For good: only a person can help. Connections has been told, in the same transaction. */
  | { kind: 'ended'; because: EndedBecause; words: string | null }
  /** The one-time sign-in setup is not accepted, and the token there was has run out. */
  | { kind: 'setup_rejected'; words: string | null; retryAfterSeconds: number }
  /** The other side cannot be had, and the token there was has run out. Tried again after that time at the earliest. */
  | { kind: 'not_now'; words: string | null; retryAfterSeconds: number }
  /** Somebody renews it right now, for longer than a call waits. Error code `token_refresh_in_progress`. */
  | { kind: 'in_progress'; retryAfterSeconds: number }
  /** What is stored does not open. */
  | { kind: 'unreadable'; because: string };

/**
 * `interrupted`: a renewal was cut off before its answer came (a crash, a time-out), and the next one was refused: the other
 * side had probably given out a new refresh token that never reached us.
 */
export type EndedBecause = 'expired' | 'revoked' | 'rejected' | 'interrupted';

export type TokenOutcome = { kind: 'token'; token: Token } | NoToken;
export type AsItIs = { kind: 'as_it_is' };

/** What renews a token: the refresh token that came with it, or the credential itself (a key, a client secret). */
export type MadeFrom = 'refresh_token' | 'credential';

/** What lists show of a token; nothing is decrypted for it. */
export interface TokenFacts {
  mintedAt: Date | null;
  expiresAt: Date | null;
  /** False: when it ends, only a person can help. */
  isRenewable: boolean;
  /** When it is renewed by itself; null: when it is refused, or never. */
  renewAt: Date | null;
  /** Why the last renewal did not come about; null: it did. */
  failure: { kind: 'not_now' | 'setup_rejected'; words: string | null } | null;
  /** The other side refused this very token before its end; no new one came since. */
  isRefused: boolean;
  /** A renewal was cut off, and the next one waits for the token's end. */
  isHeld: boolean;
  ended: { because: EndedBecause; words: string | null } | null;
  /** A known end that no renewal puts off. */
  grantEnd: GrantEnd | null;
  scopes: readonly string[] | null;
}

/** The room: short-lived tokens of any credential, kept alive. It knows neither OAuth nor the catalog. */
export interface Tokens {
  /**
   * A token that can be used now. It comes from memory where it can; is renewed first where it is about to end; and is
   * made where there is none yet (of a credential that mints). Waits for a renewal under way, for a limited time.
   */
  current(owner: TokenOwner): Promise<TokenOutcome>;
  /**
   * The same for checks, which are few: what is made of a credential is asked for again although that was refused before, since
   * whatever was wrong with it at the other side (a role, a consent, a suspended installation) may be right by now.
   */
  forCheck(owner: TokenOwner): Promise<TokenOutcome>;
  /**
   * The token of that generation was refused: a newer one, or why there is none now. `as_it_is`: nothing is done about it,
   * because there is nothing to make a new one from, or because it was done a moment ago and was refused again. Renews at most
   * once for one generation; `always`: for checks, which are few.
   */
  renewed(owner: TokenOwner, refusedGeneration: number, always?: boolean): Promise<TokenOutcome | AsItIs>;
  /** One that is good for a while at least (`minSeconds`): for handing it out. */
  fresh(owner: TokenOwner, minSeconds: number): Promise<TokenOutcome>;
  /** Stores what a sign-in (or a check before saving) gave, inside the caller's transaction. Replaces what is there. */
  put(tx: Tx, owner: TokenOwner, minted: Minted, madeFrom: MadeFrom): Promise<void>;
  /** A roll-back gives an old credential a new version: its tokens go with it. */
  move(tx: Tx, from: TokenOwner, toVersion: number): Promise<void>;
  /** Gone for good. Also happens by itself when the credential they belong to is destroyed (a trigger). */
  destroy(tx: Tx, owner: TokenOwner): Promise<void>;
  /** What may have kept renewals from working (a sign-in setup) has changed: they are tried again at once. */
  tryAgain(tx: Tx, owners: readonly TokenOwner[]): Promise<void>;
  /**
   * Both secrets of what a person signed in for, inside the transaction that destroys them, for withdrawing them at the other
   * side; null where there are none.
   */
  forRevoking(
    tx: Tx,
    owner: TokenOwner,
  ): Promise<{
    accessToken: Secret<string>;
    refreshToken: Secret<string> | null;
    expiresAt: Date | null;
  } | null>;
  /** For lists, by connection id; one without a token is left out. One query for a page. */
  facts(
    tx: Tx,
    workspaceId: string,
    of: readonly { connectionId: string; credentialVersion: number }[],
  ): Promise<ReadonlyMap<string, TokenFacts>>;
  /** Job `tokens.sweep`: what is due becomes jobs. */
  sweep(): Promise<void>;
  /** Job `tokens.renew`: unless one newer than `generation` is there by now. */
  renewDue(owner: TokenOwner, generation: number): Promise<void>;
  /** Job `tokens.say_end`: says of the connection that its access ends soon, once. */
  sayEnd(owner: TokenOwner): Promise<void>;
  /** New tokens that a process of this machine could not write before it ended: before anything is renewed. */
  replay(): Promise<void>;
  /** From LISTEN `token_changed`; null: of all (after a gap). */
  hear(payload: string | null): void;
  /** Waits until every renewal of this process has ended, in the database or in the journal: before the process ends. */
  drain(): Promise<void>;
}

/** Writes what has been prepared, in the caller's transaction. */
export type Told = (tx: Tx) => Promise<void>;

/**
 * What connections does when a token's story takes a turn: prepared before, and written in the transaction that writes the turn
 * down, so exactly once.
 */
export interface TokenEvents {
  ended(owner: TokenOwner, because: EndedBecause, words: string | null): Promise<Told>;
  /** The sign-in setup is refused. `isOut`: the last token has run out by now, or is refused, too. Told at every try. */
  setupRejected(owner: TokenOwner, words: string | null, isOut: boolean): Promise<Told>;
  /** A renewal works again after it was refused for the setup's sake, or was given up as lost; or allows something else now. */
  recovered(tx: Tx, owner: TokenOwner): Promise<void>;
  /** A renewal did not come about, for the first time in a row. `usableUntil`: until then nobody notices; null: it has run out, or is refused. */
  failed(owner: TokenOwner, failed: FirstFailure): Promise<Told>;
  /** A new token is written, and there is something to say of it. */
  renewed(owner: TokenOwner, news: RenewalNews): Promise<Told>;
  /** The access ends then whatever is renewed. */
  endsSoon(owner: TokenOwner, endsAt: Date): Promise<Told>;
}

export interface FirstFailure {
  kind: 'not_now' | 'setup_rejected';
  words: string | null;
  usableUntil: Date | 'unknown' | null;
}

export interface RenewalNews {
  /** How many tries had failed before; 0: none. */
  failures: number;
  /** What came with the token and is another than before, by connection field. */
  fields: Readonly<Record<string, string>>;
}
