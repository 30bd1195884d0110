import type { ConnectionChoice } from '@keyrail/contract/connections';
import type { Page } from '@keyrail/contract/page';
import type { ConnectionRequest, Invitation, InvitationState, Leaving, Member } from '@keyrail/sdk/shapes';
import { queryOptions } from '@tanstack/react-query';
import { api } from './api.ts';

export const membersQuery = queryOptions<Page<Member>>({
  queryKey: ['members'],
  queryFn: () => api.members.list(),
});

/** What stays and what ends when somebody goes; of oneself where `isSelf`. */
export const leavingQuery = (who: { workspaceId: string; userId: string; isSelf: boolean }) =>
  queryOptions<Leaving>({
    queryKey: ['leaving', who],
    queryFn: () => (who.isSelf ? api.workspace.leaving(who.workspaceId) : api.members.leaving(who.userId)),
    staleTime: 0,
  });

export const invitationsQuery = queryOptions<Page<Invitation>>({
  queryKey: ['invitations'],
  queryFn: () => api.invitations.list(),
});

export const invitationStateQuery = (code: string) =>
  queryOptions<InvitationState>({
    queryKey: ['invitation', code],
    queryFn: () => api.invitations.state(code),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Owners and admins get everybody's, editors their own. */
export const connectionRequestsQuery = queryOptions<Page<ConnectionRequest>>({
  queryKey: ['connection-requests'],
  queryFn: () => api.connectionRequests.list(),
});

/** The connections of a tool to choose from in a column. */
export const choicesQuery = (integration: string) =>
  queryOptions<ConnectionChoice[]>({
    queryKey: ['connections', 'choices', integration],
    queryFn: async () => (await api.connections.choices(integration)).data,
  });
