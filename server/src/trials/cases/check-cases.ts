import type { Path } from '../../catalog/checks/source-file.ts';
import type { AuthMethod } from '../../catalog/definition/auth-definition.ts';
import type { Probe } from '../../catalog/definition/probe-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { methodIdOf } from '../../catalog/methods.ts';
import { probeOf } from '../../connections/probe.ts';

import {
  accountValues,
  type Case,
  checkAsked,
  documented,
  madeSuccess,
  plainCases,
  ruleCases,
} from './cases.ts';
import { type Answer, jsonAnswer, seenOf } from './made-answer.ts';

const PLAIN_STATUSES = [401, 402, 403, 404, 429, 500];

export interface CheckOfMethod {
  probe: Probe;
  path: Path;
}

export function checkOf(definition: Definition, method: AuthMethod, methodPath: Path): CheckOfMethod | null {
  const probe = probeOf(definition, method);
  return probe === null
    ? null
    : { probe, path: method.probe === undefined ? ['probe'] : [...methodPath, 'probe'] };
}

/** At least one of them is a success; null: none was documented, and none could be made. */
export function checkCases(
  definition: Definition,
  method: AuthMethod,
  { probe, path }: CheckOfMethod,
): Case[] | null {
  const asked = checkAsked(probe, path);
  const examples = documented(definition, 'probe', methodIdOf(method));
  const isDocumented = examples.some(({ means }) => means === 'success');
  const made = isDocumented ? null : madeSuccess(definition, asked, accountValues(probe.account));
  const answer = made ?? examples.find(({ means }) => means === 'success')?.answer;
  if (answer === undefined) return null;
  const rules = ruleCases(definition, asked, [seenOf(definition, answer).json]).flatMap((one) =>
    one.case === null || one.rule.then === 'success' ? [] : [one.case],
  );
  const title = 'a success made from what is checked';
  return [
    ...examples,
    ...(isDocumented ? [] : [{ title, path, answer, means: 'success' as const }]),
    ...plainCases(definition, asked, PLAIN_STATUSES),
    ...rules,
  ];
}

/** What the second request is answered, which only names the account. */
export function labelAnswer(
  described: Definition,
  method: AuthMethod,
  { labelRequest }: Probe,
): Answer | null {
  if (labelRequest === undefined) return null;
  const [example] = documented(described, 'probe.label', methodIdOf(method));
  if (example !== undefined) return example.answer;
  const asked = {
    kind: 'check',
    path: [],
    rules: [],
    rulesPath: [],
    check: [],
    noResult: [],
    isAny: true,
  } as const;
  return madeSuccess(described, asked, accountValues(labelRequest.account)) ?? jsonAnswer(200, {});
}
