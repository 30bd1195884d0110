import { userId, workspaceId } from '@keyrail/contract/ids';
import { pageOf, pageQuery } from '@keyrail/contract/page';
import { type Leaving, leaving, type Member, member, updateMember } from '@keyrail/contract/people';
import { z } from 'zod';
import type { Leaving as LeftBehind } from '../workspaces/members.ts';
import type { Membership } from '../workspaces/membership.ts';
import type { People } from '../workspaces/people.ts';
import type { Member as StoredMember } from '../workspaces/workspace.ts';
import { clientOf } from './authenticate.ts';
import { pageFrom } from './page.ts';
import type { App } from './route.ts';

export type MemberRoutesDeps = Pick<People, 'members'> &
  Pick<Membership, 'changeRole' | 'removeMember' | 'leavingOf' | 'leave'>;

const managing = { policy: { role: 'admin', scope: 'workspace:admin' } } as const;
const one = z.strictObject({ user_id: userId });
const tags = ['People'];

export function memberRoutes(app: App, deps: MemberRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/members',
    config: { policy: { role: 'viewer', scope: 'tables:read' } },
    schema: {
      tags,
      summary: 'Who is in the workspace',
      querystring: pageQuery,
      response: { 200: pageOf(member) },
    },
    handler: async (request) =>
      pageFrom(
        request.query,
        userId,
        (page) => deps.members(request.who, { limit: page.limit, after: page.after }),
        (one) => one.userId,
        presentMember,
      ),
  });
  app.route({
    method: 'PATCH',
    url: '/v1/members/:user_id',
    config: managing,
    schema: {
      tags,
      summary: "Change a member's role, at once",
      description: 'Owners change everybody, admins everybody but owners. The last owner stays one.',
      params: one,
      body: updateMember,
      response: { 200: member },
    },
    handler: async (request) =>
      presentMember(await deps.changeRole(request.who, request.params.user_id, request.body.role)),
  });
  app.route({
    method: 'GET',
    url: '/v1/members/:user_id/leaving',
    config: managing,
    schema: {
      tags,
      summary: 'What stays and what ends when this member leaves',
      params: one,
      response: { 200: leaving },
    },
    handler: async (request) =>
      presentLeaving(await deps.leavingOf(request.who.workspaceId, request.params.user_id)),
  });
  app.route({
    method: 'DELETE',
    url: '/v1/members/:user_id',
    config: managing,
    schema: {
      tags,
      summary: 'Take a member out of the workspace, at once',
      description: 'Their API tokens end with it. The connections they signed in for stay, and are answered.',
      params: one,
      response: { 200: leaving },
    },
    handler: async (request) => presentLeaving(await deps.removeMember(request.who, request.params.user_id)),
  });
  leaveRoutes(app, deps);
}

const own = z.strictObject({ workspace_id: workspaceId });

/** What a person does about themselves, whatever their role. */
function leaveRoutes(app: App, deps: MemberRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/memberships/:workspace_id/leaving',
    config: { policy: 'session' },
    schema: {
      tags,
      summary: 'What stays and what ends when you leave a workspace',
      params: own,
      response: { 200: leaving },
    },
    handler: async ({ params, visitor }) =>
      presentLeaving(await deps.leavingOf(params.workspace_id, visitor.userId)),
  });
  app.route({
    method: 'DELETE',
    url: '/v1/memberships/:workspace_id',
    config: { policy: 'session' },
    schema: {
      tags,
      summary: 'Leave a workspace',
      description: 'Its only owner makes somebody else an owner first.',
      params: own,
      response: { 200: leaving },
    },
    handler: async (request) =>
      presentLeaving(await deps.leave(request.visitor, request.params.workspace_id, clientOf(request))),
  });
}

function presentMember(row: StoredMember): Member {
  return {
    user_id: row.userId,
    name: row.name,
    email: row.email,
    role: row.role,
    created_at: row.createdAt.toISOString(),
  };
}

function presentLeaving({ connections, tokensCount }: LeftBehind): Leaving {
  return {
    connections: connections.map(({ id, integration, name, method, status }) => ({
      id: id as Leaving['connections'][number]['id'],
      integration,
      name,
      method,
      status,
    })),
    api_tokens_count: tokensCount,
  };
}
