import type { Verdict } from '@keyrail/contract/verdicts';
import type { AuthMethod } from '../catalog/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import type { Probe } from '../catalog/probe-definition.ts';
import { checkValues } from '../connections/check-entered.ts';
import { probeOf } from '../connections/probe.ts';
import { AppError } from '../lib/app-error.ts';
import { Secret } from '../lib/secret.ts';
import {
  accountValues,
  type Case,
  checkAsked,
  documented,
  labelIn,
  madeSuccess,
  plainCases,
  ruleCases,
} from './cases.ts';
import { type Answer, jsonAnswer, seenOf } from './made-answer.ts';
import { NEVER_SAVED, VERDICTS } from './meanings.ts';
import {
  type Access,
  baseOf,
  expectedRequest,
  type Findings,
  type Path,
  type Trial,
  WORKSPACE,
} from './trial.ts';

const PLAIN_STATUSES = [401, 402, 403, 404, 429, 500];

/** Plays every answer to the check of a method: documented ones, plain ones, and one for each rule. */
export async function playChecks(trial: Trial, access: Access, found: Findings): Promise<void> {
  const asked = checkOf(trial.definition, trial.method, trial.path);
  if (asked === null) return;
  const cases = checkCases(trial.described, trial.method, asked);
  if (cases === null) {
    const message =
      'No answer that is a success could be made for the check. Give one as an example (of: probe).';
    return found.add(asked.path, message);
  }
  namelessProblem(
    trial,
    asked.probe,
    cases.filter(({ means, example }) => means === 'success' && example !== undefined),
    found,
  );
  for (const one of cases) await playCheck(trial, access, found, asked.probe, asked.path, one);
}

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
  const examples = documented(definition, 'probe', method.id ?? method.type);
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

async function playCheck(
  trial: Trial,
  access: Access,
  found: Findings,
  probe: Probe,
  path: Path,
  one: Case,
): Promise<void> {
  const { method, described } = trial;
  const asked = method.probe ?? described.probe ?? probe;
  const template = asked.baseUrl ?? method.baseUrl ?? described.baseUrl;
  const base = baseOf(described, template, access.fields);
  if ('message' in base) return found.add(path, `The address of the check cannot be made: ${base.message}`);
  const label = labelAnswer(described, method, asked);
  const { result, problems } = await trial.bench.standIn.play(
    [
      expectedRequest(trial, access, 'the check', base.url, asked.request, one.answer),
      ...(label === null || asked.labelRequest === undefined
        ? []
        : [
            {
              ...expectedRequest(
                trial,
                access,
                'the name of the account',
                base.url,
                asked.labelRequest.request,
                label,
              ),
              isOptional: one.means !== 'success',
            },
          ]),
    ],
    () => checked(trial, access),
  );
  found.played += 1;
  for (const problem of problems) found.add(path, `The check: ${problem}.`);
  if (problems.length > 0) return;
  if (typeof result === 'string') return found.add(path, `The check could not be made: ${result}`);
  const wanted = VERDICTS[one.means];
  const { verdict, isRefused } = result;
  if (verdict.kind !== wanted) {
    found.add(
      one.path,
      `${capital(one.title)} must mean ${one.means}, so the verdict ${wanted}; the engine says ${verdict.kind} (“${verdict.message}”). Correct the rules under answers or check, or what the example says it means.`,
    );
    return;
  }
  if (isRefused !== NEVER_SAVED.has(wanted))
    found.add(
      one.path,
      `${capital(one.title)}: with the verdict ${wanted} a credential is ${isRefused ? 'saved' : 'not saved'}, and here it was not so.`,
    );
  if (one.means === 'success') accountProblems(one, verdict, found);
}

function accountProblems({ example, path, title }: Case, { account }: Verdict, found: Findings): void {
  const name = account?.name ?? null;
  if (example?.account !== undefined && name !== example.account) {
    found.add(
      path,
      `${capital(title)} must name the account “${example.account}”; the engine reads ${name === null ? 'nobody' : `“${name}”`} (probe.account.label).`,
    );
    return;
  }
}

/** An account may be without a name; that all documented ones are is a wrong path. */
function namelessProblem(
  { described }: Trial,
  { account, labelRequest }: Probe,
  successes: readonly Case[],
  found: Findings,
): void {
  const [first] = successes;
  if (account.label === undefined || labelRequest !== undefined || first === undefined) return;
  if (successes.some(({ answer }) => labelIn(described, account, answer) !== null)) return;
  found.add(
    first.path,
    `${capital(first.title)} has nothing at ${account.label}, where probe.account.label reads whose account it is. Correct the path, or complete the example.`,
  );
}

/** What the second request is answered, which only names the account. */
export function labelAnswer(
  described: Definition,
  method: AuthMethod,
  { labelRequest }: Probe,
): Answer | null {
  if (labelRequest === undefined) return null;
  const [example] = documented(described, 'probe.label', method.id ?? method.type);
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

/** A string: it could not be made, and why. */
async function checked(
  { bench, definition, method }: Trial,
  { source, fields, values }: Access,
): Promise<{ verdict: Verdict; isRefused: boolean } | string> {
  const entering = {
    workspaceId: WORKSPACE,
    definition,
    method,
    saveUnverified: true,
    existing: null,
    source,
  };
  try {
    const { verdict } = await checkValues(bench.entering, entering, {
      values: new Secret(values),
      fields,
      notes: [],
    });
    return { verdict, isRefused: false };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'credential_rejected')
      return { verdict: error.extra?.verdict as Verdict, isRefused: true };
    return wordsOf(error);
  }
}

export function wordsOf(error: AppError): string {
  const fields = (error.fields ?? []).map(({ message }) => message).join(' ');
  return (
    [error.detail, fields].filter((text) => text !== undefined && text !== null && text !== '').join(' ') ||
    error.code
  );
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
