import type { Grants } from '../oauth/grants.ts';
import type { Grant } from '../oauth/spec.ts';
import type { Reply } from '../request.ts';
import type { KeyDesk } from './key-desk.ts';

/** What a stand-in needs to tell service accounts apart and give them tokens. */
export interface TokenDesk {
  grants: Grants;
  keys: KeyDesk;
  nowMs: () => number;
  /** How long tokens live, where it is not to be the provider's own time. */
  tokenSeconds: number | null;
}

/** Who a bearer is that says so itself, or why it is not taken. */
export type Identified = { kind: 'known'; grant: Grant } | { kind: 'refused'; reply: Reply };

/** A token for an account of a program. */
export function giveToken(
  desk: TokenDesk,
  slug: string,
  grant: Grant,
  seconds: number,
): { token: string; seconds: number } {
  const lives = desk.tokenSeconds ?? seconds;
  const token = desk.grants.issueAccess(slug, grant, desk.nowMs() + lives * 1000);
  return { token, seconds: lives };
}

export function grantFor(
  account: string,
  more: Pick<Grant, 'mood'> & { scopes?: readonly string[] } = {},
): Grant {
  const { scopes = [], ...rest } = more;
  return { account, scopes, asked: new URLSearchParams(), isWithdrawn: false, ...rest };
}

/** How an account behaves, told from its name: "limited-…", "throttled-…" wherever it stands. */
export function moodOf(name: string): Pick<Grant, 'mood'> {
  if (/limited/i.test(name)) return { mood: 'limited' };
  return /throttled/i.test(name) ? { mood: 'throttled' } : {};
}
