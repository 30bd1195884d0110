import type { FastifyRequest } from 'fastify';
import { AppError } from '../lib/app-error.ts';
import { isLoopbackHost } from '../lib/loopback.ts';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses a change that a page of another site asks for in a person's browser. Browsers say where a request comes from
 * (Sec-Fetch-Site, Origin) and pages cannot forge either; programs send neither and carry no cookie of anybody.
 * `ownOrigin` null: the server is reached on loopback, under whichever name and port.
 */
export function refuseCrossSite(request: FastifyRequest, ownOrigin: string | null): void {
  if (SAFE.has(request.method)) return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw refused();
  const { origin } = request.headers;
  if (origin !== undefined && !isOwn(origin, request.headers.host, ownOrigin)) throw refused();
}

function isOwn(origin: string, host: string | undefined, ownOrigin: string | null): boolean {
  if (ownOrigin !== null) return origin === ownOrigin;
  if (host === undefined || !URL.canParse(origin)) return false;
  return isLoopbackHost(new URL(origin).hostname) && origin === `http://${host}`;
}

function refused(): AppError {
  return new AppError('forbidden', {
    reason: 'cross_site',
    detail:
      'The request comes from a page of another site, or Keyrail is opened under another address than KEYRAIL_PUBLIC_URL says.',
  });
}
