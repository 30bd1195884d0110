import type { ConnectionsVisibility, Role, Scope } from '@keyrail/contract/people';
import type { Who } from './who.ts';

/**
 * What each role may do, as scopes. An API token has a part of its maker's. Finer rules (an admin cannot change an owner)
 * stand where the deed is done.
 *
 *   viewer  looks at tables and at what is connected
 *   editor  also changes tables, runs columns and uses connections; may not add or change one
 *   admin   also manages connections, tokens and members, and reads the audit log
 *   owner   everything
 */
const viewer: readonly Scope[] = ['integrations:read', 'connections:read', 'tables:read'];
const editor: readonly Scope[] = [...viewer, 'connections:use', 'tables:write', 'runs:write', 'syncs:write'];
const admin: readonly Scope[] = [
  ...editor,
  'connections:write',
  'credentials:read',
  'audit:read',
  'workspace:admin',
];

export const scopesOfRole: Readonly<Record<Role, ReadonlySet<Scope>>> = {
  viewer: new Set(viewer),
  editor: new Set(editor),
  admin: new Set(admin),
  owner: new Set(admin),
};

const ranks: Readonly<Record<Role, number>> = { viewer: 0, editor: 1, admin: 2, owner: 3 };

/** Whether `role` is `least` or more. */
function isAtLeast(role: Role, least: Role): boolean {
  return ranks[role] >= ranks[least];
}

export function lesserRole(one: Role, other: Role): Role {
  return ranks[one] <= ranks[other] ? one : other;
}

/**
 * The roles somebody of this role may give, take away, and invite to: owners all, admins all but owners. Whom one may not
 * give a role, one may not take it from either.
 */
export function givableRoles(giver: Role): readonly Role[] {
  if (giver === 'owner') return ['owner', 'admin', 'editor', 'viewer'];
  return giver === 'admin' ? ['admin', 'editor', 'viewer'] : [];
}

/** What a role allows where the workspace shows its connections to owners and admins alone, or to everybody. */
export function scopesIn(role: Role, visibleTo: ConnectionsVisibility): ReadonlySet<Scope> {
  if (visibleTo === 'everybody' || isAtLeast(role, 'admin')) return scopesOfRole[role];
  return new Set([...scopesOfRole[role]].filter((scope) => scope !== 'connections:read'));
}

/** What a route asks of who calls it: a role of at least this, and this scope. Null: a token of any scope. */
export interface Requirement {
  role: Role;
  scope: Scope | null;
}

export function isAllowed(who: Pick<Who, 'role' | 'scopes'>, requirement: Requirement): boolean {
  const { role, scope } = requirement;
  return isAtLeast(who.role, role) && (scope === null || who.scopes.has(scope));
}
