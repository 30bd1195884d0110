import { createHash } from 'node:crypto';
import type { RequestTemplate } from '../catalog/definition/request-template.ts';
import { prepareInputs } from '../catalog/requests/inputs.ts';
import { buildRequest } from '../catalog/requests/request.ts';
import type { Clock } from '../lib/clock.ts';
import { bodyText } from '../outbound/answer-body.ts';
import type { Outbound } from '../outbound/call.ts';
import type { CallOutcome } from '../outbound/outcome.ts';
import type { OutboundRequest } from '../outbound/request.ts';
import { explainCall, explainUnknown } from './explain.ts';
import type { ActionOutcome, PollState, Trace } from './outcome.ts';
import { afterLostPoll } from './poll.ts';
import type { PreparedAction } from './prepare.ts';
import { answerReader } from './reading.ts';
import { settleAnswer, traceOf } from './settle.ts';
import { explainWithout, passesByItself } from './without-credential.ts';

export interface ExecuteDeps {
  outbound: Outbound;
  clock: Clock;
}

export interface ActionCall {
  prepared: PreparedAction;
  /** What the row gives, by input name. */
  inputs: Readonly<Record<string, unknown>>;
  /** A job that is not over: it is asked for, nothing is submitted. */
  poll: PollState | null;
  /** `column:col_…`, `tryout`. */
  consumer: string;
  /** The longest wait for the rate budget or a repetition inside this call. */
  patienceMs: number;
  signal: AbortSignal;
}

/**
 * Runs one action once: one request, or one question after a job that runs at the provider. Where the answer is
 * `pending` the caller stores `poll`, waits, and calls again. Nothing is thrown for what a provider does.
 *
 *   inputs ─blank→ skipped
 *     │
 *   request ─→ done | no_result | error | connection_* | out_of_credits | unknown
 *     ├─throttled→ later (the same again)
 *     └─202, job id→ pending ─poll→ pending | done | no_result | error | unknown (given up)
 */
export async function execute(deps: ExecuteDeps, call: ActionCall): Promise<ActionOutcome> {
  const { definition, action, address, connection } = call.prepared;
  const given = prepareInputs(action, call.inputs);
  if (given.kind === 'missing') return { kind: 'skipped', message: given.message };
  if (given.kind === 'invalid')
    return unsent(
      call,
      given.problems.map((one) => one.message).join(' '),
      'Correct the row, then run it again.',
    );

  const fingerprint = () => fingerprintOf(given.inputs);
  const poll = call.poll !== null && call.poll.inputs === fingerprint() ? call.poll : null;
  const isJobPoll = poll?.kind === 'job' && action.poll !== undefined;
  const template: RequestTemplate = isJobPoll && action.poll ? action.poll.request : action.request;
  const values = isJobPoll ? { ...given.inputs, job_id: poll.jobId } : given.inputs;
  const built = buildRequest(address, template, values, connection.fields);
  if (built.kind === 'unfit') return unsent(call, built.message, 'Correct the row, then run it again.');

  const step = isJobPoll ? 'poll' : 'submit';
  const asked = { kind: 'action', action, step, inputs: given.inputs } as const;
  const reader = answerReader(definition, asked, () => deps.clock.now());
  const { body, ...head } = built.request;
  const request: OutboundRequest = body === null ? head : { ...head, body };
  const outcome = await deps.outbound.call({
    request,
    allowedOrigins: call.prepared.allowedOrigins,
    credential: call.prepared.credential,
    trusted: call.prepared.trusted,
    workspaceId: call.prepared.workspaceId,
    connectionId: connection.id,
    consumer: call.consumer,
    rateWindows: call.prepared.rateWindows,
    budgetKey: call.prepared.budgetKey,
    repeatable: action.repeatable || isJobPoll,
    patienceMs: call.patienceMs,
    read: reader.read,
    signal: call.signal,
  });
  if (outcome.kind === 'answer') {
    const judged = reader.judged(outcome.answer);
    return settleAnswer(call.prepared, judged, { poll, isJobPoll, fingerprint, now: deps.clock.now() });
  }
  const settled = settleCall(call, request, outcome);
  return isJobPoll && poll ? afterLostPoll(call.prepared, poll, settled, deps.clock.now()) : settled;
}

/** What becomes of a call that brought no answer to judge. */
function settleCall(
  { prepared }: ActionCall,
  request: OutboundRequest,
  outcome: Exclude<CallOutcome, { kind: 'answer' }>,
): ActionOutcome {
  const answer = 'answer' in outcome ? outcome.answer : null;
  const text = answer === null ? null : answer.redact(bodyText(answer));
  const trace = answer === null ? emptyTrace(prepared, request) : traceOf(prepared, answer, text ?? '');
  const { name } = prepared.definition;
  switch (outcome.kind) {
    case 'rate_limited': {
      const explanation = { message: `${name} asks to slow down.`, nextStep: null, providerMessage: null };
      return { kind: 'later', afterSeconds: outcome.retryAfterSeconds, trace, ...explanation };
    }
    case 'no_credential': {
      if (outcome.because === 'missing') return missingConnection(name);
      const explanation = explainWithout(name, outcome);
      if (!passesByItself(outcome)) return { kind: 'connection_broken', trace, ...explanation };
      return { kind: 'later', afterSeconds: outcome.retryAfterSeconds ?? 5, trace, ...explanation };
    }
    case 'cancelled':
      if (!outcome.mayHaveHappened || prepared.action.repeatable) return { kind: 'cancelled' };
      return { kind: 'unknown', trace, ...explainUnknown(prepared, 'the call was stopped.') };
    case 'unknown':
      return { kind: 'unknown', trace, ...explainUnknown(prepared, outcome.detail) };
    default:
      return { kind: 'error', trace, ...explainCall(prepared, outcome) };
  }
}

export function missingConnection(name: string): Extract<ActionOutcome, { kind: 'connection_missing' }> {
  return {
    kind: 'connection_missing',
    message: `There is no connection to ${name}.`,
    nextStep: `Connect ${name} in Settings → Connections, then run the cell again.`,
    providerMessage: null,
  };
}

function unsent({ prepared }: ActionCall, message: string, nextStep: string): ActionOutcome {
  return { kind: 'error', trace: emptyTrace(prepared, null), message, nextStep, providerMessage: null };
}

function emptyTrace(prepared: PreparedAction, request: OutboundRequest | null): Trace {
  const url = request === null ? null : new URL(request.url);
  return {
    connectionId: prepared.connection.id,
    request: url && request ? { method: request.method, host: url.host, path: url.pathname } : null,
    status: null,
    body: null,
    durationMs: null,
  };
}

function fingerprintOf(inputs: unknown): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('base64url');
}
