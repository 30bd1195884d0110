import { fieldChoices, fieldChoicesAsk } from '@keyrail/contract/integrations';
import { z } from 'zod';
import type { Connections } from '../connections/connections.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { createRateLimit } from './rate-limit.ts';
import type { App } from './route.ts';

export type FieldChoicesRouteDeps = Pick<Connections, 'fieldChoices'>;

/** Each caller: enough for a form that is filled in, too little for trying out keys. */
const PER_SECOND = 0.5;
const AT_ONCE = 20;

/** `POST /v1/integrations/{slug}/choices`: what the tool offers for a field, such as the installations of an app. */
export function fieldChoicesRoute(
  app: App,
  connections: FieldChoicesRouteDeps,
  { clock }: { clock: Clock },
): void {
  const callers = createRateLimit({ clock, perSecond: PER_SECOND, burst: AT_ONCE });
  app.route({
    method: 'POST',
    url: '/v1/integrations/:slug/choices',
    config: { policy: { role: 'admin', scope: 'connections:write' } },
    schema: {
      tags: ['Integrations'],
      summary: 'List what the tool offers for a field',
      description:
        'For fields with `is_listed`. The tool is asked with what was entered for the other fields; nothing is stored, and no answer holds a secret. Whoever may connect it may ask.',
      params: z.object({ slug: z.string().max(100) }),
      body: fieldChoicesAsk,
      response: { 200: fieldChoices },
    },
    handler: async (request) => {
      const { tokenId, userId } = request.who;
      const waitSeconds = callers.take(tokenId ?? userId ?? request.ip);
      if (waitSeconds > 0) throw new AppError('too_many_requests', { retryAfterSeconds: waitSeconds });
      const { method, credentials, field } = request.body;
      return connections.fieldChoices(request.who, request.params.slug, { method, credentials, field });
    },
  });
}
