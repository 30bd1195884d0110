import { type Expiry, expiriesQuery, expiry } from '@keyrail/contract/expiries';
import { pageOf } from '@keyrail/contract/page';
import type { Connections } from '../connections/connections.ts';
import type { ListedExpiry } from '../connections/expiries/list.ts';
import { dateOf } from './connections.ts';
import { presentIcon, unknownIcon } from './present-integration.ts';
import type { App } from './route.ts';

export type ExpiryRoutesDeps = Pick<Connections, 'expiries'>;

/** `/v1/expiries`: what ends when, for a calendar and for a list. */
export function expiryRoutes(app: App, deps: ExpiryRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/expiries',
    config: { policy: { role: 'viewer', scope: 'connections:read' } },
    schema: {
      tags: ['Connections'],
      summary: 'List what ends, or is to be replaced, the soonest first',
      description:
        'Certificates, keys and client secrets with a known or entered end, access given by signing in for a limited time, dates set for replacing, and API tokens (for admins). What is over and not yet replaced comes first unless `from` is given.',
      querystring: expiriesQuery,
      response: { 200: pageOf(expiry) },
    },
    handler: async (request) => {
      const { from, until, kind, limit, cursor } = request.query;
      const ask = { from: dateOf(from) ?? null, until: dateOf(until) ?? null, kind, limit, cursor };
      const page = await deps.expiries(request.who, ask);
      return { data: page.data.map(present), next_cursor: page.nextCursor };
    },
  });
}

function present({ expiry: one, name, integration, ...listed }: ListedExpiry): Expiry {
  const icon =
    integration && (integration.entry ? presentIcon(integration.entry) : unknownIcon(integration.slug));
  return {
    id: one.id,
    kind: one.kind,
    at: one.endsAt.toISOString(),
    source: one.source,
    subject: {
      ...one.subject,
      name,
      integration: integration?.slug ?? null,
      integration_name: integration?.name ?? null,
      icon,
    },
    message: listed.message,
    dependents_count: listed.dependentsCount,
    next_warning_at: listed.nextWarningAt?.toISOString() ?? null,
  };
}
