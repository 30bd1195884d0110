import type { Authorization } from '@keyrail/contract/oauth';
import { hasCode } from '../../../lib/failure.ts';

/**
 * How far a sign-in at a provider is, as the page that asked for it sees it:
 *
 *     idle → opening → waiting ⇄ cancelled → finishing → choosing → finishing → connected
 *                    ↘ blocked ↗                       ↘ failed, from any of them
 *          ↘ refused (it did not begin)
 *
 * `cancelled` is not an end: a provider's page may cut the tie to this one, which looks exactly as if its window had been
 * closed. So the server is asked on until the sign-in is over or too old. `choosing` is not one either: of the accounts that
 * the sign-in reaches the person says which one is meant, and the window has done its part by then.
 */
export type SignIn =
  | { kind: 'idle' }
  | { kind: 'opening' }
  | { kind: 'blocked'; address: string }
  | { kind: 'waiting' }
  | { kind: 'cancelled' }
  | { kind: 'finishing' }
  | { kind: 'choosing'; authorization: Authorization }
  | { kind: 'connected'; connectionId: string }
  | { kind: 'failed'; authorization: Authorization }
  | { kind: 'refused'; error: unknown };

export interface SignInDeps {
  look: (id: string) => Promise<Authorization>;
  /** Resolves after the time, or as soon as something may have happened. */
  pause: (ms: number) => Promise<void>;
  now: () => number;
}

const lookEveryMs = 1_000;
const lookAfterCloseMs = 200;
/** The window closes by itself when all went well, after the server knows; one that is closed while it finishes gets a moment. */
const graceMs = 400;

/**
 * Follows one sign-in until it has ended, is stopped or has become too old. `isClosed`: whether the window is gone; null
 * where there is none to look at. What it tells is about this one id alone, however many are under way.
 */
export async function followSignIn(
  deps: SignInDeps,
  started: { id: string; authorization_url: string | null; expires_at: string | null },
  isClosed: (() => boolean) | null,
  tell: (state: SignIn) => void,
  signal: AbortSignal,
): Promise<void> {
  let goneSince: number | null = null;
  let endsAt = started.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(started.expires_at);
  while (!signal.aborted) {
    const found = await look(deps, started.id);
    if (signal.aborted) return;
    if (found !== null && 'kind' in found) return tell(found);
    if (found !== null && isOver(found)) return tell(endOf(found));
    // Whoever has signed in may have got more time to choose.
    if (found?.state === 'choosing') endsAt = Date.parse(found.expires_at);
    if (isClosed?.() === true) goneSince ??= deps.now();
    const isGone = goneSince !== null && deps.now() - goneSince >= graceMs;
    if (found !== null) tell(stateOf(found, started.authorization_url, isClosed !== null, isGone));
    if (deps.now() > endsAt + 60_000) return;
    await deps.pause(goneSince !== null && !isGone ? lookAfterCloseMs : lookEveryMs);
  }
}

/** No network for a moment is no end (null); a sign-in that this person may not see, or nobody knows, is one. */
async function look(deps: SignInDeps, id: string): Promise<Authorization | SignIn | null> {
  try {
    return await deps.look(id);
  } catch (error) {
    return hasCode(error, 'not_found') || hasCode(error, 'forbidden') ? { kind: 'refused', error } : null;
  }
}

const isOver = ({ state }: Authorization): boolean =>
  state === 'connected' || state === 'failed' || state === 'expired';

function endOf(found: Authorization): SignIn {
  return found.state === 'connected' && found.connection_id !== null
    ? { kind: 'connected', connectionId: found.connection_id }
    : { kind: 'failed', authorization: found };
}

function stateOf(found: Authorization, address: string | null, hasWindow: boolean, isGone: boolean): SignIn {
  if (found.state === 'finishing') return { kind: 'finishing' };
  if (found.state === 'choosing') return { kind: 'choosing', authorization: found };
  if (isGone) return { kind: 'cancelled' };
  return hasWindow || address === null ? { kind: 'waiting' } : { kind: 'blocked', address };
}
