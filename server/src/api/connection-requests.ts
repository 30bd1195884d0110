import { connectionId, connectionRequestId } from '@keyrail/contract/ids';
import { pageOf } from '@keyrail/contract/page';
import {
  type ConnectionRequest,
  connectionRequest,
  connectionRequestsQuery,
  createConnectionRequest,
} from '@keyrail/contract/people';
import { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import type { ConnectionRequest as StoredRequest } from '../workspaces/connection-request.ts';
import type { Membership } from '../workspaces/membership.ts';
import { pageFrom } from './page.ts';
import type { App } from './route.ts';

export interface ConnectionRequestRoutesDeps
  extends Pick<Membership, 'requestConnection' | 'connectionRequests' | 'decideRequest'> {
  /** Whether there is such a tool for this workspace. */
  isIntegration(workspaceId: string, slug: string): Promise<boolean>;
}

const asking = { policy: { role: 'editor', scope: 'connections:use' } } as const;
const deciding = { policy: { role: 'admin', scope: 'connections:write' } } as const;
const one = z.strictObject({ id: connectionRequestId });
const tags = ['Connections'];

/** `/v1/connection-requests`: who may not add a connection asks for one. */
export function connectionRequestRoutes(app: App, deps: ConnectionRequestRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/connection-requests',
    config: asking,
    schema: {
      tags,
      summary: 'Requests for connections, newest first',
      description: 'Owners and admins see all, editors their own.',
      querystring: connectionRequestsQuery,
      response: { 200: pageOf(connectionRequest) },
    },
    handler: async (request) =>
      pageFrom(
        request.query,
        connectionRequestId,
        ({ limit, after }) =>
          deps.connectionRequests(request.who, { limit, before: after, state: request.query.state }),
        (row) => row.id,
        presentRequest,
      ),
  });
  app.route({
    method: 'POST',
    url: '/v1/connection-requests',
    config: asking,
    schema: {
      tags,
      summary: 'Ask for a tool to be connected',
      description: 'Owners and admins see it. Adding a connection for the tool fulfils it.',
      body: createConnectionRequest,
      response: { 201: connectionRequest },
    },
    handler: async (request, reply) => {
      const { integration, note } = request.body;
      if (!(await deps.isIntegration(request.who.workspaceId, integration))) {
        throw new AppError('invalid_input', {
          detail: 'There is no integration of that name.',
          fields: [{ path: 'integration', message: 'There is no integration of that name.' }],
        });
      }
      const made = await deps.requestConnection(request.who, { integration, note });
      return reply.code(201).send(presentRequest(made));
    },
  });
  for (const [deed, state, summary] of [
    ['done', 'done', 'Say that a request is fulfilled'],
    ['decline', 'declined', 'Decline a request'],
  ] as const) {
    app.route({
      method: 'POST',
      url: `/v1/connection-requests/:id/${deed}`,
      config: deciding,
      schema: { tags, summary, params: one, response: { 200: connectionRequest } },
      handler: async (request) =>
        presentRequest(await deps.decideRequest(request.who, request.params.id, state)),
    });
  }
}

function presentRequest(row: StoredRequest): ConnectionRequest {
  return {
    id: row.id,
    integration: row.integration,
    note: row.note,
    state: row.state,
    requested_by: row.requestedBy,
    requested_by_id: row.requestedById,
    created_at: row.createdAt.toISOString(),
    decided_by: row.decidedBy,
    decided_at: row.decidedAt?.toISOString() ?? null,
    connection_id: connectionId.nullable().parse(row.connectionId),
  };
}
