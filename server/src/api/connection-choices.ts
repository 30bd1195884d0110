import { connectionChoice, connectionChoicesQuery } from '@keyrail/contract/connections';
import { z } from 'zod';
import type { Connections } from '../connections/connections.ts';
import type { App } from './route.ts';

export type ConnectionChoicesDeps = Pick<Connections, 'list'>;

/** More than anybody chooses from in a list. */
const SHOWN = 200;

/** For whoever uses connections: their names, and no more, also where the Connections page is not theirs to see. */
export function connectionChoiceRoutes(app: App, deps: ConnectionChoicesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/connections/choices',
    config: { policy: { role: 'editor', scope: 'connections:use' } },
    schema: {
      tags: ['Connections'],
      summary: 'The connections of a tool to choose from in a column',
      querystring: connectionChoicesQuery,
      response: { 200: z.object({ data: z.array(connectionChoice) }) },
    },
    handler: async (request) => {
      const { integration } = request.query;
      const filter = { integration, status: undefined, limit: SHOWN, cursor: undefined };
      const { data } = await deps.list(request.who, filter);
      return {
        data: data.map(({ id, name, isDefault, status }) => ({ id, name, is_default: isDefault, status })),
      };
    },
  });
}
