import { isDeepStrictEqual } from 'node:util';
import type { ConnectionId } from '@keyrail/contract/ids';
import { execute } from '../actions/execute.ts';
import type { ActionOutcome, PollState } from '../actions/outcome.ts';
import type { PreparedAction } from '../actions/prepare.ts';
import type { Action, ActionInput } from '../catalog/action-definition.ts';
import type { Condition } from '../catalog/answer-rule.ts';
import { holds } from '../catalog/condition.ts';
import { extractOutputs } from '../catalog/extract.ts';
import { readPath } from '../catalog/path.ts';
import {
  type AskedOf,
  actionAsked,
  type Case,
  documented,
  madeSuccess,
  outputValues,
  plainCases,
  ruleCases,
} from './cases.ts';
import { withValue } from './documents.ts';
import { type Answer, answersMeeting, jsonAnswer, seenOf } from './made-answer.ts';
import { cellsFor } from './meanings.ts';
import { capital } from './play-check.ts';
import {
  type Access,
  baseOf,
  expectedRequest,
  type Findings,
  type Path,
  type Trial,
  WORKSPACE,
} from './trial.ts';

const PLAIN_STATUSES = [401, 429, 500];
const JOB = 'example-job-0001';

/** Plays every answer to every action: documented ones, plain ones, one for each rule, and jobs to their end. */
export async function playActions(trial: Trial, access: Access, found: Findings): Promise<void> {
  for (const [index, action] of trial.definition.actions.entries())
    await playAction(trial, access, found, action, index);
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
  const success = successOf(playing);
  if (success === null)
    return found.add(
      path,
      `No answer that is a success could be made for “${action.label}”. Give one as an example (of: ${action.name}${action.poll === undefined ? '' : '.poll'}).`,
    );
  const cases = casesOf(playing, success);
  if (action.poll === undefined) {
    for (const one of cases) await playOnce(playing, one);
    return;
  }
  await playJob(playing, action.poll, cases, success);
}

/** What the answer with the results is: of a job, what its polling gets. */
function successOf({ trial, action, asked }: Playing): Answer | null {
  const of = action.poll === undefined ? action.name : `${action.name}.poll`;
  const example = documented(trial.described, of, null).find(({ means }) => means === 'success');
  if (example !== undefined) return example.answer;
  const done = action.poll === undefined ? [] : [action.poll.done];
  return madeSuccess(trial.described, { ...asked, check: [...asked.check, ...done] }, outputValues(action));
}

function casesOf({ trial, action, asked, path }: Playing, success: Answer): Case[] {
  const { described } = trial;
  const examples = documented(described, action.name, null);
  const isDocumented = examples.some(({ means }) => means === 'success');
  const base = seenOf(described, success).json;
  const rules = ruleCases(described, asked, [base]).flatMap(({ case: one, rule }) => {
    const isOwn = asked.rules.includes(rule);
    // Those for every answer are played once, with the check; here what they mean to an action.
    return one === null || rule.then === 'success' || (!isOwn && action.primary === false) ? [] : [one];
  });
  const title = 'a success made from its outputs';
  return [
    ...examples,
    ...(isDocumented || action.poll !== undefined
      ? []
      : [{ title, path: path, answer: success, means: 'success' as const }]),
    ...plainCases(described, asked, action.primary ? PLAIN_STATUSES : [401]),
    ...rules,
    ...noResultCases(trial, action, asked, base),
  ];
}

function noResultCases({ described }: Trial, action: Action, asked: AskedOf, base: unknown): Case[] {
  if (action.poll !== undefined) return [];
  return action.noResult.flatMap((condition, index) => {
    const statuses = condition.status === undefined ? [200] : undefined;
    const made = answersMeeting(described, condition, {
      bases: [base, undefined, {}],
      ...(statuses && { statuses }),
    });
    const isOther = (answer: Answer) =>
      [...asked.rules, ...described.answers].some(({ when }) => fits(described, when, answer));
    const isMet = (answer: Answer) =>
      answer.status >= 300 ||
      ((asked.isAny || seenOf(described, answer).json !== undefined) &&
        asked.check.every((one) => fits(described, one, answer)));
    const answer = made.find((one) => !isOther(one) && isMet(one));
    const path = ['actions', ...asked.path.slice(1), 'no_result', index];
    return answer === undefined
      ? []
      : [{ title: `the answer that ${path.join('.')} describes`, path, answer, means: 'no_result' as const }];
  });
}

