import type { Readable } from 'node:stream';
import { refusesInWords, saysRefused } from '../catalog/answers/refusal.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { Definition } from '../catalog/definition.ts';
import { methodById } from '../catalog/methods.ts';
import { noSuchIntegration } from '../catalog/no-such-integration.ts';
import { resolveBaseUrl } from '../catalog/requests/base-url.ts';
import { budgetKeyOf } from '../connections/budget-key.ts';
import type { Connections } from '../connections/connections.ts';
import { fileGone } from '../connections/method.ts';
import type { CallerConnection, UsableConnection } from '../connections/resolve.ts';
import { trustedBy } from '../connections/trusted.ts';
import { AppError } from '../lib/app-error.ts';
import type { Outbound } from '../outbound/call.ts';
import { type KeptBody, keepBody } from '../outbound/kept-body.ts';
import type { StreamedAnswer, StreamOutcome } from '../outbound/stream.ts';
import type { Who } from '../workspaces/who.ts';
import { connectionMissing, disconnected, failureOf } from './failures.ts';
import { forwardedHeaders, handedThrough } from './headers.ts';
import { addressUnder } from './path.ts';

export interface ProxyDeps {
  catalogs: Catalogs;
  connections: Pick<Connections, 'resolveFor' | 'credentialSource'>;
  outbound: Pick<Outbound, 'stream'>;
  /** The largest body taken from a caller, in bytes. */
  maxBodyBytes: number;
}

/** A request somebody outside wants made with a connection's credential. */
export interface Forwarded {
  /** A connection's id, or an integration's slug for its default connection. */
  connection: string;
  method: string;
  /** As it was written: with its first slash, or empty. */
  path: string;
  /** As it was written: with its question mark, or empty. */
  query: string;
  headers: Readonly<Record<string, string>>;
  body: Readable | null;
  /** In bytes; null: not said. */
  bodyLength: number | null;
  signal: AbortSignal;
}

/** Small enough to be kept, in case the call has to be repeated with a newer credential. */
const KEPT_BODY_BYTES = 1024 * 1024;

/**
 * One call for someone outside: under the integration's own address, with the connection's credential on it, and its answer
 * handed through as it comes. Throws for everything that is not an answer of the other side.
 */
export async function forward(deps: ProxyDeps, who: Who, asked: Forwarded): Promise<StreamedAnswer> {
  const body = asked.body && keepBody(asked.body, asked.bodyLength, limitsOf(deps));
  const first = await send(deps, who, asked, body);
  // The token it was to be made with brought another address, and nothing of the body has been read yet.
  const isToBeMadeAnew =
    first.outcome.kind === 'no_credential' && first.outcome.because === 'moved' && !body?.isBegun();
  const { name, url, outcome } = isToBeMadeAnew ? await send(deps, who, asked, body) : first;
  if (outcome.kind !== 'answer') throw failureOf(name, outcome);
  return { ...outcome.answer, headers: handedThrough(outcome.answer.headers, url) };
}

async function send(
  deps: ProxyDeps,
  who: Who,
  asked: Forwarded,
  body: KeptBody | null,
): Promise<{ name: string; url: string; outcome: StreamOutcome }> {
  const catalog = await deps.catalogs.of(who.workspaceId);
  const found = await deps.connections.resolveFor(who, asked.connection);
  const definition = catalog.get(found.integration);
  if (definition === undefined)
    throw found.resolved.kind === 'missing'
      ? new AppError('not_found', { detail: noSuchIntegration(catalog, found.integration) })
      : fileGone(found.integration);
  const connection = usable(definition, found);
  const method = methodById(definition, connection.method);
  const address = { ...definition, baseUrl: method?.baseUrl ?? definition.baseUrl };
  const base = resolveBaseUrl(address, connection.fields);
  if (base.kind === 'unfit') throw new AppError('connection_broken', { detail: base.message });
  const url = addressUnder(base.url, asked.path, asked.query);
  const outcome = await deps.outbound.stream({
    request: {
      method: asked.method,
      url,
      headers: forwardedHeaders(asked.headers, definition.defaultHeaders, connection.fields),
    },
    body,
    allowedOrigins: [new URL(base.url).origin],
    credential: deps.connections.credentialSource(who.workspaceId, connection.id, connection.fields),
    trusted: trustedBy(definition, method, connection.fields),
    workspaceId: who.workspaceId,
    connectionId: connection.id,
    consumer: who.tokenId === null ? `user:${who.userId}` : `token:${who.tokenId}`,
    rateWindows: definition.rateLimits?.windows.filter(({ group }) => group === undefined) ?? [],
    budgetKey: budgetKeyOf(definition, connection),
    peeks: ({ status, headers }) => refusesInWords(definition, status) && isShortText(headers),
    read: (answer) => {
      if (saysRefused(definition, answer)) return { kind: 'unauthenticated' };
      return answer.status === 429 ? { kind: 'throttled' } : { kind: 'final' };
    },
    signal: asked.signal,
  });
  return { name: definition.name, url, outcome };
}

function usable({ name }: Definition, { resolved }: CallerConnection): UsableConnection {
  if (resolved.kind === 'usable') return resolved.connection;
  if (resolved.kind === 'missing') {
    throw resolved.because === 'disconnected' ? disconnected(name) : connectionMissing(name);
  }
  throw new AppError('connection_broken', {
    reason: resolved.status,
    detail: `${resolved.reason} Reconnect ${name} in Settings → Connections.`,
  });
}

function limitsOf({ maxBodyBytes }: ProxyDeps) {
  return { keepBytes: KEPT_BODY_BYTES, maxBytes: maxBodyBytes };
}

/** What is worth waiting for: words, and not a stream of them. */
function isShortText(headers: Readonly<Record<string, string>>): boolean {
  const type = headers['content-type'] ?? '';
  const isLong = Number(headers['content-length'] ?? 0) > 64 * 1024;
  return (
    !isLong &&
    !/^(text\/event-stream|image\/|audio\/|video\/|application\/(octet-stream|zip|pdf))/i.test(type)
  );
}
