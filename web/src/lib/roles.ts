import type { Role } from '@keyrail/sdk/shapes';

/** From least to most. */
export const roles: readonly Role[] = ['viewer', 'editor', 'admin', 'owner'];

export const roleWords: Record<Role, string> = {
  owner: 'Owner',
  admin: 'Admin',
  editor: 'Editor',
  viewer: 'Viewer',
};

/** What each may do, in a sentence. */
export const roleAbout: Record<Role, string> = {
  owner: 'Everything, other owners included.',
  admin: 'Manages connections, sign-in setups, API tokens and members, and reads the audit log.',
  editor: 'Changes tables, runs columns and uses connections. May ask for a connection.',
  viewer: 'Reads tables and results, and changes nothing.',
};

/** The roles somebody may give, take away and invite to. The server decides; this only offers. */
export function givableRoles(giver: Role): readonly Role[] {
  if (giver === 'owner') return roles;
  return giver === 'admin' ? roles.filter((role) => role !== 'owner') : [];
}

/** "an Admin", "a Viewer". */
export const withArticle = (role: Role): string => `${/^[aeo]/.test(role) ? 'an' : 'a'} ${roleWords[role]}`;
