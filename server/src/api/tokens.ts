import { tokenId } from '@keyrail/contract/ids';
import { pageOf, pageQuery } from '@keyrail/contract/page';
import { type ApiToken, apiToken, createdToken, createToken } from '@keyrail/contract/people';
import { z } from 'zod';
import type { People } from '../workspaces/people.ts';
import type { Token } from '../workspaces/token.ts';
import { pageFrom } from './page.ts';
import type { App } from './route.ts';

export type TokenRoutesDeps = Pick<People, 'tokensOf' | 'createToken' | 'revokeToken'>;

const policy = { role: 'admin', scope: 'workspace:admin' } as const;

export function tokenRoutes(app: App, deps: TokenRoutesDeps): void {
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
