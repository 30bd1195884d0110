import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import type { StreamedAnswer } from '../outbound/stream.ts';
import type { Forwarded } from '../proxy/forward.ts';
import type { Who } from '../workspaces/who.ts';
import type { App } from './route.ts';

export interface ProxyRoutesDeps {
  forward(who: Who, asked: Forwarded): Promise<StreamedAnswer>;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const PREFIX = '/v1/proxy/';

/**
 * `/v1/proxy/{connection}/{path}`: one's own code as a user of connections. Path, query, headers and body belong to the
 * other side: nothing of them is read or stored here.
 */
export function proxyRoutes(app: App, deps: ProxyRoutesDeps): void {
  app.register(async (scope) => {
    // Bodies of every kind are passed on as they come, JSON too.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    for (const url of [`${PREFIX}:connection`, `${PREFIX}:connection/*`]) {
      for (const method of METHODS) {
        scope.route({
          method,
          url,
          config: {
            policy: { role: 'editor', scope: 'connections:use' },
            isForwarded: true,
            swagger: { exposeHeadRoute: true },
            ...(WITH_BODY.has(method) && { streams: ['*/*'] }),
          },
          schema: {
            tags: ['Proxy'],
            summary: 'Call an integration with the credential of a connection',
            description:
              "The connection is named by its id, or by an integration's slug for its default connection. The path stands below the address of the integration and never leaves it. The credential is put in here; the caller's own Authorization, Cookie and Forwarded headers go no further. Bodies are streamed both ways. A call that is refused with an outdated credential is repeated once with the current one, as long as its body is not larger than 1 MB; a larger one gets the refusal. Answers come as the other side gave them, without cookies; redirects are not followed. An error of Keyrail itself is a problem document with the header Keyrail-Error.",
            querystring: z.looseObject({}),
          },
          handler: (request, reply) => handle(deps, request, reply),
        });
      }
    }
  });
}

async function handle(
  deps: ProxyRoutesDeps,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const givenUp = new AbortController();
  reply.raw.once('close', () => givenUp.abort());
  const answer = await deps.forward(request.who, askedBy(request, givenUp.signal));
  takeRestOfBody(request, reply);
  const headers = withoutWayToUs(answer.headers, request.headers.host ?? '');
  if (Object.hasOwn(headers, UNHELD)) reply.raw.setHeader(UNHELD, headers[UNHELD] ?? '');
  return reply
    .code(answer.status)
    .headers(headers)
    .headers({
      // Whatever it is, it is data of somebody else: it runs nothing and frames nothing under our address.
      'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      'keyrail-request-id': request.id,
    })
    .send(request.method === 'HEAD' ? undefined : answer.body);
}

function askedBy(request: FastifyRequest, signal: AbortSignal): Forwarded {
  const { url = '', method = 'GET' } = request.raw;
  const [address = '', ...queries] = url.split('?');
  const afterPrefix = address.slice(PREFIX.length);
  const slash = afterPrefix.indexOf('/');
  const { 'content-length': length } = request.headers;
  const hasBody = request.raw.headers['transfer-encoding'] !== undefined || Number(length ?? 0) > 0;
  if (hasBody && !WITH_BODY.has(method)) {
    throw new AppError('invalid_input', { detail: `A ${method} request has no body.` });
  }
  return {
    connection: (request.params as { connection: string }).connection,
    method,
    path: slash === -1 ? '' : afterPrefix.slice(slash),
    query: queries.length === 0 ? '' : `?${queries.join('?')}`,
    headers: joined(request.raw),
    body: hasBody ? request.raw : null,
    bodyLength: length === undefined ? null : Number(length),
    signal,
  };
}

function joined({ headers, rawHeaders }: IncomingMessage): Record<string, string> {
  const named = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value] as const],
  );
  const unheld = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === UNHELD);
  return Object.fromEntries([...named, ...(unheld.length > 0 ? [[UNHELD, unheld.join(', ')]] : [])]);
}

/** The one name of a header that neither Node's object of headers nor Fastify's can hold. */
const UNHELD = '__proto__';

/**
 * A client that follows redirects brings what says who it is along, as long as it stays with us: the other side does not say
 * where in our API such a request goes, nor with which method.
 */
function withoutWayToUs(headers: Readonly<Record<string, string>>, host: string): Record<string, string> {
  const { location, ...others } = headers;
  if (location === undefined) return others;
  const to = URL.parse(location);
  const isOurs = to !== null && to.host === URL.parse(`${to.protocol}//${host}`)?.host;
  return isOurs ? others : { ...others, location };
}

const LINGER_MS = 2_000;

/**
 * The other side may answer before it has read everything. The rest is thrown away for a moment, so that the caller gets to
 * see the answer; then the connection is closed.
 */
function takeRestOfBody({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete) return;
  reply.raw.once('finish', () => {
    if (raw.complete) return;
    const timer = setTimeout(() => raw.complete || raw.socket.destroy(), LINGER_MS);
    raw.once('close', () => clearTimeout(timer));
    raw.resume();
    timer.unref();
  });
}
