import type { WorkspaceId } from '@keyrail/contract/ids';
import type { Role } from '@keyrail/contract/people';
import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import {
  type AcceptDeps,
  acceptAsMember,
  acceptAsNew,
  invitationState,
  type LinkState,
  type NewPerson,
} from './accept-invitation.ts';
import type { ConnectionRequest } from './connection-request.ts';
import { connectionRequests, decideRequest, requestConnection } from './connection-requests.ts';
import type { Invitation } from './invitation.ts';
import { type IssuedInvitation, invite, openInvitations, revokeInvitation } from './invitations.ts';
import {
  changeRole,
  type Leaving,
  leave,
  leavingOf,
  removeMember,
  type SignedInConnections,
} from './members.ts';
import type { OpenedSession } from './sessions.ts';
import type { Client, Visitor } from './visitor.ts';
import type { Who } from './who.ts';
import type { Member } from './workspace.ts';

export interface MembershipDeps extends AcceptDeps {
  transact: Transact;
  clock: Clock;
  signedIn: SignedInConnections;
}

/** How people come into a workspace, what they become there, how they leave; and what they ask for. */
export interface Membership {
  invite(who: Who, input: { role: Role; note: string | null }): Promise<IssuedInvitation>;
  openInvitations(who: Who, page: { limit: number; before: string | null }): Promise<Invitation[]>;
  revokeInvitation(who: Who, id: string): Promise<void>;
  invitationState(code: string): Promise<LinkState>;
  acceptAsNew(
    code: string,
    person: NewPerson,
    client: Client,
  ): Promise<{ session: OpenedSession; workspaceId: WorkspaceId }>;
  acceptAsMember(code: string, visitor: Visitor, client: Client): Promise<WorkspaceId>;

  changeRole(who: Who, userId: string, role: Role): Promise<Member>;
  removeMember(who: Who, userId: string): Promise<Leaving>;
  /** The visitor themselves. */
  leave(visitor: Visitor, workspaceId: string, client: Client): Promise<Leaving>;
  leavingOf(workspaceId: string, userId: string): Promise<Leaving>;

  requestConnection(
    who: Who,
    input: { integration: string; note: string | null },
  ): Promise<ConnectionRequest>;
  connectionRequests(
    who: Who,
    page: { limit: number; before: string | null; state: ConnectionRequest['state'] | undefined },
  ): Promise<ConnectionRequest[]>;
  decideRequest(who: Who, id: string, state: 'done' | 'declined'): Promise<ConnectionRequest>;
}

export function createMembership(deps: MembershipDeps): Membership {
  return {
    invite: (who, input) => invite(deps, who, input),
    openInvitations: (who, page) => openInvitations(deps, who, page),
    revokeInvitation: (who, id) => revokeInvitation(deps, who, id),
    invitationState: (code) => invitationState(deps, code),
    acceptAsNew: (code, person, client) => acceptAsNew(deps, code, person, client),
    acceptAsMember: (code, visitor, client) => acceptAsMember(deps, code, visitor, client),
    changeRole: (who, userId, role) => changeRole(deps, who, userId, role),
    removeMember: (who, userId) => removeMember(deps, who, userId),
    leave: (visitor, workspaceId, client) => leave(deps, visitor, workspaceId, client),
    leavingOf: (workspaceId, userId) => leavingOf(deps, workspaceId, userId),
    requestConnection: (who, input) => requestConnection(deps, who, input),
    connectionRequests: (who, page) => connectionRequests(deps, who, page),
    decideRequest: (who, id, state) => decideRequest(deps, who, id, state),
  };
}
