import type { AffectedConnection } from '@keyrail/contract/custom';
import type { ErrorCode, FieldProblem } from '@keyrail/contract/errors';
import type { Problem } from '@keyrail/contract/problem';
import type { Verdict } from '@keyrail/contract/verdicts';

/**
 * What the API answered instead of a result. `network` stands for no answer at all: the server could not be
 * reached, or what came back was not from it.
 */
export type ApiErrorCode = ErrorCode | 'network';

interface ApiErrorParts {
  code: ApiErrorCode;
  status: number;
  title: string;
  detail?: string | undefined;
  fields?: FieldProblem[] | undefined;
  reason?: string | undefined;
  verdict?: Verdict | undefined;
  affected?: AffectedConnection[] | undefined;
  requestId?: string | undefined;
  retryAfterSeconds?: number | undefined;
}

/** A problem document (RFC 9457) as an exception. `message` is the sentence to show: the detail, else the title. */
export class ApiError extends Error {
  readonly code: ApiErrorCode;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
  readonly title: string;
  readonly detail: string | undefined;
  readonly fields: FieldProblem[];
  readonly reason: string | undefined;
  readonly verdict: Verdict | undefined;
  /** With `credentials_would_be_lost` and `has_connections`. */
  readonly affected: AffectedConnection[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(parts: ApiErrorParts, cause?: unknown) {
    super(parts.detail ?? parts.title, cause === undefined ? undefined : { cause });
    this.name = 'ApiError';
    this.code = parts.code;
    this.status = parts.status;
    this.title = parts.title;
    this.detail = parts.detail;
    this.fields = parts.fields ?? [];
    this.reason = parts.reason;
    this.verdict = parts.verdict;
    this.affected = parts.affected ?? [];
    this.requestId = parts.requestId;
    this.retryAfterSeconds = parts.retryAfterSeconds;
  }

  /** The message of one field of the request (`credentials.api_key`), where the server named it. */
  field(path: string): string | undefined {
    return this.fields.find((field) => field.path === path)?.message;
  }
}

/** Reads an answer that is not a success. A proxy in between may answer with something else than a problem. */
export function errorFromAnswer(status: number, text: string, retryAfter: string | null): ApiError {
  const problem = parseProblem(text);
  const seconds = Number(retryAfter);
  const retryAfterSeconds = retryAfter !== null && Number.isFinite(seconds) ? seconds : undefined;
  if (problem === undefined) {
    return new ApiError({
      code: 'network',
      status,
      title: `Keyrail did not answer; something in between answered with status ${status}.`,
      retryAfterSeconds,
    });
  }
  return new ApiError({
    code: problem.code,
    status,
    title: problem.title,
    detail: problem.detail,
    fields: problem.fields,
    reason: problem.reason,
    verdict: problem.verdict,
    affected: problem.affected,
    requestId: problem.request_id,
    retryAfterSeconds,
  });
}

export function networkError(cause: unknown): ApiError {
  return new ApiError({ code: 'network', status: 0, title: 'Keyrail could not be reached.' }, cause);
}

function parseProblem(text: string): Problem | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return undefined;
    const { code, title } = parsed as Partial<Problem>;
    return typeof code === 'string' && typeof title === 'string' ? (parsed as Problem) : undefined;
  } catch {
    return undefined;
  }
}
