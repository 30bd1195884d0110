import type { Page } from '@keyrail/contract/page';
import type { Request } from './request.ts';
import type {
  AcceptedInvitation,
  AcceptInvitation,
  ApiToken,
  ConnectionRequest,
  CreateConnectionRequest,
  CreatedInvitation,
  CreatedToken,
  CreateInvitation,
  CreateToken,
  DeletedWorkspace,
  DeleteWorkspace,
  Invitation,
  InvitationState,
  Leaving,
  Member,
  Role,
  Session,
  Setup,
  SetupState,
  SignIn,
  UpdateWorkspace,
  Workspace,
} from './shapes.ts';

/** Who is here: the first account, sessions, the workspace, its members, how they come, and API tokens. */
export function peopleApi(request: Request) {
  return {
    setup: {
      state: (code: string) => request<SetupState>('GET', '/v1/setup', { query: { code } }),
      complete: (body: Setup) => request<Session>('POST', '/v1/setup', { body }),
    },
    session: {
      get: () => request<Session>('GET', '/v1/session'),
      signIn: (body: SignIn) => request<Session>('POST', '/v1/session', { body }),
      signOut: () => request<void>('DELETE', '/v1/session'),
      endOthers: () => request<{ ended: number }>('DELETE', '/v1/sessions/others'),
    },
    workspace: {
      get: () => request<Workspace>('GET', '/v1/workspace'),
      /** `version`: of the one that was looked at, so that nobody else's change is overwritten. */
      update: (body: UpdateWorkspace, version?: number) =>
        request<Workspace>('PATCH', '/v1/workspace', { body, ...(version !== undefined && { version }) }),
      /** For good: its data key goes first, then everything else. */
      remove: (body: DeleteWorkspace) => request<DeletedWorkspace>('DELETE', '/v1/workspace', { body }),
      /** What stays and what ends when you leave it. */
      leaving: (workspaceId: string) => request<Leaving>('GET', `/v1/memberships/${workspaceId}/leaving`),
      leave: (workspaceId: string) => request<Leaving>('DELETE', `/v1/memberships/${workspaceId}`),
    },
    members: {
      list: (cursor?: string) =>
        request<Page<Member>>('GET', '/v1/members', { query: { limit: 200, cursor } }),
      setRole: (userId: string, role: Role) =>
        request<Member>('PATCH', `/v1/members/${userId}`, { body: { role } }),
      leaving: (userId: string) => request<Leaving>('GET', `/v1/members/${userId}/leaving`),
      remove: (userId: string) => request<Leaving>('DELETE', `/v1/members/${userId}`),
    },
    invitations: {
      list: (cursor?: string) =>
        request<Page<Invitation>>('GET', '/v1/invitations', { query: { limit: 200, cursor } }),
      create: (body: CreateInvitation) => request<CreatedInvitation>('POST', '/v1/invitations', { body }),
      revoke: (id: string) => request<void>('DELETE', `/v1/invitations/${id}`),
      state: (code: string) => request<InvitationState>('GET', '/v1/invitations/state', { query: { code } }),
      accept: (body: AcceptInvitation) =>
        request<AcceptedInvitation>('POST', '/v1/invitations/accept', { body }),
    },
    connectionRequests: {
      list: (query: { state?: 'open' | 'done' | 'declined'; cursor?: string } = {}) =>
        request<Page<ConnectionRequest>>('GET', '/v1/connection-requests', {
          query: { limit: 100, ...query },
        }),
      create: (body: CreateConnectionRequest) =>
        request<ConnectionRequest>('POST', '/v1/connection-requests', { body }),
      done: (id: string) => request<ConnectionRequest>('POST', `/v1/connection-requests/${id}/done`),
      decline: (id: string) => request<ConnectionRequest>('POST', `/v1/connection-requests/${id}/decline`),
    },
    tokens: {
      list: (cursor?: string) => request<Page<ApiToken>>('GET', '/v1/tokens', { query: { cursor } }),
      create: (body: CreateToken) => request<CreatedToken>('POST', '/v1/tokens', { body }),
      revoke: (id: string) => request<void>('DELETE', `/v1/tokens/${id}`),
    },
  };
}
