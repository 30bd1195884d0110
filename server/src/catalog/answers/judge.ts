import type { Action } from '../definition/action-definition.ts';
import type { AnswerRule, Condition } from '../definition/answer-rule.ts';
import type { ListOperation } from '../definition/list-definition.ts';
import type { Probe } from '../definition/probe-definition.ts';
import type { Definition } from '../definition.ts';
import type { Values } from '../requests/template.ts';
import { answerValue } from './answer-value.ts';
import { clockWords } from './clock-words.ts';
import { holds, type Seen } from './condition.ts';
import { readAccount } from './extract.ts';
import { onlyAskedFor } from './only-asked-for.ts';
import type { Answer, FailureKind, Outcome } from './outcome.ts';
import { readPath } from './path.ts';
import { clampedWait, retryAfterSeconds } from './retry-after.ts';
import { looksLikeHtml, wordsOf } from './words.ts';

/** What was asked, because the same answer means different things: 404 to a probe, 404 to "find this person". */
export type Asked =
  | { kind: 'probe'; probe: Probe }
  | { kind: 'action'; action: Action; step?: 'submit' | 'poll'; inputs?: Values }
  | { kind: 'list'; list: ListOperation };

/**
 * What an answer means. Pure. The rules of what was asked come first, then the integration's, then the status by
 * its usual meaning, then what the body must look like. `now` is for Retry-After dates.
 */
export function judge(definition: Definition, asked: Asked, answer: Answer, now: Date): Outcome {
  const seen: Seen = { ...answer, json: ofWhatWasAsked(asked, answerValue(definition, answer.text)) };
  const context: Context = { definition, asked, seen, now };
  const rule = [...rulesOf(asked), ...definition.answers].find(
    ({ when }) => holds(when, seen) && !isByStatusAlone(when, seen),
  );
  if (rule !== undefined) return byRule(context, rule);
  const pollOutcome = asked.kind === 'action' && asked.step === 'poll' ? byPoll(context, asked.action) : null;
  if (pollOutcome !== null) return pollOutcome;
  if (
    asked.kind === 'action' &&
    asked.action.noResult.some((one) => saysByStatus(one, seen) && holds(one, seen))
  ) {
    return failure(context, 'no_result');
  }
  return isSuccess(seen.status) ? byBody(context) : byStatus(context);
}

/** A search that finds what is merely alike answers with others, too. */
function ofWhatWasAsked(asked: Asked, json: unknown): unknown {
  if (asked.kind !== 'action' || asked.action.only === undefined) return json;
  return onlyAskedFor(json, asked.action.only, asked.inputs ?? {});
}

/** What a 403 means at this tool says nothing of the page that a firewall in front of it puts in its place. */
function isByStatusAlone({ body, header }: Condition, seen: Seen): boolean {
  return seen.status === 403 && body === undefined && header === undefined && isPage(seen);
}

/** What a file looks for is not in a web page either, nor in half an answer: with a 2xx those are nonsense (byBody), not "nothing found". */
function saysByStatus({ status, body }: Condition, seen: Seen): boolean {
  return status !== undefined && (body === undefined || seen.json !== undefined || !isSuccess(seen.status));
}

interface Context {
  definition: Definition;
  asked: Asked;
  seen: Seen;
  now: Date;
}

function rulesOf(asked: Asked): readonly AnswerRule[] {
  if (asked.kind === 'probe') return asked.probe.answers;
  return asked.kind === 'action' ? asked.action.answers : asked.list.answers;
}

function byRule(context: Context, rule: AnswerRule): Outcome {
  if (rule.then === 'success') return byBody(context);
  if (rule.then === 'clock_off') {
    const advice = rule.say ?? clockWords(context.seen.headers, context.now);
    return failure(context, 'provider_error', { advice, isClockOff: true });
  }
  const { json } = context.seen;
  const named = rule.permissionPath === undefined ? undefined : readPath(json, rule.permissionPath);
  const permission = typeof named === 'string' ? named.slice(0, 120) : rule.permission;
  const waitSeconds = waitTold(rule, json) ?? rule.waitSeconds;
  return failure(context, rule.then, { advice: rule.say, permission, waitSeconds });
}

function waitTold({ waitPath }: AnswerRule, json: unknown): number | undefined {
  const told = waitPath === undefined ? undefined : readPath(json, waitPath);
  return typeof told === 'number' && told > 0 ? clampedWait(told) : undefined;
}

