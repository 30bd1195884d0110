import { tokenId } from '@keyrail/contract/ids';
import { pageOf, pageQuery } from '@keyrail/contract/page';
import { type ApiToken, apiToken, createdToken, createToken } from '@keyrail/contract/people';
import { z } from 'zod';
import type { Connections } from '../connections/connections.ts';
import { AppError } from '../lib/app-error.ts';
import type { People } from '../workspaces/people.ts';
import type { Token } from '../workspaces/token.ts';
import type { Who } from '../workspaces/who.ts';
import { pageFrom } from './page.ts';
import type { App } from './route.ts';

export type TokenRoutesDeps = Pick<People, 'tokensOf' | 'createToken' | 'revokeToken'>;

const policy = { role: 'admin', scope: 'workspace:admin' } as const;

/** What a token may be bound to. */
export type BindableDeps = Pick<Connections, 'unknownOf'>;

export function tokenRoutes(app: App, deps: TokenRoutesDeps, connections: BindableDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tokens',
    config: { policy },
    schema: {
      tags: ['API tokens'],
      summary: 'The tokens of the workspace',
      querystring: pageQuery,
      response: { 200: pageOf(apiToken) },
    },
    handler: async (request) =>
      pageFrom(
        request.query,
        tokenId,
        ({ limit, after }) => deps.tokensOf(request.who, { limit, before: after }),
        (row) => row.id,
        presentToken,
      ),
  });
  app.route({
    method: 'POST',
    url: '/v1/tokens',
    config: { policy, shownOnce: ['token'] },
    schema: {
      tags: ['API tokens'],
      summary: 'Make a token',
      description: 'The answer holds the token, this one time. It is stored as a hash.',
      body: createToken,
      response: { 201: createdToken },
    },
    handler: async (request, reply) => {
      const { name, scopes, expires_in_days: expiresInDays, connection_ids: connectionIds } = request.body;
      await refuseUnknown(connections, request.who, connectionIds);
      const made = await deps.createToken(request.who, { name, scopes, expiresInDays, connectionIds });
      return reply.code(201).send({ ...presentToken(made), token: made.token });
    },
  });
  app.route({
    method: 'DELETE',
    url: '/v1/tokens/:id',
    config: { policy },
    schema: {
      tags: ['API tokens'],
      summary: 'Revoke a token, at once',
      params: z.strictObject({ id: tokenId }),
      response: { 204: z.undefined() },
    },
    handler: async (request, reply) => {
      await deps.revokeToken(request.who, request.params.id);
      return reply.code(204).send(undefined);
    },
  });
}

/** A name that is wrong would make a token that may do nothing, and nobody would know why. */
async function refuseUnknown(
  connections: BindableDeps,
  who: Who,
  ids: readonly string[] | null,
): Promise<void> {
  // What a bound token may hand on is for the deed itself to say; it is told nothing of other connections.
  if (ids === null || who.connectionIds !== null) return;
  const unknown = new Set(await connections.unknownOf(who, ids));
  if (unknown.size === 0) return;
  throw new AppError('invalid_input', {
    detail: 'Not all of these are connections of this workspace.',
    fields: ids.flatMap((id, index) =>
      unknown.has(id) ? [{ path: `connection_ids.${index}`, message: 'There is no such connection.' }] : [],
    ),
  });
}

function presentToken(row: Token): ApiToken {
  return {
    id: row.id,
    name: row.name,
    hint: row.hint,
    scopes: row.scopes,
    connection_ids: row.connectionIds,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt?.toISOString() ?? null,
    last_used_at: row.lastUsedAt?.toISOString() ?? null,
  };
}
