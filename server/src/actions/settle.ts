import { holds } from '../catalog/answers/condition.ts';
import { extractOutputs } from '../catalog/answers/extract.ts';
import { readPath } from '../catalog/answers/path.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import type { Answer } from '../outbound/outcome.ts';
import { explainAnswer } from './explain.ts';
import type { ActionOutcome, PollState, Trace } from './outcome.ts';
import { afterLostPoll, askAgain, pollJob } from './poll.ts';
import type { PreparedAction } from './prepare.ts';
import type { Judged } from './reading.ts';
import { firstBytes, storable, storableText } from './storable.ts';

const BODY_LIMIT_BYTES = 64 * 1024;

export interface SettleContext {
  /** The job or repetition this answer belongs to; null for a first request. */
  poll: PollState | null;
  isJobPoll: boolean;
  /** Of the inputs; only what takes several steps needs it. */
  fingerprint: () => string;
  now: Date;
}

/** What becomes of an answer. */
export function settleAnswer(
  prepared: PreparedAction,
  judged: Judged,
  context: SettleContext,
): ActionOutcome {
  const { outcome, answer, text } = judged;
  const trace = traceOf(prepared, answer, text);
  const explain = () =>
    explainAnswer(prepared, outcome as Exclude<typeof outcome, { kind: 'success' }>, answer.status);
  switch (outcome.kind) {
    case 'success':
      return settleSuccess(prepared, judged, outcome.json, context, trace);
    case 'no_result': {
      const outputs = outputsOf(prepared, outcome.json, answer);
      return { kind: 'no_result', outputs, credits: null, message: explain().message, trace };
    }
    case 'pending':
      return askAgain(prepared, context, outcome.retryAfterSeconds, trace);
    case 'rejected':
    case 'expired':
    case 'revoked':
    case 'wrong_account':
      return { kind: 'connection_broken', trace, ...explain() };
    case 'out_of_credits':
      return { kind: 'out_of_credits', trace, ...explain() };
    case 'rate_limited':
      return { kind: 'later', afterSeconds: outcome.retryAfterSeconds ?? 5, trace, ...explain() };
    case 'provider_error':
    case 'nonsense': {
      const failed: ActionOutcome = { kind: 'error', trace, ...explain() };
      const isOver = context.isJobPoll && outcome.kind === 'provider_error' && answer.status < 500;
      return context.isJobPoll && context.poll && !isOver
        ? afterLostPoll(prepared, context.poll, failed, context.now)
        : failed;
    }
    default:
      return { kind: 'error', trace, ...explain() };
  }
}

function settleSuccess(
  prepared: PreparedAction,
  { answer, text }: Judged,
  json: unknown,
  context: SettleContext,
  trace: Trace,
): ActionOutcome {
  const { action, definition } = prepared;
  if (action.poll !== undefined && !context.isJobPoll) {
    const id = readPath(json, action.poll.id);
    if (typeof id === 'string' || typeof id === 'number')
      return pollJob(action.poll, String(id), context, trace);
    const isDone = holds(action.poll.done, { status: answer.status, headers: answer.headers, text, json });
    if (!isDone) {
      const message = `${definition.name} took the job but did not say under which id.`;
      return { kind: 'error', trace, message, nextStep: 'Run the cell again later.', providerMessage: null };
    }
  }
  const outputs = outputsOf(prepared, json, answer);
  const primary = action.outputs.find((output) => output.primary) ?? action.outputs[0];
  const told = primary === undefined ? null : (outputs[primary.name] ?? null);
  const value = told ?? (isBare(action, json, context) || null);
  return { kind: 'done', outputs, primary: value, credits: action.cost?.credits ?? null, trace };
}

/** Sent, changed, deleted: many answer that with nothing at all. It was done, and there is nothing more to say. */
function isBare({ request, poll }: Action, json: unknown, { isJobPoll }: SettleContext): boolean {
  return json === null && (isJobPoll && poll ? poll.request : request).expect === 'any';
}

/** The text was redacted before it was parsed; parsing can bring out what was escaped in it. */
function outputsOf(
  prepared: PreparedAction,
  json: unknown,
  { headers, redact }: Pick<Answer, 'headers' | 'redact'>,
): Record<string, unknown> {
  const outputs = extractOutputs(prepared.action.outputs, json, headers);
  return redacted(storable(outputs), redact) as Record<string, unknown>;
}

function redacted(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redacted(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [redact(name), redacted(item, redact)]),
  );
}

export function traceOf(prepared: PreparedAction, answer: Answer, text: string): Trace {
  return {
    connectionId: prepared.connection.id,
    request: answer.request,
    status: answer.status,
    body: storableText(firstBytes(text, BODY_LIMIT_BYTES)),
    durationMs: Math.round(answer.durationMs),
  };
}