function fits(definition: Trial['described'], condition: Condition, answer: Answer): boolean {
  return holds(condition, seenOf(definition, answer));
}

async function playOnce(playing: Playing, one: Case): Promise<void> {
  const outcome = await executed(playing, one.answer, null);
  if (outcome === null) return;
  judgeOutcome(playing, one, outcome, 'submit');
}

type Poll = NonNullable<Action['poll']>;

/** Submits, asks while it runs, and gets the result: a job that never ends is found. */
async function playJob(playing: Playing, poll: Poll, cases: readonly Case[], success: Answer): Promise<void> {
  const { trial, action, found, path } = playing;
  for (const one of cases) if (one.means !== 'success') await playOnce(playing, one);
  const documentedReceipt = cases.find(({ means, example }) => example !== undefined && means === 'success');
  const submit = documentedReceipt?.answer ?? madeReceipt(playing, poll);
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
  const polls = documented(trial.described, `${action.name}.poll`, null);
  const [running] = answersMeeting(trial.described, poll.running, { bases: [undefined, {}] });
  const pollPath = [...path, 'poll'];
  const all: Case[] = [
    ...polls,
    ...(polls.some(({ means }) => means === 'pending') || running === undefined
      ? []
      : [
          {
            title: 'the answer that poll.running describes',
            path: pollPath,
            answer: running,
            means: 'pending' as const,
          },
        ]),
    ...(polls.some(({ means }) => means === 'success')
      ? []
      : [
          {
            title: 'the answer that poll.done describes',
            path: pollPath,
            answer: success,
            means: 'success' as const,
          },
        ]),
  ];
  for (const one of all) {
    const outcome = await executed(playing, one.answer, receipt.poll);
    if (outcome !== null) judgeOutcome(playing, one, outcome, 'poll');
  }
}

/** Names the job, and is not its result already. */
function madeReceipt({ trial, asked }: Playing, poll: Poll): Answer {
  const made = [200, 201, 202].map((status) => jsonAnswer(status, withValue(undefined, poll.id, JOB)));
  const isOver = (answer: Answer) =>
    [poll.done, ...asked.noResult].some((one) => fits(trial.described, one, answer));
  return made.find((answer) => !isOver(answer)) ?? jsonAnswer(200, withValue(undefined, poll.id, JOB));
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
  const { json } = seenOf(trial.described, answer);
  for (const [at, output] of action.outputs.entries()) {
    const isThere = readPath(json, output.path) !== undefined;
    if (
      example === undefined
        ? extractOutputs([output], json)[output.name] === null
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

/** What a row gives: the example, else something of that type. */
export function inputValue({ example, default: usual, choices, type, min, name }: ActionInput): unknown {
  if (example !== undefined) return example;
  if (usual !== undefined && usual !== null) return usual;
  if (choices !== undefined) return choices[0]?.value;
  return (
    SAMPLES[type] ??
    (type === 'number' || type === 'integer'
      ? Math.max(1, Math.ceil(min ?? 1))
      : `example ${name.replaceAll('_', ' ')}`)
  );
}

const SAMPLES: Partial<Record<ActionInput['type'], unknown>> = {
  email: 'jane@example.com',
  domain: 'example.com',
  url: 'https://example.com/page',
  linkedin_url: 'https://www.example.com/in/jane-example',
  linkedin_handle: 'jane-example',
  phone: '+15550100',
  id: 'example-id-0001',
  boolean: true,
  date: '2026-01-02',
  datetime: '2026-01-02T03:04:05Z',
  json: { example: true },
};
