import { connectionCredentials } from '@keyrail/contract/connections';
import { connectionId } from '@keyrail/contract/ids';
import { z } from 'zod';
import type { Connections } from '../connections/connections.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createRateLimit } from './rate-limit.ts';
import type { App } from './route.ts';

export type CredentialsRoutesDeps = Pick<Connections, 'handOut'>;

/**
 * Each caller; enough for a program whose many parts ask again at the moment a token ends, too little for going through all
 * there are.
 */
const PER_SECOND = 1;
const AT_ONCE = 100;

/** `GET /v1/connections/{id}/credentials`: the one answer of the API that holds a secret. */
export function credentialsRoutes(app: App, deps: CredentialsRoutesDeps, { clock }: { clock: Clock }): void {
  const callers = createRateLimit({ clock, perSecond: PER_SECOND, burst: AT_ONCE });
  app.route({
    method: 'GET',
    url: '/v1/connections/:id/credentials',
    config: { policy: { role: 'admin', scope: 'credentials:read' } },
    schema: {
      tags: ['Connections'],
      summary: 'Read the credentials of a connection',
      description:
        'For code that must sign its own requests; most can use the proxy and never hold a secret. Every reading is in the audit log. Of sign-ins and service accounts it is an access token that is good for a few minutes at least.',
      params: z.object({ id: connectionId }),
      response: { 200: connectionCredentials },
    },
    handler: async (request, reply) => {
      const { tokenId, userId } = request.who;
      const waitSeconds = callers.take(tokenId ?? userId ?? request.ip);
      if (waitSeconds > 0) throw new AppError('too_many_requests', { retryAfterSeconds: waitSeconds });
      const handed = await deps.handOut(request.who, request.params.id);
      reply.header('cache-control', 'no-store');
      return {
        connection_id: handed.connectionId,
        integration: handed.integration,
        method: handed.method,
        credentials: { ...handed.credentials.reveal() },
        expires_at: handed.expiresAt?.toISOString() ?? null,
      };
    },
  });
}
