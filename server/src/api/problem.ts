import { type ErrorCode, errorCodes, type FieldProblem } from '@keyrail/contract/errors';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { AppError } from '../lib/app-error.ts';
import type { Log } from '../lib/log.ts';

/** The body of an error answer (RFC 9457). `status` differs from the code's own only where HTTP has a finer one. */
export function problemBody(error: AppError, requestId: string, status?: number): Record<string, unknown> {
  const { title, status: usual } = errorCodes[error.code];
  return {
    type: 'about:blank',
    title,
    status: status ?? usual,
    code: error.code,
    ...(error.detail !== undefined && { detail: error.detail }),
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
  const known = toAppError(error);
  if (errorCodes[known.code].status >= 500) {
    log.error({ err: error, request_id: request.id, route: request.routeOptions.url }, 'a request failed');
  }
  return sendProblem(known, request, reply);
}

/** What of any failure may be told. Whatever is not known to be the caller's doing is our bug: `internal`, told as nothing. */
function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return invalidInput(error as unknown as FastifyError);
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
  FST_ERR_BAD_URL: { code: 'invalid_input', detail: 'The path is not well-formed.' },
  ECONNRESET: { code: 'invalid_input', detail: 'The request ended before it was whole.' },
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

interface ZodIssueOfFastify {
  keyword: string;
  instancePath: string;
  message: string;
  params: { keys?: string[] };
}

/** A path parameter that is no id can name nothing: 404, the same as for one that names nothing. */
function invalidInput(error: FastifyError): AppError {
  if (error.validationContext === 'params') return new AppError('not_found', { cause: error });
  const issues = (error.validation ?? []) as unknown as ZodIssueOfFastify[];
  const fields = issues.flatMap(fieldsOf).slice(0, 50);
  return new AppError('invalid_input', { detail: sentenceOf(fields), fields });
}

function fieldsOf(issue: ZodIssueOfFastify): FieldProblem[] {
  const path = issue.instancePath.slice(1).split('/').filter(Boolean).join('.');
  if (issue.keyword === 'unrecognized_keys') {
    return (issue.params.keys ?? []).map((key) => ({
      path: path === '' ? key : `${path}.${key}`,
      message: 'There is no such field.',
    }));
  }
  return [{ path, message: issue.message }];
}

function sentenceOf(fields: FieldProblem[]): string {
  return fields
    .slice(0, 3)
    .map(({ path, message }) => (path === '' ? message : `${path}: ${message}`))
    .join(' · ');
}
