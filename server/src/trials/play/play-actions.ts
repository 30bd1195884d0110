import { isDeepStrictEqual } from 'node:util';
import type { ConnectionId } from '@keyrail/contract/ids';
import { execute } from '../../actions/execute.ts';
import type { ActionOutcome, PollState } from '../../actions/outcome.ts';
import type { PreparedAction } from '../../actions/prepare.ts';
import { extractOutputs } from '../../catalog/answers/extract.ts';
import { headerOf } from '../../catalog/answers/header.ts';
import { readPath } from '../../catalog/answers/path.ts';
import type { Path } from '../../catalog/checks/source-file.ts';
import type { Action } from '../../catalog/definition/action-definition.ts';
import {
  actionCases,
  actionSuccess,
  askedFor,
  inputValue,
  madeReceipt,
  pollCases,
} from '../cases/action-cases.ts';
import { type AskedOf, actionAsked, type Case } from '../cases/cases.ts';
import { type Answer, seenOf } from '../cases/made-answer.ts';
import { cellsFor } from '../cases/meanings.ts';
import { capital } from '../problem-words.ts';
import { type Access, baseOf, expectedRequest, type Findings, type Trial, WORKSPACE } from '../trial.ts';

/** Plays every answer to every action: documented ones, plain ones, one for each rule, and jobs to their end. */
export async function playActions(
  trial: Trial,
  access: Access,
  found: Findings,
  actions: readonly Action[],
): Promise<void> {
  for (const action of actions)
    await playAction(trial, access, found, action, trial.definition.actions.indexOf(action));
}

interface Playing {
  trial: Trial;
  access: Access;
  found: Findings;
  action: Action;
  path: Path;
  asked: AskedOf;
  prepared: PreparedAction;
  base: string;
  inputs: Record<string, unknown>;
}

async function playAction(
  trial: Trial,
  access: Access,
  found: Findings,
  action: Action,
  index: number,
): Promise<void> {
  const path = ['actions', index];
  const base = baseOf(
    trial.definition,
    action.baseUrl ?? trial.method.baseUrl ?? trial.definition.baseUrl,
    access.fields,
  );
  if ('message' in base)
    return found.add(path, `The address of “${action.label}” cannot be made: ${base.message}`);
  const inputs = Object.fromEntries(action.inputs.map((input) => [input.name, inputValue(input)]));
  const prepared = preparedWith(trial, access, action, base.url);
  const asked = actionAsked(action, index);
  const playing = { trial, access, found, action, path, asked, prepared, base: base.url, inputs };
  const success = actionSuccess(trial.described, action, asked);
  if (success === null)
    return found.add(
      path,
      `No answer that is a success could be made for “${action.label}”. Give one as an example (of: ${action.name}${action.poll === undefined ? '' : '.poll'}).`,
    );
  const cases = actionCases(trial.described, action, asked, success);
  if (action.poll === undefined) {
    for (const one of cases) await playOnce(playing, one);
    return;
  }
  const inputsOfJob = { ...inputs, ...askedFor(action, trial.described, success) };
  await playJob({ ...playing, inputs: inputsOfJob }, action.poll, cases, success);
}

async function playOnce(playing: Playing, one: Case): Promise<void> {
  const { action, trial } = playing;
  const asked = one.isAboutAnother
    ? { [action.only?.is ?? '']: 'nobody@example.invalid' }
    : askedFor(action, trial.described, one.answer);
  const inputs = { ...playing.inputs, ...asked };
  const outcome = await executed({ ...playing, inputs }, one.answer, null);
  if (outcome === null) return;
  judgeOutcome(playing, one, outcome, 'submit');
}

type Poll = NonNullable<Action['poll']>;

/** Submits, asks while it runs, and gets the result: a job that never ends is found. */
async function playJob(playing: Playing, poll: Poll, cases: readonly Case[], success: Answer): Promise<void> {
  const { trial, action, found, path } = playing;
  for (const one of cases) if (one.means !== 'success') await playOnce(playing, one);
  const documentedReceipt = cases.find(({ means, example }) => example !== undefined && means === 'success');
  const submit = documentedReceipt?.answer ?? madeReceipt(trial.described, playing.asked, poll);
  const receipt = await executed(playing, submit, null);
  if (receipt === null) return;
  if (receipt.kind === 'done' && documentedReceipt !== undefined)
    return judgeOutcome(playing, documentedReceipt, receipt, 'submit');
  if (receipt.kind !== 'pending') {
    const at = documentedReceipt?.path ?? path;
    return found.add(
      at,
      `${capital(documentedReceipt?.title ?? 'the receipt')} must start the job of “${action.label}”, with its id at ${poll.id}; the engine says ${receipt.kind}${wordsOf(receipt)}.`,
    );
  }
  for (const one of pollCases(trial.described, action, playing.asked, success)) {
    const outcome = await executed(playing, one.answer, receipt.poll);
    if (outcome !== null) judgeOutcome(playing, one, outcome, 'poll');
  }
}

