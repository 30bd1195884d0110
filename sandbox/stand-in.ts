import type { OAuthSpec } from './oauth/spec.ts';
import type { Reply, SandboxRequest } from './request.ts';
import type { Identified, TokenDesk } from './service-accounts/token-desk.ts';

/** Where a key may travel besides headers and parameters. */
export interface SentBesides {
  path: string;
  body: unknown;
}

export interface RateWindow {
  calls: number;
  perMs: number;
}

/** One provider as publicly documented: where its key travels, its limits, its error bodies, its answers. */
export interface StandIn {
  slug: string;
  origin: string;
  /** Further addresses: sign-in pages, token endpoints. Each gets a port of its own. */
  otherOrigins?: readonly string[];
  oauth?: OAuthSpec;
  /** The provider whose sign-in gives tokens that are good here, too. */
  tokensOf?: string;
  /** What accounts of programs ask before they have a token; null: the request is none of that. Comes before `oauth`. */
  atDesk?(request: SandboxRequest, desk: TokenDesk): Reply | null;
  /** Whose a bearer is that nobody gave out: a JWT that was signed by the account itself. null: it is none. */
  identify?(request: SandboxRequest, desk: TokenDesk): Identified | null;
  keyOf(headers: SandboxRequest['headers'], query: URLSearchParams, sent: SentBesides): string | null;
  /** Calls of one group share a budget; an empty list has none. */
  limitsOf(path: string): { group: string; windows: readonly RateWindow[] };
  /** No key, or one the provider does not know; `because`: of a token that was good once. */
  rejected(key: string | null, because?: 'expired' | 'revoked' | 'unknown'): Reply;
  throttled(retryAfterSeconds: number): Reply;
  /** Its `…-no-credits` and `…-credits-N` keys show it; elsewhere those are keys it does not know. */
  hasCredits?: boolean;
  outOfCredits(request: SandboxRequest): Reply;
  missingPermission(): Reply;
  /** HTTP 200 with an error in it, as this provider might. */
  errorInside(): Reply;
  answer(request: SandboxRequest, account: SandboxAccount): Reply;
}

/** What the sandbox remembers of one key. */
export interface SandboxAccount {
  creditsLeft: number;
  creditsUsed: number;
}
