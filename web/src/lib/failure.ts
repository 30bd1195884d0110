import { ApiError } from '@keyrail/sdk/api-error';

export interface Failure {
  /** What happened. */
  title: string;
  /** Why, and what to do. */
  detail: string | undefined;
  requestId: string | undefined;
}

/** An error in words a person can act on. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof ApiError)) {
    return {
      title: 'This page met an error of its own.',
      detail: 'Load it again. If it stays, tell whoever runs Keyrail.',
      requestId: undefined,
    };
  }
  if (error.code === 'network') {
    return {
      title: error.title,
      detail: navigator.onLine
        ? 'The server may be starting again. What you see may be out of date.'
        : 'This computer is offline. What you see may be out of date.',
      requestId: undefined,
    };
  }
  if (error.detail !== undefined && speakForThemselves.has(error.code)) {
    return { title: error.detail, detail: undefined, requestId: undefined };
  }
  return { title: error.title, detail: error.detail, requestId: error.requestId };
}

/** Their detail says what happened; the code's own sentence would only stand in its way. */
const speakForThemselves: ReadonlySet<ApiError['code']> = new Set([
  'conflict',
  'connection_broken',
  'connection_missing',
  'forbidden',
  'invalid_input',
  'too_large',
  'unavailable',
]);

/** The one sentence for a toast. */
export function sentenceOf(error: unknown): string {
  const failure = failureOf(error);
  return failure.detail ?? failure.title;
}

export const hasCode = (error: unknown, code: ApiError['code']): error is ApiError =>
  error instanceof ApiError && error.code === code;
