import {
  type ActionFound,
  integration,
  integrationList,
  integrationsQuery,
} from '@keyrail/contract/integrations';
import { z } from 'zod';
import type { CatalogEntry } from '../catalog/catalog-entry.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { Definition } from '../catalog/definition.ts';
import { noSuchIntegration } from '../catalog/no-such-integration.ts';
import { actionsFound } from '../catalog/search.ts';
import type { ActionName } from '../catalog/search-actions.ts';
import type { Connections } from '../connections/connections.ts';
import { AppError } from '../lib/app-error.ts';
import type { OAuthApps } from '../oauth/setups/oauth-apps.ts';
import type { Who } from '../workspaces/who.ts';
import { presentIntegration, presentSummary, type Setup } from './present-integration.ts';
import type { App } from './route.ts';

export interface IntegrationRoutesDeps {
  catalogs: Catalogs;
  connections: Pick<Connections, 'countByIntegration'>;
  oauth: { apps: Pick<OAuthApps, 'setUpBy' | 'redirectUri'> };
}

const config = { policy: { role: 'viewer', scope: 'integrations:read' } } as const;
const tags = ['Integrations'];

/** `/v1/integrations`: the tools that can be connected. */
export function integrationRoutes(app: App, deps: IntegrationRoutesDeps): void {
  const { catalogs, connections } = deps;
  app.route({
    method: 'GET',
    url: '/v1/integrations',
    config,
    schema: {
      tags,
      summary: 'Search the tools that can be connected',
      description:
        'By what they are called and by what they do, best match first; case, accents, spaces and a typo do not matter. `actions_found` says which of its actions fit. `categories` counts what the search found, whatever category is asked for.',
      querystring: integrationsQuery,
      response: { 200: integrationList },
    },
    handler: async (request) => {
      const { search = '', category, slugs: named, limit, cursor } = request.query;
      const catalog = await catalogs.of(request.who.workspaceId);
      const among = named === undefined ? null : new Set(named.split(','));
      const found = catalog.search(search).filter(({ slug }) => among === null || among.has(slug));
      const fitting = found.filter((one) => category === undefined || isIn(one, category));
      const start = offsetOf(cursor);
      const shown = fitting.slice(start, start + limit);
      const slugs = shown.map(({ slug }) => slug);
      const counts = await connections.countByIntegration(request.who, slugs);
      return {
        data: shown.map((entry) => ({
          ...presentSummary(entry, counts.get(entry.slug) ?? 0),
          actions_found: actionsFound(entry, search).map(presentFound),
        })),
        next_cursor: start + limit < fitting.length ? cursorOf(start + limit) : null,
        categories: categoriesOf(found),
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/integrations/:slug',
    config,
    schema: {
      tags,
      summary: 'Read one tool: how to connect it, and what it can do',
      params: z.object({ slug: z.string().min(1).max(100) }),
      response: { 200: integration },
    },
    handler: async (request) => {
      const catalog = await catalogs.of(request.who.workspaceId);
      const definition = catalog.get(request.params.slug);
      if (definition === undefined)
        throw new AppError('not_found', { detail: noSuchIntegration(catalog, request.params.slug) });
      const counts = await connections.countByIntegration(request.who, [definition.slug]);
      const setup = await setupOf(deps.oauth.apps, request.who, definition);
      return presentIntegration(definition, counts.get(definition.slug) ?? 0, setup);
    },
  });
}

/** Null: nobody signs in at this tool. */
async function setupOf(
  apps: IntegrationRoutesDeps['oauth']['apps'],
  who: Who,
  { slug, auth }: Definition,
): Promise<Setup | null> {
  if (!auth.some((method) => method.type === 'oauth2')) return null;
  return {
    setUpBy: await apps.setUpBy(who.workspaceId, slug),
    redirectUri: apps.redirectUri(slug, who.workspaceId),
  };
}

function presentFound({ name, label, description }: ActionName): ActionFound {
  return { name, label, description };
}

function isIn(entry: CatalogEntry, category: string): boolean {
  return entry.category.toLowerCase() === category.toLowerCase();
}

function categoriesOf(found: readonly CatalogEntry[]): { name: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const { category } of found) counts.set(category, (counts.get(category) ?? 0) + 1);
  return [...counts]
    .map(([name, count]) => ({ name, count }))
    .sort((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** The catalog does not change while the server runs, so a place in it is a cursor. */
function cursorOf(offset: number): string {
  return Buffer.from(`i${offset}`, 'utf8').toString('base64url');
}

function offsetOf(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const offset = /^i(\d{1,6})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'))?.[1];
  if (offset !== undefined) return Number(offset);
  throw new AppError('invalid_input', {
    fields: [{ path: 'cursor', message: 'Not a cursor of this list. Start without one.' }],
  });
}
