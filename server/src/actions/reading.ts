import { type Asked, judge } from '../catalog/answers/judge.ts';
import type { Outcome } from '../catalog/answers/outcome.ts';
import type { Definition } from '../catalog/definition.ts';
import { bodyText } from '../outbound/answer-body.ts';
import type { Reading } from '../outbound/call.ts';
import type { Answer } from '../outbound/outcome.ts';
import { readingOf } from '../outbound/reading-of.ts';

/** An answer with its meaning; `text` has no secret in it, and neither has anything read from it. */
export interface Judged {
  answer: Answer;
  text: string;
  outcome: Outcome;
}

/** Statuses that say "not done, or only half": what stood in front of the service gave up. */
const FAILED = new Set([408, 425, 502, 503, 504]);

/** Reads answers by the catalog file. The engine asks first, the action after it: each answer is judged once. */
export function answerReader(definition: Definition, asked: Asked, now: () => Date) {
  let last: Judged | null = null;
  const judged = (answer: Answer): Judged => {
    if (last?.answer === answer) return last;
    const text = answer.redact(bodyText(answer));
    const outcome = judge(definition, asked, { status: answer.status, headers: answer.headers, text }, now());
    last = { answer, text, outcome };
    return last;
  };
  return { judged, read: (answer: Answer): Reading => actionReading(judged(answer)) };
}

/** A check repeats after any error of the service; an action only after those of what stands in front of it. */
function actionReading({ outcome, answer }: Judged): Reading {
  if (outcome.kind !== 'provider_error') return readingOf(outcome);
  if (answer.status === 503 && outcome.retryAfterSeconds !== null)
    return { kind: 'throttled', retryAfterSeconds: outcome.retryAfterSeconds };
  return FAILED.has(answer.status) ? { kind: 'failed' } : { kind: 'final' };
}
