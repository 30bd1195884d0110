import type { Clock } from '../lib/clock.ts';
import type { Attempt } from './attempt.ts';
import type { Budget } from './budget.ts';
import type { OutboundCall, Reading } from './call.ts';
import type { Credential } from './credential-source.ts';
import type { OutboundLimits } from './limits.ts';
import type { Answer, CallOutcome } from './outcome.ts';
import type { OutboundRequest, ShownRequest } from './request.ts';
import { backoffMs, clampWait, readPlainly, retryAfterSeconds } from './retry.ts';

/** How far a call has come. */
export interface Progress {
  attempts: number;
  startedAt: number;
  /** No wait ends after this, in milliseconds since the epoch. */
  deadline: number;
  maxAttempts: number;
  isRepeatable: boolean;
  /** The version taken after a refusal; there is one such repetition per call. */
  newer: Credential | undefined;
}

export interface Tried {
  result: Attempt;
  credential: Credential | null;
  redact: (text: string) => string;
}

/** After one attempt: the end, or another attempt after a wait. */
export type Step = { kind: 'over'; outcome: CallOutcome } | { kind: 'again'; waitMs: number };

interface StepDeps {
  budget: Pick<Budget, 'pause'>;
  clock: Clock;
  random: () => number;
  limits: Pick<OutboundLimits, 'maxAnswerBytes'>;
}

/**
 * Decides what follows an attempt.
 *
 *     not sent (DNS, TCP)            again, whatever the method    → unreachable
 *     sent, no answer or half of one again if repeatable           → unreachable, invalid_response | unknown
 *     answered: unauthenticated      once, with a newer credential → answer
 *               throttled            again after the wait asked for → rate_limited
 *               failed               again if repeatable           → answer | unknown
 *               final                                              → answer, redirect
 */
export async function nextStep(
  deps: StepDeps,
  call: OutboundCall,
  progress: Progress,
  tried: Tried,
): Promise<Step> {
  const { result } = tried;
  switch (result.kind) {
    case 'answered':
      return await afterAnswer(deps, call, progress, tried, answerOf(deps, call, progress, tried, result));
    case 'denied':
      return over({ kind: 'egress_denied', reason: result.reason });
    case 'invalid_request':
      return over(result);
    case 'too_large':
      return over({ kind: 'too_large', limitBytes: deps.limits.maxAnswerBytes });
    case 'unreadable':
      return over({ kind: 'invalid_response', detail: result.detail });
    case 'cancelled':
      return over({ kind: 'cancelled', mayHaveHappened: result.sent });
    case 'cut_off':
      return againOr(deps, progress, progress.isRepeatable, () =>
        progress.isRepeatable
          ? { kind: 'invalid_response', detail: 'The answer broke off.' }
          : unknown('The answer broke off.', null),
      );
    case 'unreachable':
      return afterNothing(deps, progress, result);
  }
}

function afterNothing(
  deps: StepDeps,
  progress: Progress,
  { cause, detail, sent }: Extract<Attempt, { kind: 'unreachable' }>,
): Step {
  const mayRepeat = progress.isRepeatable || !sent;
  // A certificate does not become valid by asking again.
  return againOr(deps, progress, mayRepeat && cause !== 'tls' && cause !== 'client_certificate', () =>
    mayRepeat ? { kind: 'unreachable', cause, mayHaveHappened: sent, detail } : unknown(detail, null),
  );
}

async function afterAnswer(
  deps: StepDeps,
  call: OutboundCall,
  progress: Progress,
  tried: Tried,
  answer: Answer,
): Promise<Step> {
  const reading = (call.read ?? readPlainly)(answer);
  switch (reading.kind) {
    case 'final':
      return over(settled(answer));
    case 'unauthenticated':
      return await withNewer(call, progress, tried, answer);
    case 'throttled':
      return await afterThrottle(deps, call, progress, reading, answer);
    case 'failed': {
      const mayHaveHappened = reading.mayHaveHappened ?? true;
      return againOr(deps, progress, progress.isRepeatable, () =>
        progress.isRepeatable || !mayHaveHappened
          ? settled(answer)
          : unknown(`The answer was ${answer.status}: it may have been done or not.`, answer),
      );
    }
  }
}

/** A rotation while the call was on its way must not fail it. */
async function withNewer(
  call: OutboundCall,
  progress: Progress,
  { credential }: Tried,
  answer: Answer,
): Promise<Step> {
  if (!credential || !call.credential || progress.newer) return over(settled(answer));
  const newer = await call.credential.refused(credential.version);
  if (!newer) return over(settled(answer));
  if ('kind' in newer) return over({ ...newer, kind: 'no_credential' });
  progress.newer = newer;
  progress.attempts -= 1;
  return { kind: 'again', waitMs: 0 };
}

/** Everybody who shares the budget waits, whether this call has the patience or not. */
async function afterThrottle(
  deps: StepDeps,
  call: OutboundCall,
  progress: Progress,
  reading: Extract<Reading, { kind: 'throttled' }>,
  answer: Answer,
): Promise<Step> {
  const asked = reading.retryAfterSeconds ?? retryAfterSeconds(answer.headers, deps.clock.now());
  const waitMs = asked === null ? backoffMs(progress.attempts + 1, deps.random) : clampWait(asked) * 1_000;
  const key = call.budgetKey ?? call.connectionId;
  if (key !== null) await deps.budget.pause(key, waitMs);
  return againOr(
    deps,
    progress,
    true,
    () => ({ kind: 'rate_limited', retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1_000)), answer }),
    waitMs,
  );
}

function againOr(
  deps: StepDeps,
  progress: Progress,
  mayRepeat: boolean,
  otherwise: () => CallOutcome,
  waitMs: number = backoffMs(progress.attempts, deps.random),
): Step {
  const hasTime = deps.clock.now().getTime() + waitMs <= progress.deadline;
  const isAgain = mayRepeat && progress.attempts < progress.maxAttempts && hasTime;
  return isAgain ? { kind: 'again', waitMs } : over(otherwise());
}

function answerOf(
  deps: StepDeps,
  call: OutboundCall,
  progress: Progress,
  { credential, redact }: Tried,
  { status, headers, body }: Extract<Attempt, { kind: 'answered' }>,
): Answer {
  return {
    status,
    headers,
    body,
    request: shownRequest(call.request),
    durationMs: deps.clock.now().getTime() - progress.startedAt,
    credentialVersion: credential?.version ?? null,
    redact,
  };
}

/** From the request as the caller made it: the credential is not on it yet. */
function shownRequest(request: OutboundRequest): ShownRequest {
  const url = URL.parse(request.url);
  return { method: request.method, host: url?.host ?? '', path: url?.pathname ?? '' };
}

function settled(answer: Answer): CallOutcome {
  const location = answer.headers.location;
  const isRedirect = answer.status >= 300 && answer.status < 400 && location !== undefined;
  return isRedirect
    ? { kind: 'redirect', answer, location: answer.redact(location) }
    : { kind: 'answer', answer };
}

function unknown(detail: string, answer: Answer | null): CallOutcome {
  return { kind: 'unknown', detail, answer };
}

function over(outcome: CallOutcome): Step {
  return { kind: 'over', outcome };
}
