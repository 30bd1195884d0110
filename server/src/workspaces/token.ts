import type { TokenId, UserId, WorkspaceId } from '@keyrail/contract/ids';
import type { ConnectionsVisibility, Role, Scope } from '@keyrail/contract/people';

export interface Token {
  id: TokenId;
  name: string;
  hint: string;
  scopes: Scope[];
  connectionIds: string[] | null;
  createdBy: string | null;
  createdAt: Date;
  expiresAt: Date | null;
  lastUsedAt: Date | null;
}

export interface NewToken {
  id: TokenId;
  workspaceId: string;
  name: string;
  tokenHash: Buffer;
  hint: string;
  role: Role;
  scopes: readonly Scope[];
  connectionIds: readonly string[] | null;
  createdBy: string | null;
  createdAt: Date;
  expiresAt: Date | null;
}

/** A token with what its maker may do at this moment; `makerRole` null: the maker left the workspace. */
export interface TokenInUse {
  id: TokenId;
  workspaceId: WorkspaceId;
  name: string;
  role: Role;
  scopes: Scope[];
  connectionIds: string[] | null;
  expiresAt: Date | null;
  createdBy: UserId | null;
  makerRole: Role | null;
  /** The workspace's choice of who sees its connections. */
  visibleTo: ConnectionsVisibility;
}
