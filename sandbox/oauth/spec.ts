import type { Reply, SandboxRequest } from '../request.ts';

/** Address and path; several origins of one provider can have the same paths. */
export interface Place {
  origin: string;
  path: string;
}

/** Who gave access to what. One sign-in is one grant; its tokens come and go. */
export interface Grant {
  /** The e-mail address that was typed in while signing in. */
  account: string;
  scopes: readonly string[];
  /** Parameters of the authorization request: Google gives a refresh token only where it was asked for one. */
  asked: URLSearchParams;
  isWithdrawn: boolean;
  /** When it was allowed. */
  sinceMs?: number;
  /** Of a program's account: every call lacks a permission, or is throttled. */
  mood?: 'limited' | 'throttled';
}

export interface Issued {
  grant: Grant;
  accessToken: string;
  /** Null: none was asked for, or (static) none is sent again. */
  refreshToken: string | null;
  expiresInSeconds: number | null;
  isRefresh: boolean;
  nowMs: number;
}

/** Names of RFC 6749, and `bad_secret` for a known client with another secret. */
export type TokenFailure =
  | 'invalid_client'
  | 'bad_secret'
  | 'invalid_grant'
  | 'invalid_code'
  | 'invalid_request'
  | 'unsupported_grant_type';

/** Sign-in at one provider, as publicly documented. */
export interface OAuthSpec {
  /** As the sign-in page calls it. */
  name: string;
  /** Salesforce can be any of several hosts: then all of them are listed. */
  authorize: readonly Place[];
  token: readonly Place[];
  revoke: readonly Place[];
  clientAuth: 'post' | 'basic';
  /** How the token address is asked; left out: form. */
  body?: 'form' | 'json';
  pkce: 'required' | 'taken' | 'ignored';
  /** Left out: a space. */
  scopeSeparator?: string;
  refresh: 'static' | 'rotating';
  /** Using a refresh token again ends the whole grant. */
  reuseEndsGrant?: boolean;
  /** A refresh says the redirect URI, too. */
  refreshWantsRedirectUri?: boolean;
  /** So long a refresh gives the same refresh token again, and a new one only after that. */
  replacedAfterSeconds?: number;
  /** So long a refresh token that was used is still taken. */
  graceSeconds?: number;
  /** What a program asks for a token of its own with; left out: client_credentials. */
  programGrant?: string;
  /** What the callback is told where the person says no; left out: access_denied. */
  denied?: string;
  /** Null: the provider's tokens have no end of their own. */
  accessSeconds: number | null;
  /** Whether this grant comes with a refresh token; left out: each does. */
  givesRefreshToken?(grant: Grant): boolean;
  /** What the callback is told beside code and state. */
  callback?(grant: Grant): Record<string, string>;
  /** Whether a grant is known at this one of several token addresses. */
  isAt?(grant: Grant, origin: string): boolean;
  /** The token address's answer as it is written, where that depends on what was asked for. */
  encoded?(reply: Reply, request: SandboxRequest): Reply;
  /** The answer's body. */
  tokens(issued: Issued): Record<string, unknown>;
  failed(failure: TokenFailure, isRefresh: boolean): Reply;
  revoked(): Reply;
}
