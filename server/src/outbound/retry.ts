import type { Reading } from './call.ts';
import type { Answer } from './outcome.ts';

const MIN_WAIT_SECONDS = 1;
const MAX_WAIT_SECONDS = 3_600;
const FIRST_BACKOFF_MS = 500;
const MAX_BACKOFF_MS = 8_000;

/** What a status means where the catalog says nothing else. */
export function readPlainly(answer: Pick<Answer, 'status' | 'headers'>): Reading {
  switch (answer.status) {
    case 401:
      return { kind: 'unauthenticated' };
    case 429:
      return { kind: 'throttled' };
    case 503:
      return answer.headers['retry-after'] === undefined
        ? { kind: 'failed', mayHaveHappened: false }
        : { kind: 'throttled' };
    case 502:
    case 504:
      return { kind: 'failed' };
    default:
      return { kind: 'final' };
  }
}

/**
 * `Retry-After` (RFC 9110 §10.2.3: seconds or a date) as seconds from now, between 1 and 3,600, so that neither a
 * date in the past makes a busy loop nor a far one stops a connection for good. Null where there is none to read.
 */
export function retryAfterSeconds(headers: Answer['headers'], now: Date): number | null {
  const value = headers['retry-after']?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(value)) return clampWait(Number(value));
  const date = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : clampWait((date - now.getTime()) / 1_000);
}

export function clampWait(seconds: number): number {
  return Math.min(Math.max(Math.ceil(seconds), MIN_WAIT_SECONDS), MAX_WAIT_SECONDS);
}

/** Doubles with every attempt; the second half of it is chance, so that callers that failed together part. */
export function backoffMs(attempts: number, random: () => number): number {
  const full = Math.min(FIRST_BACKOFF_MS * 2 ** (attempts - 1), MAX_BACKOFF_MS);
  return Math.round(full / 2 + (full / 2) * random());
}
