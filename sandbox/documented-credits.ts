import type { Asked } from '../server/src/catalog/answers/judge.ts';
import { judge } from '../server/src/catalog/answers/judge.ts';
import { readPath } from '../server/src/catalog/answers/path.ts';
import type { Action } from '../server/src/catalog/definition/action-definition.ts';
import type { AuthMethod } from '../server/src/catalog/definition/auth-definition.ts';
import type { AccountPaths, Probe } from '../server/src/catalog/definition/probe-definition.ts';
import type { Definition } from '../server/src/catalog/definition.ts';
import { methodIdOf } from '../server/src/catalog/methods.ts';
import { actionAsked, documented, ruleCases } from '../server/src/trials/cases/cases.ts';
import { withValue } from '../server/src/trials/cases/documents.ts';
import { type Answer, jsonAnswer, seenOf } from '../server/src/trials/cases/made-answer.ts';

/** What a request is answered once so many credits are left; null: as ever. */
export type WithCredits = (left: number) => Answer | null;

/** A check of an account that has so many credits; null: the file does not say how a check would show it. */
export function checkWithCredits(
  definition: Definition,
  method: AuthMethod,
  probe: Probe,
  success: Answer | null,
): WithCredits | null {
  const none = usedUpExample(definition, 'probe', methodIdOf(method));
  const withLeft = (left: number) =>
    success === null ? null : tells(definition, probe.account, success, left);
  const shown = none ?? withLeft(0);
  if (shown === null || !isUsedUp(definition, { kind: 'probe', probe }, shown)) return null;
  return (left) => (left <= 0 ? shown : withLeft(left));
}

/** The same answer with another number of credits in it. */
function tells(
  definition: Definition,
  { creditsLeft, creditsTotal, creditsUsed }: AccountPaths,
  success: Answer,
  left: number,
): Answer | null {
  let { json } = seenOf(definition, success);
  const put = (path: string, value: number) => {
    json = withValue(json, path, typeof readPath(json, path) === 'string' ? String(value) : value) ?? json;
  };
  if (creditsLeft !== undefined) put(creditsLeft, left);
  else if (creditsTotal !== undefined && creditsUsed !== undefined) {
    const total = Math.max(Number(readPath(json, creditsTotal)) || 0, left);
    put(creditsTotal, total);
    put(creditsUsed, total - left);
  } else return null;
  return jsonAnswer(success.status, json, success.headers);
}

/**
 * What an action without credits is answered: as documented of it, by a rule of the file, or, where it is said to cost something, as
 * documented of another one. null: nothing of that, so it is not known to need any.
 */
export function usedUpAnswer(
  definition: Definition,
  action: Action,
  index: number,
  step: 'submit' | 'poll',
): Answer | null {
  const ofPoll = usedUpExample(definition, `${action.name}.poll`, null);
  if (step === 'poll') return ofPoll;
  const own = usedUpExample(definition, action.name, null);
  if (own !== null || ofPoll !== null || action.cost?.credits === 0) return own;
  const elsewhere = action.cost === undefined ? [] : definition.examples.map(({ of }) => of);
  const candidates = [
    ...usedUpByRule(definition, action, index),
    ...[...new Set(elsewhere)].flatMap((of) => usedUpExample(definition, of, null) ?? []),
  ];
  return candidates.find((answer) => isUsedUp(definition, { kind: 'action', action, step }, answer)) ?? null;
}

function usedUpByRule(definition: Definition, action: Action, index: number): Answer[] {
  const isTold = [...action.answers, ...definition.answers].some(({ then }) => then === 'out_of_credits');
  if (!isTold) return [];
  return ruleCases(definition, actionAsked(action, index), []).flatMap((one) =>
    one.case?.means === 'out_of_credits' ? [one.case.answer] : [],
  );
}

function usedUpExample(definition: Definition, of: string, methodId: string | null): Answer | null {
  return documented(definition, of, methodId).find(({ means }) => means === 'out_of_credits')?.answer ?? null;
}

function isUsedUp(definition: Definition, asked: Asked, answer: Answer): boolean {
  return judge(definition, asked, answer, new Date(0)).kind === 'out_of_credits';
}
