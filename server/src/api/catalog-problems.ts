import { basename } from 'node:path';
import { catalogProblems } from '@keyrail/contract/catalog-problems';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { App } from './route.ts';

export interface CatalogProblemRoutesDeps {
  catalogs: Catalogs;
}

const MOST_SHOWN = 200;

/** `/v1/catalog-problems`: files that could not be used, for whoever looks for what is in them. */
export function catalogProblemRoutes(app: App, { catalogs }: CatalogProblemRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/catalog-problems',
    config: { policy: { role: 'admin', scope: 'connections:read' } },
    schema: {
      tags: ['Integrations'],
      summary: 'List what is wrong with files of the catalog',
      description:
        'A broken file stops nothing: it is left out, and named here, in the log and by `keyrail doctor`. Files are read at the start of the server.',
      response: { 200: catalogProblems },
    },
    handler: async ({ who }) => {
      const { problems } = await catalogs.of(who.workspaceId);
      // The operator's folders are nobody else's business; the name of the file is enough to find it.
      const data = problems.map((problem) => ({ ...problem, file: basename(problem.file) }));
      return { data: data.slice(0, MOST_SHOWN) };
    },
  });
}
