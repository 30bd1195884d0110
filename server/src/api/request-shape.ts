import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../lib/app-error.ts';

/** Said twice, these leave it open which one counts: the classic way to have two programs understand a request differently. */
const ONCE = new Set([
  'host',
  'authorization',
  'content-type',
  'content-length',
  'idempotency-key',
  'keyrail-workspace',
  'if-match',
  'cookie',
  'origin',
]);

/** Names under which people put keys into addresses, where they end up in logs and histories. */
const KEY_IN_QUERY = /^(api[_-]?key|access[_-]?token|token|authorization|key)$/i;

/** Refuses what no honest client sends, before anything looks at it. Node's parser has refused bad framing already. */
export function checkShape(request: FastifyRequest): void {
  const { url = '', method } = request.raw;
  if (method === 'TRACE' || method === 'CONNECT') throw new AppError('method_not_allowed');
  if (!url.startsWith('/')) throw refused('Send the path alone, not a whole address.');
  const seen = new Set<string>();
  for (let i = 0; i < request.raw.rawHeaders.length; i += 2) {
    const name = (request.raw.rawHeaders[i] ?? '').toLowerCase();
    if (!ONCE.has(name)) continue;
    if (seen.has(name)) throw refused(`The header ${name} may be sent once only.`);
    seen.add(name);
  }
}

/** A key in the address has leaked to every log on the way: it is not taken there, and the caller is told where it goes. */
export function refuseKeyInQuery(request: FastifyRequest): void {
  const query = request.query as Record<string, unknown>;
  if (Object.keys(query).some((name) => KEY_IN_QUERY.test(name))) {
    throw new AppError('unauthenticated', {
      detail:
        'A token in the address is not taken, as addresses end up in logs. Send it as the header Authorization: Bearer kr_…',
    });
  }
}

/** Bodies are JSON, or what the route says it streams; sent as they are, not compressed. */
export function checkBodyType(request: FastifyRequest): void {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!hasBody) return;
  const { streams, isForwarded } = request.routeOptions.config ?? {};
  if (isForwarded === true) return;
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new AppError('unsupported_media_type', { detail: 'Send the body without Content-Encoding.' });
  }
  const taken = streams ?? ['application/json'];
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((one) => one.trim()).find((one) => one.startsWith('charset='));
  const isJson = type.trim() === 'application/json';
  if (
    !taken.includes(type.trim()) ||
    (isJson && charset !== undefined && !/^charset="?utf-?8"?$/.test(charset))
  ) {
    throw new AppError('unsupported_media_type', { detail: `Send the body as ${taken.join(' or ')}.` });
  }
}

/** The same in an address: what could be called so can neither be stored nor be asked for. What lies behind `*` is somebody else's path. */
export function refuseNulInPath(request: FastifyRequest): void {
  const named = Object.entries(request.params ?? {}).filter(([name]) => name !== '*');
  if (named.some(([, value]) => String(value).includes('\0'))) throw new AppError('not_found');
}

/** PostgreSQL stores every character but this one. Refused here by the field's name, so that no room need think of it. */
export function refuseNul(request: FastifyRequest): void {
  const paths = [...nulsIn(request.query, ''), ...nulsIn(request.body, '')].slice(0, 50);
  if (paths.length === 0) return;
  const message = 'Contains the character NUL (U+0000), which cannot be stored or sent.';
  throw new AppError('invalid_input', {
    detail: `A text in the request holds the character NUL: ${paths.slice(0, 3).join(', ')}.`,
    fields: paths.map((path) => ({ path, message })),
  });
}

function nulsIn(value: unknown, path: string): string[] {
  if (typeof value === 'string') return value.includes('\0') ? [path] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => nulsIn(item, below(path, String(index))));
  const isPlain = typeof value === 'object' && value !== null && !(value instanceof Readable);
  return isPlain
    ? Object.entries(value).flatMap(([name, item]) =>
        name.includes('\0') ? [path] : nulsIn(item, below(path, name)),
      )
    : [];
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function refused(detail: string): AppError {
  return new AppError('invalid_input', { detail });
}
