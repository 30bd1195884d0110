import { recognise, recognised } from '@keyrail/contract/integrations';
import { z } from 'zod';
import type { Connections } from '../connections/connections.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createRateLimit } from './rate-limit.ts';
import type { App } from './route.ts';

export type RecogniseRouteDeps = Pick<Connections, 'recognise'>;

/** Each caller: more than anybody types, and so little that files which take their time to look at hold up nobody else. */
const PER_SECOND = 5;
const AT_ONCE = 100;

/** `POST /v1/integrations/{slug}/recognise`: what a key file or certificate is, before it is saved. */
export function recogniseRoute(app: App, connections: RecogniseRouteDeps, { clock }: { clock: Clock }): void {
  const callers = createRateLimit({ clock, perSecond: PER_SECOND, burst: AT_ONCE });
  app.route({
    method: 'POST',
    url: '/v1/integrations/:slug/recognise',
    config: { policy: { role: 'admin', scope: 'connections:write' } },
    schema: {
      tags: ['Integrations'],
      summary: 'Look at a key file or certificate before it is saved',
      description:
        'Says what it is and why it could not be saved. Nothing is stored, nobody is called, and no answer holds a secret. Saving checks the same again.',
      params: z.object({ slug: z.string().max(100) }),
      body: recognise,
      response: { 200: recognised },
    },
    handler: async (request) => {
      const { tokenId, userId } = request.who;
      const waitSeconds = callers.take(tokenId ?? userId ?? request.ip);
      if (waitSeconds > 0) throw new AppError('too_many_requests', { retryAfterSeconds: waitSeconds });
      const { method, credentials } = request.body;
      return connections.recognise(request.who, request.params.slug, { method, credentials });
    },
  });
}
