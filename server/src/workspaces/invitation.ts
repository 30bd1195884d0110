import type { InvitationId, UserId, WorkspaceId } from '@keyrail/contract/ids';
import type { Role } from '@keyrail/contract/people';

export interface Invitation {
  id: InvitationId;
  role: Role;
  note: string | null;
  createdBy: string;
  createdAt: Date;
  expiresAt: Date;
}

export interface NewInvitation extends Omit<Invitation, 'createdBy'> {
  workspaceId: WorkspaceId;
  codeHash: Buffer;
  createdBy: UserId | null;
  createdByLabel: string;
}

/** What a link leads to. */
export interface FoundInvitation extends Invitation {
  workspaceName: string;
  revokedAt: Date | null;
  acceptedAt: Date | null;
}

/**
 * A link's life; every other state is its end:
 *
 *   open ── somebody joined by it ──> used
 *     ├─── an owner or admin, or its maker's own leaving ──> revoked
 *     └─── seven days ──> expired
 */
export type InvitationState = 'open' | 'used' | 'revoked' | 'expired';

export function stateOf(found: FoundInvitation, now: Date): InvitationState {
  if (found.acceptedAt !== null) return 'used';
  if (found.revokedAt !== null) return 'revoked';
  return found.expiresAt <= now ? 'expired' : 'open';
}
