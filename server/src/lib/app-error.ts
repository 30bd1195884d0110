import { type ErrorCode, errorCodes, type FieldProblem } from '@keyrail/contract/errors';

interface AppErrorOptions {
  /** A public sentence for this very case, shown beside the code's own. Never a secret, header or body. */
  detail?: string;
  fields?: FieldProblem[];
  /** A stable word for machines where one code has several causes (`egress_denied`: `address`, `port`, …). */
  reason?: string;
  /** Further public members of the problem document, such as `verdict`. */
  extra?: Record<string, unknown>;
  retryAfterSeconds?: number;
  /** For the log only. */
  cause?: unknown;
}

/** A failure nobody before the edge can act on. Its code decides the HTTP status and the public sentence. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly fields: FieldProblem[] | undefined;
  readonly reason: string | undefined;
  readonly extra: Record<string, unknown> | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.detail ?? errorCodes[code].title, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.detail = options.detail;
    this.fields = options.fields;
    this.reason = options.reason;
    this.extra = options.extra;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
