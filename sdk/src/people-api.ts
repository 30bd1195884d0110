import type { Page } from '@keyrail/contract/page';
import type { Request } from './request.ts';
import type {
  ApiToken,
  CreatedToken,
  CreateToken,
  Member,
  Session,
  Setup,
  SetupState,
  SignIn,
  UpdateWorkspace,
  Workspace,
} from './shapes.ts';

/** Who is here: the first account, sessions, the workspace, its members and API tokens. */
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
      update: (body: UpdateWorkspace) => request<Workspace>('PATCH', '/v1/workspace', { body }),
      members: () => request<Page<Member>>('GET', '/v1/members'),
    },
    tokens: {
      list: (cursor?: string) => request<Page<ApiToken>>('GET', '/v1/tokens', { query: { cursor } }),
      create: (body: CreateToken) => request<CreatedToken>('POST', '/v1/tokens', { body }),
      revoke: (id: string) => request<void>('DELETE', `/v1/tokens/${id}`),
    },
  };
}
