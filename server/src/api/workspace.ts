import {
  deletedWorkspace,
  deleteWorkspace,
  type Role,
  updateWorkspace,
  type Workspace,
  workspace,
} from '@keyrail/contract/people';
import type { People } from '../workspaces/people.ts';
import type { Who } from '../workspaces/who.ts';
import { type Workspace as StoredWorkspace, whomToAsk } from '../workspaces/workspace.ts';
import { expectedVersion, setVersion } from './etag.ts';
import type { App } from './route.ts';

export interface WorkspaceRoutesDeps extends Pick<People, 'workspace' | 'updateWorkspace'> {
  deleteWorkspace(who: Who, typedName: string): Promise<NotWithdrawn[]>;
}

interface NotWithdrawn {
  integration: string;
  integrationName: string;
  connectionName: string | null;
  accountName: string | null;
  removeUrl: string | null;
}

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
  app.route({
    method: 'DELETE',
    url: '/v1/workspace',
    config: { policy: { role: 'owner', scope: 'workspace:admin' } },
    schema: {
      tags: ['People'],
      summary: 'Delete the workspace with everything in it, for good',
      body: deleteWorkspace,
      response: { 200: deletedWorkspace },
    },
    handler: async (request) => {
      const left = await deps.deleteWorkspace(request.who, request.body.name);
      return {
        not_withdrawn: left.map((one) => ({
          integration: one.integration,
          integration_name: one.integrationName,
          connection_name: one.connectionName,
          account_name: one.accountName,
          remove_url: one.removeUrl,
        })),
      };
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
