import {
  customDefinition,
  customIntegration,
  customIntegrationList,
  customTestResult,
  deleteCustomIntegrationQuery,
  discover,
  discovered,
  testCustomIntegration,
  updateCustomIntegration,
} from '@keyrail/contract/custom';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Connections } from '../connections/connections.ts';
import type { Custom, Shown } from '../custom/custom.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Who } from '../workspaces/who.ts';
import { expectedVersion, setVersion } from './etag.ts';
import { presentCustom } from './present-custom-integration.ts';
import { createRateLimit } from './rate-limit.ts';
import type { App } from './route.ts';

export interface CustomRoutesDeps {
  custom: Custom;
  connections: Pick<Connections, 'countByIntegration'>;
}

const reading = { policy: { role: 'admin', scope: 'connections:read' } } as const;
const changing = { policy: { role: 'admin', scope: 'connections:write' } } as const;
const tags = ['Custom integrations'];
const one = z.object({ slug: z.string().max(100) });

/** A trial calls an address that anybody with the right may name: enough for building, too slow for scanning. */
const TRIALS = { perSecond: 0.5, burst: 20 };

/** `/v1/custom-integrations`: tools that a workspace describes itself. */
export function customIntegrationRoutes(app: App, deps: CustomRoutesDeps, { clock }: { clock: Clock }): void {
  lookRoutes(app, deps);
  changeRoutes(app, deps);
  tryRoutes(app, deps, clock);
}

function lookRoutes(app: App, deps: CustomRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/custom-integrations',
    config: reading,
    schema: {
      tags,
      summary: 'List the integrations this workspace describes itself, by name',
      response: { 200: customIntegrationList },
    },
    handler: async ({ who }) => {
      const found = await deps.custom.list(who);
      const slugs = found.map(({ integration }) => integration.slug);
      const counts = await deps.connections.countByIntegration(who, slugs);
      return {
        data: found.map((shown) => presentCustom(shown, counts.get(shown.integration.slug) ?? 0)),
      };
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/custom-integrations/:slug',
    config: reading,
    schema: { tags, summary: 'Read one', params: one, response: { 200: customIntegration } },
    handler: async ({ who, params }, reply) =>
      presented(deps, who, reply, await deps.custom.get(who, params.slug)),
  });
}

function changeRoutes(app: App, deps: CustomRoutesDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/custom-integrations',
    config: changing,
    schema: {
      tags,
      summary: 'Describe an integration of your own',
      description:
        'Its slug then works like any other: in connections, action columns and the proxy. The address is checked now and at each call.',
      body: customDefinition,
      response: { 201: customIntegration },
    },
    handler: async ({ who, body }, reply) => {
      const shown = await deps.custom.create(who, body);
      reply.status(201);
      return presented(deps, who, reply, shown);
    },
  });

  app.route({
    method: 'PATCH',
    url: '/v1/custom-integrations/:slug',
    config: changing,
    schema: {
      tags,
      summary: 'Change one',
      description:
        'Where the change would send credentials to another place, or asks for others, those of its connections are destroyed with it; `confirm` says that the caller knows.',
      params: one,
      body: updateCustomIntegration,
      response: { 200: customIntegration },
    },
    handler: async (request, reply) => {
      const { confirm, ...given } = request.body;
      const described = Object.fromEntries(
        Object.entries(given).filter(([, value]) => value !== undefined),
      ) as Parameters<Custom['change']>[2]['described'];
      const version = expectedVersion(request);
      const { who, params } = request;
      return presented(
        deps,
        who,
        reply,
        await deps.custom.change(who, params.slug, { described, isConfirmed: confirm, version }),
      );
    },
  });

  app.route({
    method: 'DELETE',
    url: '/v1/custom-integrations/:slug',
    config: changing,
    schema: {
      tags,
      summary: 'Delete one, with its connections',
      params: one,
      querystring: deleteCustomIntegrationQuery,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const isConfirmed = request.query.confirm === 'true';
      const version = expectedVersion(request);
      await deps.custom.remove(request.who, request.params.slug, { isConfirmed, version });
      return reply.status(204).send(null);
    },
  });
}

function tryRoutes(app: App, { custom }: CustomRoutesDeps, clock: Clock): void {
  const trials = createRateLimit({ clock, ...TRIALS });
  app.route({
    method: 'POST',
    url: '/v1/custom-integrations/test',
    config: changing,
    schema: {
      tags,
      summary: 'Send the check request, or one action, without saving anything',
      description:
        'The credentials in the request are used for it and forgotten; stored ones take no part. Secrets are masked in the answer.',
      body: testCustomIntegration,
      response: { 200: customTestResult },
    },
    handler: async ({ who, body }) => {
      const waitSeconds = trials.take(who.workspaceId);
      if (waitSeconds > 0) throw new AppError('too_many_requests', { retryAfterSeconds: waitSeconds });
      const { definition, credentials, action, inputs } = body;
      return custom.tryOut(who, { described: definition, credentials, action, inputs });
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/custom-integrations/discover',
    config: changing,
    schema: {
      tags,
      summary: 'Read what an authorization server says of itself',
      description:
        'Its description is looked for by RFC 8414 and OpenID Connect Discovery. One that calls itself anything but exactly this issuer is refused. Nothing is stored.',
      body: discover,
      response: { 200: discovered },
    },
    handler: async ({ who, body }) => {
      const waitSeconds = trials.take(who.workspaceId);
      if (waitSeconds > 0) throw new AppError('too_many_requests', { retryAfterSeconds: waitSeconds });
      return custom.discover(who, body.issuer);
    },
  });
}

async function presented(
  { connections }: CustomRoutesDeps,
  who: Who,
  reply: FastifyReply,
  shown: Shown,
): Promise<z.infer<typeof customIntegration>> {
  setVersion(reply, shown.integration.version);
  const counts = await connections.countByIntegration(who, [shown.integration.slug]);
  return presentCustom(shown, counts.get(shown.integration.slug) ?? 0);
}
