import { type ErrorCode, errorCodes, type FieldProblem } from '@keyrail/contract/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import type { Log } from '../lib/log.ts';
import { UnfitInput } from './field-words.ts';

/** The body of an error answer (RFC 9457). `status` differs from the code's own only where HTTP has a finer one. */
export function problemBody(error: AppError, requestId: string, status?: number): Record<string, unknown> {
  const { title, status: usual } = errorCodes[error.code];
  const detail = error.detail ?? told(error.fields ?? []);
  return {
    type: 'about:blank',
    title,
    status: status ?? usual,
    code: error.code,
    ...(detail !== '' && { detail }),
    ...(error.fields && { fields: error.fields }),
    ...(error.reason !== undefined && { reason: error.reason }),
    ...error.extra,
    request_id: requestId,
  };
}

export function sendProblem(error: AppError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.retryAfterSeconds !== undefined) {
    reply.header('retry-after', Math.max(1, Math.ceil(error.retryAfterSeconds)));
  }
  // The answers of this route are somebody else's: only this tells that one is ours.
  if (request.routeOptions.config?.isForwarded === true) reply.header('keyrail-error', 'true');
  cutOffLongBody(request, reply);
  return reply
    .code(errorCodes[error.code].status)
    .header('cache-control', 'no-store')
    .type('application/problem+json; charset=utf-8')
    .send(JSON.stringify(problemBody(error, request.id)));
}

const REST_OF_BODY_MS = 5_000;

/**
 * A body that nobody wants any more is read on for a moment, so that the client gets to see the answer (a connection
 * closed at once would lose it), then the connection is closed: it could go on for ever.
 */
function cutOffLongBody(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request;
  if (raw.complete) return;
  reply.raw.once('finish', () => {
    if (raw.complete) return;
    const timer = setTimeout(() => raw.complete || raw.destroy(), REST_OF_BODY_MS);
    raw.once('close', () => clearTimeout(timer));
    timer.unref();
  });
}

/** Answers with what may be told, logs the rest. */
export function handleError(
  log: Log,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const known = toAppError(error, request.url);
  if (errorCodes[known.code].status >= 500) {
    log.error({ err: error, request_id: request.id, route: request.routeOptions.url }, 'a request failed');
  }
  return sendProblem(known, request, reply);
}

/** What of any failure may be told. Whatever is not known to be the caller's doing is our bug: `internal`, told as nothing. */
function toAppError(error: unknown, url: string): AppError {
  if (error instanceof AppError) return error;
  if (error instanceof UnfitInput) return invalidInput(error, url);
  const code = codeOf(error);
  const known = fastifyErrors[code];
  if (known) return new AppError(known.code, { ...(known.detail && { detail: known.detail }), cause: error });
  return new AppError('internal', { cause: error });
}

const fastifyErrors: Record<string, { code: ErrorCode; detail?: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'too_large', detail: 'The body of the request is too large.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'unsupported_media_type' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'invalid_input',
    detail: 'The body is not as long as Content-Length says.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'invalid_input', detail: 'The body is empty.' },
  // Longer than any id or name is.
  FST_ERR_MAX_PARAM_LENGTH: { code: 'not_found' },
  FST_ERR_BAD_URL: { code: 'invalid_input', detail: 'The path is not well-formed.' },
  ECONNRESET: { code: 'invalid_input', detail: 'The request ended before it was whole.' },
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A path parameter that is no id can name nothing: 404, the same as for one that names nothing. */
function invalidInput(error: UnfitInput, url: string): AppError {
  if (error.validationContext === 'params') {
    const hasSlash = /\/($|\?)/.test(url);
    const detail = 'There is no such address. Did you mean it without the slash at its end?';
    return new AppError('not_found', { ...(hasSlash && { detail }), cause: error });
  }
  const fields = error.issues.flatMap(fieldsOf).slice(0, 50);
  return new AppError('invalid_input', { detail: sentenceOf(fields), fields });
}

function fieldsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      message: 'There is no such field.',
    }));
  }
  if (path === '' && issue.code === 'invalid_type')
    return [{ path, message: 'The body must be a JSON object.' }];
  return [{ path, message: issue.message }];
}

/** Of fields whose words do not name them, such as a schema's. */
function sentenceOf(fields: FieldProblem[]): string {
  return fields
    .slice(0, MOST_TOLD)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join(' · ');
}

/** Of fields whose words are whole sentences, as the rooms write them. */
function told(fields: readonly FieldProblem[]): string {
  return fields
    .slice(0, MOST_TOLD)
    .map(({ message }) => message)
    .join(' ');
}

const MOST_TOLD = 3;
