import type { OAuth2Method } from '../catalog/definition/auth-definition.ts';

/**
 * What was granted, as the token answer or (of a sign-in) the callback's query lists it, and what that holds without being
 * listed; null: not said, so as asked (RFC 6749 §5.1).
 */
export function grantedScopes(
  {
    scopes,
    grantedScopesParam,
    grantedScopePrefix: prefix = '',
  }: Pick<OAuth2Method, 'scopes' | 'grantedScopesParam' | 'grantedScopePrefix'>,
  said: readonly string[] | null,
  query: URLSearchParams = new URLSearchParams(),
): readonly string[] | null {
  const inQuery = grantedScopesParam === undefined ? '' : (query.get(grantedScopesParam) ?? '');
  const named = inQuery.split(/[\s,]+/).filter((scope) => scope !== '');
  const told = said ?? (named.length === 0 ? null : named);
  if (told === null) return null;
  const listed = told.map((scope) => (scope.startsWith(prefix) ? scope.slice(prefix.length) : scope));
  const has = new Set(listed);
  const held = scopes.filter((scope) => scope.impliedBy.some((other) => has.has(other)));
  return [...new Set([...listed, ...held.map((scope) => scope.name)])];
}
