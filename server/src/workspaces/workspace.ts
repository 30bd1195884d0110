import type { UserId, WorkspaceId } from '@keyrail/contract/ids';
import type { ConnectionsVisibility, Role } from '@keyrail/contract/people';

export interface Workspace {
  id: WorkspaceId;
  name: string;
  contactForHelp: string | null;
  connectionsVisibleTo: ConnectionsVisibility;
  /** Names, the first to join first. */
  owners: string[];
  version: number;
}

export interface Member {
  userId: UserId;
  name: string;
  email: string;
  role: Role;
  createdAt: Date;
}

export interface WorkspaceChange {
  name: string | undefined;
  contactForHelp: string | null | undefined;
  connectionsVisibleTo: ConnectionsVisibility | undefined;
}

const NAMED = 3;

/** The end of "Ask …": the contact that the workspace set, or its owners by name. */
export function whomToAsk({ contactForHelp, owners }: Pick<Workspace, 'contactForHelp' | 'owners'>): string {
  if (contactForHelp !== null) return contactForHelp;
  const named = owners.slice(0, NAMED).map((name) => `${name} (owner)`);
  if (named.length === 0) return 'an owner or admin of the workspace';
  const last = named.pop() ?? '';
  return named.length === 0 ? last : `${named.join(', ')} or ${last}`;
}
