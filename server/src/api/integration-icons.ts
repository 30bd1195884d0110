import { z } from 'zod';
import { iconOfFile } from '../catalog/icon.ts';
import { AppError } from '../lib/app-error.ts';
import type { App } from './route.ts';

/** `/icons/{file}`: the brands' marks, apart from the lists that name them, so that a browser fetches each once. */
export function integrationIconRoutes(app: App): void {
  app.route({
    method: 'GET',
    url: '/icons/:file',
    config: { policy: 'public', isLogged: false, isAsset: true },
    schema: { hide: true, params: z.object({ file: z.string().max(100) }) },
    handler: async (request, reply) => {
      const icon = iconOfFile(request.params.file);
      if (icon === null) throw new AppError('not_found');
      return reply
        .type('image/svg+xml')
        .header('cache-control', icon.isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache')
        .send(icon.svg);
    },
  });
}
