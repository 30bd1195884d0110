import { type Role, updateWorkspace, type Workspace, workspace } from '@keyrail/contract/people';
import type { People } from '../workspaces/people.ts';
import { type Workspace as StoredWorkspace, whomToAsk } from '../workspaces/workspace.ts';
import { expectedVersion, setVersion } from './etag.ts';
import type { App } from './route.ts';

export type WorkspaceRoutesDeps = Pick<People, 'workspace' | 'updateWorkspace'>;

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
      summary: 'Rename the workspace, say whom to contact for help, and who sees the connections',
      body: updateWorkspace,
      response: { 200: workspace },
    },
    handler: async (request, reply) => {
      const { name, contact_for_help: contact, connections_visible_to: connectionsVisibleTo } = request.body;
      const contactForHelp = contact === '' ? null : contact;
      const changed = await deps.updateWorkspace(
        request.who,
        { name, contactForHelp, connectionsVisibleTo },
        expectedVersion(request),
      );
      setVersion(reply, changed.version);
      return presentWorkspace(changed);
    },
  });
}

export function presentWorkspace(row: StoredWorkspace & { role: Role }): Workspace {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    contact_for_help: row.contactForHelp,
    whom_to_ask: whomToAsk(row),
    connections_visible_to: row.connectionsVisibleTo,
    version: row.version,
  };
}
