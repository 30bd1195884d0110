import type { UserId, WorkspaceId } from '@keyrail/contract/ids';
import type { Role } from '@keyrail/contract/people';

export interface Workspace {
  id: WorkspaceId;
  name: string;
  contactForHelp: string | null;
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
}
