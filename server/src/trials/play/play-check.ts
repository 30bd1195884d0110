import type { Verdict } from '@keyrail/contract/verdicts';
import type { Path } from '../../catalog/checks/source-file.ts';
import type { Probe } from '../../catalog/definition/probe-definition.ts';
import type { RequestTemplate } from '../../catalog/definition/request-template.ts';
import { checkValues } from '../../connections/check-entered.ts';
import { AppError } from '../../lib/app-error.ts';
import { Secret } from '../../lib/secret.ts';
import { type Case, labelIn } from '../cases/cases.ts';
import { checkCases, checkOf, labelAnswer } from '../cases/check-cases.ts';
import type { Answer } from '../cases/made-answer.ts';
import { NEVER_SAVED, VERDICTS } from '../cases/meanings.ts';
import { capital, wordsOf } from '../problem-words.ts';
import { type Access, baseOf, expectedRequest, type Findings, type Trial, WORKSPACE } from '../trial.ts';

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
  const expect = (what: string, request: RequestTemplate, answer: Answer) =>
    expectedRequest(trial, access, what, base.url, request, answer);
  const expected = [expect('the check', asked.request, one.answer)];
  const label = labelAnswer(described, method, asked);
  if (label !== null && asked.labelRequest !== undefined)
    expected.push({
      ...expect('the name of the account', asked.labelRequest.request, label),
      isOptional: one.means !== 'success',
    });
  const { result, problems } = await trial.bench.standIn.play(expected, () => checked(trial, access));
  found.played += 1;
  for (const problem of problems) found.add(path, `The check: ${problem}.`);
  if (problems.length > 0) return;
  if (typeof result === 'string') return found.add(path, `The check could not be made: ${result}`);
  verdictProblems(one, result, found);
}

function verdictProblems(one: Case, { verdict, isRefused }: Checked, found: Findings): void {
  const wanted = VERDICTS[one.means];
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
  if (example?.account !== undefined && name !== example.account)
    found.add(
      path,
      `${capital(title)} must name the account “${example.account}”; the engine reads ${name === null ? 'nobody' : `“${name}”`} (probe.account.label).`,
    );
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

interface Checked {
  verdict: Verdict;
  /** It was not saved for that. */
  isRefused: boolean;
}

/** A string: it could not be made, and why. */
async function checked(
  { bench, definition, method }: Trial,
  { source, fields, values }: Access,
): Promise<Checked | string> {
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
