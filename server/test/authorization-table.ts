import { type Role, role as roleShape, type Scope, scope } from '@keyrail/contract/people';
import type { RouteSummary } from '../src/api/app.ts';
import { scopesIn, scopesOfRole } from '../src/workspaces/policy.ts';

const names: Record<Role, string> = { owner: 'Owner', admin: 'Admin', editor: 'Editor', viewer: 'Viewer' };

/** docs/authorization.md: who may call what, as the code has it. */
export function authorizationTable(routes: readonly RouteSummary[]): string {
  return `# Who may do what

This page is written from the code: the policy each route declares, and the scopes of each role. A test compares them
(\`server/test/policy.test.ts\`); run it with \`-u\` after adding a route.

A person acts with a role in a workspace, an API token with a part of its maker's. What is not allowed answers 403 and
says whom to ask; what belongs to another workspace answers 404, the same as what does not exist.

## What each role has

${roleTable()}

\\* not where the workspace shows its connections to owners and admins only (Settings → General).

Finer than that: admins manage all members but owners, and invite to every role but owner. A workspace never is without
an owner. Everybody may leave.

## What each route asks for

${routeTable(routes)}
`;
}

function roleTable(): string {
  const roles = roleShape.options;
  const cell = (role: Role, one: Scope) => {
    if (!scopesOfRole[role].has(one)) return 'no';
    return scopesIn(role, 'admins').has(one) ? 'yes' : 'yes \\*';
  };
  return [
    `| scope | ${roles.map((role) => names[role]).join(' | ')} |`,
    `|---|${roles.map(() => '---').join('|')}|`,
    ...scope.options.map((one) => `| \`${one}\` | ${roles.map((role) => cell(role, one)).join(' | ')} |`),
  ].join('\n');
}

function routeTable(routes: readonly RouteSummary[]): string {
  const lines = whole(routes)
    .map(({ method, url, policy }) => ({
      method,
      path: url.replaceAll(/:(\w+)/g, '{$1}'),
      asks: asksFor(policy),
    }))
    .sort((a, b) => order(a.path, b.path) || order(a.method, b.method))
    .map(({ method, path, asks }) => `| \`${method} ${path}\` | ${asks} |`);
  return ['| route | least role | scope of a token |', '|---|---|---|', ...lines].join('\n');
}

/** One line for a path that takes every method; HEAD goes with GET. */
function whole(routes: readonly RouteSummary[]): Pick<RouteSummary, 'method' | 'url' | 'policy'>[] {
  const takesAll = (url: string) => routes.filter((route) => route.url === url).length >= 6;
  return routes
    .filter(({ method, url }) => method !== 'HEAD' && (method === 'GET' || !takesAll(url)))
    .map(({ method, url, policy }) => ({ method: takesAll(url) ? 'ANY' : method, url, policy }));
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function asksFor(policy: RouteSummary['policy']): string {
  if (policy === 'public') return 'open to everybody | none needed';
  if (policy === 'session') return 'whoever is signed in | not for tokens';
  return `${names[policy.role]} | ${policy.scope === null ? 'any' : `\`${policy.scope}\``}`;
}
