import type { Grant, OAuthSpec } from './oauth/spec.ts';

/** A request as a stand-in sees it. `key` is the credential it carried, null without one. */
export interface SandboxRequest {
  /** The provider's address it was meant for. */
  origin: string;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | undefined>>;
  body: unknown;
  key: string | null;
  /** How often this very request (method, path, query, body, key) has come, this time included. */
  times: number;
  /** Whose token it carries, where that came from signing in. */
  grant: Grant | null;
}

/** What is sent back. A string body goes out as it is, anything else as JSON; null is an empty body. */
export interface Reply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
  /** Counts against the credits of `…-credits-N` keys. */
  costs?: number;
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
  keyOf(headers: SandboxRequest['headers'], query: URLSearchParams): string | null;
  /** Calls of one group share a budget; an empty list has none. */
  limitsOf(path: string): { group: string; windows: readonly RateWindow[] };
  /** No key, or one the provider does not know; `because`: of a token that was good once. */
  rejected(key: string | null, because?: 'expired' | 'revoked' | 'unknown'): Reply;
  throttled(retryAfterSeconds: number): Reply;
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

export function memberOf(body: unknown, name: string): unknown {
  return body !== null && typeof body === 'object' && Object.hasOwn(body, name)
    ? (body as Record<string, unknown>)[name]
    : undefined;
}

export function textOf(body: unknown, name: string): string {
  const value = memberOf(body, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

/** The credential in `Authorization: Bearer …`. */
export function bearerOf(headers: SandboxRequest['headers']): string | null {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** Who the credential belongs to: the person who signed in, or a name made from the key's own text. */
export function ownerOf(slug: string, { grant, key }: Pick<SandboxRequest, 'grant' | 'key'>): string {
  return grant?.account ?? `${(key ?? '').replace(`sandbox-${slug}-`, '')}@${slug}.sandbox.example`;
}