function judgeOutcome(
  { action, found, trial }: Playing,
  one: Case,
  outcome: ActionOutcome,
  step: 'submit' | 'poll',
): void {
  const isSubmit = action.poll !== undefined && step === 'submit';
  const wanted = cellsFor(one.means, {
    step,
    status: one.answer.status,
    isRepeatable: action.repeatable,
    isSubmit,
  });
  if (!wanted.includes(outcome.kind)) {
    const never =
      one.means === 'success' && outcome.kind === 'pending'
        ? ' The job would never end: what poll.running describes fits this answer, too.'
        : '';
    found.add(
      one.path,
      `“${action.label}”: ${one.title} must mean ${one.means}, so the cell is ${wanted.join(' or ')}; the engine says ${outcome.kind}${wordsOf(outcome)}.${never} Correct the rules under answers, check, no_result or poll, or what the example says it means.`,
    );
    return;
  }
  if (outcome.kind === 'done') outputProblems(trial, action, one, outcome.outputs, found);
}

function outputProblems(
  trial: Trial,
  action: Action,
  one: Case,
  outputs: Record<string, unknown>,
  found: Findings,
): void {
  const { example, answer, path, title } = one;
  for (const [name, value] of Object.entries(example?.gives ?? {})) {
    if (!isDeepStrictEqual(outputs[name] ?? null, value))
      found.add(
        path,
        `“${action.label}”: ${title} must give ${name}: ${JSON.stringify(value)}; the engine reads ${JSON.stringify(outputs[name] ?? null)}. Correct the output's path, or the example.`,
      );
  }
  const seen = seenOf(trial.described, answer);
  for (const [at, output] of action.outputs.entries()) {
    const isInHeader = output.header !== undefined && headerOf(seen.headers, output.header) !== undefined;
    const isThere = isInHeader || readPath(seen.json, output.path) !== undefined;
    if (
      example === undefined
        ? extractOutputs([output], seen.json, seen.headers)[output.name] === null
        : output.primary && !isThere && answer.text !== ''
    )
      found.add(
        example === undefined ? ['actions', trial.definition.actions.indexOf(action), 'outputs', at] : path,
        `“${action.label}”: ${title} has nothing at ${output.path || 'its top'}, where the output ${output.name} is read. Correct the path, or complete the example.`,
      );
  }
}

/** Null: the request was not the one described, and that was said. */
async function executed(
  playing: Playing,
  answer: Answer,
  poll: PollState | null,
): Promise<ActionOutcome | null> {
  const { trial, access, found, action, path, prepared, base, inputs } = playing;
  const described = trial.described.actions.find(({ name }) => name === action.name) ?? action;
  const template =
    poll?.kind === 'job' && described.poll !== undefined ? described.poll.request : described.request;
  const what = poll === null ? `“${action.label}”` : `the polling of “${action.label}”`;
  const { result, problems } = await trial.bench.standIn.play(
    [expectedRequest(trial, access, what, base, template, answer)],
    () =>
      execute(trial.bench, {
        prepared,
        inputs,
        poll,
        consumer: 'trial',
        patienceMs: 0,
        signal: AbortSignal.timeout(20_000),
      }),
  );
  found.played += 1;
  const isUnsent = problems.length > 0 && (result.kind === 'error' || result.kind === 'skipped');
  for (const problem of problems)
    found.add(path, `${what}: ${problem}.${isUnsent && 'message' in result ? ` (${result.message})` : ''}`);
  return problems.length > 0 ? null : result;
}

function preparedWith(
  { definition }: Trial,
  { source, fields }: Access,
  action: Action,
  base: string,
): PreparedAction {
  return {
    workspaceId: WORKSPACE,
    definition,
    action,
    connection: {
      id: 'con_trial' as ConnectionId,
      workspaceId: WORKSPACE,
      integration: definition.slug,
      name: definition.name,
      fields,
      accountId: null,
      method: 'trial',
      status: 'unverified',
      creditsLeft: null,
    },
    credential: source,
    address: { ...definition, baseUrl: action.baseUrl ?? definition.auth[0]?.baseUrl ?? definition.baseUrl },
    allowedOrigins: [new URL(base).origin],
    rateWindows: [],
    budgetKey: 'trial',
  };
}

function wordsOf(outcome: ActionOutcome): string {
  return 'message' in outcome ? ` (“${outcome.message}”)` : '';
}
