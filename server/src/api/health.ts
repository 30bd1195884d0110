import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Metrics } from '../lib/metrics.ts';
import type { App } from './route.ts';

/** Each check answers whether that part can serve. What is wrong stands in the log; the answer names the part alone. */
export interface HealthDeps {
  checks: Record<string, () => Promise<boolean>>;
  isQuarantined(): boolean;
}

const readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  checks: z.record(z.string(), z.boolean()),
  is_quarantined: z
    .boolean()
    .describe(
      'Nothing is sent, because the database may be a copy, until the operator says which it is. Pages and API answer all the same, so this alone does not make the process unready: taken out of the balancer, it could not say so to anybody.',
    ),
});

/** Longer and whoever asks has given up. */
const CHECK_TIMEOUT_MS = 4_000;

export function healthRoutes(app: App, deps: HealthDeps, metrics: Metrics): void {
  app.route({
    method: 'GET',
    url: '/health/live',
    config: { policy: 'public', isLogged: false },
    schema: {
      tags: ['Health'],
      summary: 'Whether the process lives',
      response: { 200: z.object({ status: z.literal('live') }) },
    },
    handler: async () => ({ status: 'live' as const }),
  });
  const answerReady = async (_request: FastifyRequest, reply: FastifyReply) => {
    const checks = await runChecks(deps);
    const isReady = Object.values(checks).every(Boolean);
    return reply
      .code(isReady ? 200 : 503)
      .send({ status: isReady ? 'ready' : 'not_ready', checks, is_quarantined: deps.isQuarantined() });
  };
  // What watches servers often asks for the head alone.
  const headOnly = {
    method: 'HEAD',
    config: { policy: 'public', isLogged: false },
    schema: { hide: true },
  } as const;
  app.route({ ...headOnly, url: '/health/live', handler: async () => '' });
  app.route({ ...headOnly, url: '/health/ready', handler: answerReady });
  app.route({
    method: 'GET',
    url: '/health/ready',
    config: { policy: 'public', isLogged: false },
    schema: {
      tags: ['Health'],
      summary: 'Whether requests can be served',
      response: { 200: readiness, 503: readiness },
    },
    handler: answerReady,
  });
  app.route({
    method: 'GET',
    url: '/metrics',
    config: { policy: 'public', isLogged: false },
    schema: { tags: ['Health'], summary: 'Numbers for Prometheus' },
    handler: async (_request, reply) =>
      reply.type('text/plain; version=0.0.4; charset=utf-8').send(metrics.render()),
  });
}

async function runChecks({ checks }: HealthDeps): Promise<Record<string, boolean>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), CHECK_TIMEOUT_MS);
      });
      const isFine = await Promise.race([check().catch(() => false), timeout]);
      clearTimeout(timer);
      return [name, isFine] as const;
    }),
  );
  return Object.fromEntries(results);
}