function byPoll(context: Context, action: Action): Outcome | null {
  if (action.poll === undefined) return null;
  if (holds(action.poll.running, context.seen)) return failure(context, 'pending');
  if (!isSuccess(context.seen.status)) return null;
  return holds(action.poll.done, context.seen) ? byBody(context) : failure(context, 'provider_error');
}

/** A 2xx answer is a success only if it is what was asked for. */
function byBody(context: Context): Outcome {
  const { asked, seen } = context;
  const request = requestOf(asked);
  if (request.expect === 'json' && seen.json === undefined) return nonsense(context);
  if (asked.kind === 'probe' && isPage(seen)) return nonsense(context);
  if (!checkOf(asked).every((one) => holds(one, seen))) return nonsense(context, 'unexpected');
  if (asked.kind === 'probe' && readAccount(asked.probe.account, seen.json).creditsLeft === 0) {
    return failure(context, 'out_of_credits', { advice: 'The key is good, but no credits are left.' });
  }
  const isSubmit = asked.kind === 'action' && asked.action.poll !== undefined && asked.step !== 'poll';
  if (asked.kind === 'action' && !isSubmit && asked.action.noResult.some((one) => holds(one, seen))) {
    return failure(context, 'no_result');
  }
  return { kind: 'success', json: seen.json ?? null };
}

/** The usual meaning of a status, where the file says nothing. */
function byStatus(context: Context): Outcome {
  const { status } = context.seen;
  const isProbe = context.asked.kind === 'probe';
  if (status >= 300 && status < 400) return nonsense(context, 'redirect');
  if (status === 401) return failure(context, 'rejected');
  if (status === 402) return failure(context, 'out_of_credits');
  // A page with a 403 comes from a firewall in front of the API and says nothing about the key.
  if (status === 403)
    return isPage(context.seen) ? nonsense(context) : failure(context, 'missing_permission');
  if (status === 404 && isProbe) return failure(context, 'wrong_account');
  if (status === 429) return failure(context, 'rate_limited');
  if (status === 408 || status === 425 || status >= 500) return failure(context, 'provider_error');
  return failure(context, 'invalid_request');
}

interface FailureDetails {
  advice?: string | undefined;
  permission?: string | undefined;
  waitSeconds?: number | undefined;
  isClockOff?: boolean;
}

function failure(context: Context, kind: FailureKind, details: FailureDetails = {}): Outcome {
  const { definition, seen, now } = context;
  const base = { said: wordsOf(seen, definition.errorMessage), advice: details.advice ?? null };
  switch (kind) {
    case 'no_result':
      return { kind, json: seen.json ?? null, ...base };
    case 'missing_permission':
      return { kind, permission: details.permission ?? null, ...base };
    case 'pending':
    case 'rate_limited':
    case 'provider_error': {
      const asked = retryAfterSeconds(seen.headers, definition.retryAfter, now);
      const wait = { retryAfterSeconds: asked ?? details.waitSeconds ?? null };
      return kind === 'provider_error' && details.isClockOff
        ? { kind, ...wait, ...base, isClockOff: true }
        : { kind, ...wait, ...base };
    }
    case 'nonsense':
      return nonsense(context);
    default:
      return { kind, ...base };
  }
}

function nonsense(context: Context, because?: 'redirect' | 'unexpected'): Outcome {
  const { text } = context.seen;
  const found = looksLikeHtml(text) ? 'html' : text.trim() === '' ? 'empty' : 'not_json';
  const said = because === 'unexpected' ? wordsOf(context.seen, context.definition.errorMessage) : null;
  return { kind: 'nonsense', because: because ?? found, said, advice: null };
}

/** A submitted job's first answer is only its receipt. */
function checkOf(asked: Asked): readonly Condition[] {
  if (asked.kind === 'probe') return asked.probe.check;
  if (asked.kind === 'list') return [];
  return asked.action.poll !== undefined && asked.step !== 'poll' ? [] : asked.action.check;
}

function requestOf(asked: Asked): { expect: 'json' | 'any' } {
  if (asked.kind === 'probe') return asked.probe.request;
  if (asked.kind === 'list') return asked.list.request;
  return asked.step === 'poll' && asked.action.poll ? asked.action.poll.request : asked.action.request;
}

/** A page for people, in contrast to XML that could be read. */
function isPage({ text, json }: Seen): boolean {
  return json === undefined && looksLikeHtml(text);
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
