import { userId } from '@keyrail/contract/ids';
import { pageOf, pageQuery } from '@keyrail/contract/page';
import { member, type Role, updateWorkspace, type Workspace, workspace } from '@keyrail/contract/people';
import type { People } from '../workspaces/people.ts';
import type { Workspace as StoredWorkspace } from '../workspaces/workspace.ts';
import { expectedVersion, setVersion } from './etag.ts';
import { pageFrom } from './page.ts';
import type { App } from './route.ts';

export type WorkspaceRoutesDeps = Pick<People, 'workspace' | 'updateWorkspace' | 'members'>;

export function workspaceRoutes(app: App, deps: WorkspaceRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/workspace',
    config: { policy: { role: 'viewer', scope: null } },
    schema: { tags: ['People'], summary: 'The workspace', response: { 200: workspace } },
    handler: async (request, reply) => {
      const found = await deps.workspace(request.who);
      setVersion(reply, found.version);
      return presentWorkspace(found);
    },
  });
  app.route({
    method: 'PATCH',
    url: '/v1/workspace',
    config: { policy: { role: 'admin', scope: 'workspace:admin' } },
    schema: {
      tags: ['People'],
      summary: 'Rename the workspace, or say whom to contact for help',
      body: updateWorkspace,
      response: { 200: workspace },
    },
    handler: async (request, reply) => {
      const { name, contact_for_help: contactForHelp } = request.body;
      const changed = await deps.updateWorkspace(
        request.who,
        { name, contactForHelp: contactForHelp === '' ? null : contactForHelp },
        expectedVersion(request),
      );
      setVersion(reply, changed.version);
      return presentWorkspace(changed);
    },
  });
  app.route({
    method: 'GET',
    url: '/v1/members',
    config: { policy: { role: 'viewer', scope: 'tables:read' } },
    schema: {
      tags: ['People'],
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
        (one) => ({
          user_id: one.userId,
          name: one.name,
          email: one.email,
          role: one.role,
          created_at: one.createdAt.toISOString(),
        }),
      ),
  });
}

export function presentWorkspace(row: StoredWorkspace & { role: Role }): Workspace {
  return { id: row.id, name: row.name, role: row.role, contact_for_help: row.contactForHelp };
}
