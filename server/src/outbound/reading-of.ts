import type { Outcome } from '../catalog/answers/outcome.ts';
import type { Reading } from './call.ts';

/** What the engine makes of an answer by its meaning: credential refused, wait and repeat, repeat, or take it as it is. */
export function readingOf(outcome: Outcome): Reading {
  switch (outcome.kind) {
    case 'rejected':
    case 'expired':
    case 'revoked':
      return { kind: 'unauthenticated' };
    case 'rate_limited':
      return outcome.retryAfterSeconds === null
        ? { kind: 'throttled' }
        : { kind: 'throttled', retryAfterSeconds: outcome.retryAfterSeconds };
    case 'provider_error':
      return { kind: 'failed' };
    default:
      return { kind: 'final' };
  }
}
