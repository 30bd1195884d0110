import type { Definition } from '../catalog/definition.ts';
import type { Finding } from './verdict.ts';

/** What a sign-in was asked for and what was granted; null: not said, which means all of it (RFC 6749 §5.1). */
export interface Access {
  asked: readonly string[];
  granted: readonly string[] | null;
}

/** Scopes that were asked for and not granted. */
export function lackingScopes({ asked, granted }: Access): string[] {
  if (granted === null) return [];
  return asked.filter((scope) => !isGranted(scope, granted));
}

/** Actions that will be refused for want of a scope, whether it was refused or never asked for. */
export function limitedActions({ actions }: Pick<Definition, 'actions'>, granted: Access['granted']) {
  if (granted === null) return [];
  return actions
    .filter(({ scopes }) => scopes.some((scope) => !isGranted(scope, granted)))
    .map(({ name, label }) => ({ name, label }));
}

/**
 * Servers write one scope in several ways: `Mail.Read` and `https://graph.microsoft.com/Mail.Read`, in other letters. What
 * one scope holds of others the catalog file says, and stands in `granted` by then. In doubt it counts as granted: a warning
 * that is wrong is worse than a refusal that says why.
 */
function isGranted(scope: string, granted: readonly string[]): boolean {
  const wanted = scope.toLowerCase();
  // One with a place in it names an address that the connection has.
  if (ABOUT_THE_ANSWER.has(wanted) || wanted.endsWith('/.default') || /\{[a-z]/.test(wanted)) return true;
  return granted.some((one) => {
    const has = one.toLowerCase();
    return has === wanted || isWholeName(has, wanted) || isWholeName(wanted, has);
  });
}

function isWholeName(address: string, name: string): boolean {
  return address.includes('://') && !name.includes('/') && address.endsWith(`/${name}`);
}

/** Scopes that say what the answer holds, or that there is to be a refresh token; many servers do not list them. */
const ABOUT_THE_ANSWER = new Set([
  'openid',
  'profile',
  'email',
  'address',
  'phone',
  'offline',
  'offline_access',
  'offline.access',
  'refresh_token',
]);

/** A check that went well, of a sign-in that lacks something: some actions will be refused, and better said now. */
export function missingScopes(
  found: Finding,
  definition: Pick<Definition, 'actions'>,
  access: Access,
): Finding {
  const lacking = lackingScopes(access);
  if (found.kind !== 'ok' || lacking.length === 0) return found;
  const needing = definition.actions.filter(({ scopes }) => scopes.some((scope) => lacking.includes(scope)));
  return {
    ...found,
    kind: 'missing_permission',
    permission: lacking.join(', '),
    actions: needing.map(({ label }) => label),
  };
}
