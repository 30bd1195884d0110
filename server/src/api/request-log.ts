import type { Log } from '../lib/log.ts';
import type { Metrics } from '../lib/metrics.ts';
import { type App, knownWho } from './route.ts';

/** One line and one count per request. The route's pattern stands for the path, so neither holds an id typed wrong, a query or a name. */
export function requestLog(app: App, { log, metrics }: { log: Log; metrics: Metrics }): void {
  const seconds = metrics.histogram('keyrail_http_request_seconds', 'Time from request to answer.', [
    'method',
    'route',
    'status',
  ]);
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? '(none)';
    const durationMs = Math.round(reply.elapsedTime);
    seconds.observe(
      { method: request.method, route, status: String(reply.statusCode) },
      reply.elapsedTime / 1000,
    );
    if (request.routeOptions.config?.isLogged === false) return;
    const who = knownWho(request);
    log.info(
      {
        request_id: request.id,
        method: request.method,
        route,
        status: reply.statusCode,
        duration_ms: durationMs,
        ip: request.ip,
        ...(who && { workspace: who.workspaceId, actor: who.tokenId ?? who.userId }),
      },
      'request',
    );
  });
}
