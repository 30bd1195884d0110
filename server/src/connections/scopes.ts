import type { Finding } from './verdict.ts';

/** Scopes that were asked for and not granted; none where nothing was said, which means all (RFC 6749 §5.1). */
function lackingScopes(required: readonly string[], granted: readonly string[] | null): readonly string[] {
  if (granted === null) return [];
  const has = new Set(granted);
  return required.filter((scope) => !has.has(scope) && !ABOUT_THE_ANSWER.has(scope));
}

/** OpenID's scopes that say what the answer holds; many servers leave them out of what they list as granted. */
const ABOUT_THE_ANSWER = new Set(['openid', 'offline_access', 'email', 'profile']);

/** A check that went well, of a sign-in that lacks something: some actions will be refused, and better said now. */
export function missingScopes(
  found: Finding,
  required: readonly string[],
  granted: readonly string[] | null,
): Finding {
  const lacking = lackingScopes(required, granted);
  if (found.kind !== 'ok' || lacking.length === 0) return found;
  return { ...found, kind: 'missing_permission', permission: lacking.join(', ') };
}
