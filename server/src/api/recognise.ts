import { recognise, recognised } from '@keyrail/contract/integrations';
import { z } from 'zod';
import type { Connections } from '../connections/connections.ts';
import type { App } from './route.ts';

export type RecogniseRouteDeps = Pick<Connections, 'recognise'>;

/** `POST /v1/integrations/{slug}/recognise`: what a key file or certificate is, before it is saved. */
export function recogniseRoute(app: App, connections: RecogniseRouteDeps): void {
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
      const { method, credentials } = request.body;
      return connections.recognise(request.who, request.params.slug, { method, credentials });
    },
  });
}
