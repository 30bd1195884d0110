import { holds } from '../../catalog/answers/condition.ts';
import { valuesOf } from '../../catalog/answers/only-asked-for.ts';
import { readPath } from '../../catalog/answers/path.ts';
import type { Action, ActionInput } from '../../catalog/definition/action-definition.ts';
import type { Condition } from '../../catalog/definition/answer-rule.ts';
import type { Definition } from '../../catalog/definition.ts';
import {
  type AskedOf,
  type Case,
  documented,
  documentedSuccess,
  madeSuccess,
  outputValues,
  plainCases,
  ruleCases,
} from './cases.ts';
import { withValue } from './documents.ts';
import { type Answer, answersMeeting, jsonAnswer, seenOf } from './made-answer.ts';

const PLAIN_STATUSES = [401, 429, 500];
const JOB = 'example-job-0001';

/** What the answer with the results is, of a job what its polling gets; null: none is documented, and none could be made. */
export function actionSuccess(definition: Definition, action: Action, asked: AskedOf): Answer | null {
  const of = action.poll === undefined ? action.name : `${action.name}.poll`;
  const example = documentedSuccess(definition, of, null);
  if (example !== undefined) return example.answer;
  const done = action.poll === undefined ? [] : [action.poll.done];
  const values = [...outputValues(action), ...askedForValues(action)];
  return madeSuccess(definition, { ...asked, check: [...asked.check, ...done] }, values);
}

/** What `only` compares, in the first of the list. */
function askedForValues({ only }: Action): [string, unknown][] {
  if (only === undefined) return [];
  const [where = ''] = [only.where].flat();
  return [[`${only.in}[0]${where.startsWith('[') ? '' : '.'}${where}`, 'example asked for']];
}

/** What a row asks for with `only`, so that this answer is about it: what its first one carries. */
export function askedFor({ only }: Action, definition: Definition, answer: Answer): Record<string, unknown> {
  if (only === undefined) return {};
  const list = readPath(seenOf(definition, answer).json, only.in);
  const [value] = Array.isArray(list) ? list.flatMap((one) => valuesOf(one, only)) : [];
  return value === undefined ? {} : { [only.is]: value };
}

/** Answers to the first request of an action. */
export function actionCases(definition: Definition, action: Action, asked: AskedOf, success: Answer): Case[] {
  const examples = documented(definition, action.name, null);
  const isMissing = action.poll === undefined && !examples.some(({ means }) => means === 'success');
  const base = seenOf(definition, success).json;
  const rules = ruleCases(definition, asked, [base]).flatMap(({ case: one, rule }) => {
    const isOwn = asked.rules.includes(rule);
    // Those for every answer are played with one action, which stands for all.
    return one === null || rule.then === 'success' || (!isOwn && !action.primary) ? [] : [one];
  });
  const title = 'a success made from its outputs';
  return [
    ...examples,
    ...(isMissing ? [{ title, path: asked.path, answer: success, means: 'success' as const }] : []),
    ...plainCases(definition, asked, action.primary ? PLAIN_STATUSES : [401]),
    ...rules,
    ...(action.only === undefined || action.poll !== undefined ? [] : [aboutAnother(asked, success)]),
    ...(action.poll === undefined ? noResultCases(definition, action, asked, success) : []),
  ];
}

function aboutAnother({ path }: AskedOf, answer: Answer): Case {
  const title = 'an answer that is only about others than was asked for';
  return { title, path: [...path, 'only'], answer, means: 'no_result', isAboutAnother: true };
}

/** Answers to the polling of a job. */
export function pollCases(definition: Definition, action: Action, asked: AskedOf, success: Answer): Case[] {
  const { poll } = action;
  if (poll === undefined) return [];
  const examples = documented(definition, `${action.name}.poll`, null);
  const has = (kind: Case['means']) => examples.some(({ means }) => means === kind);
  const path = [...asked.path, 'poll'];
  const [running] = answersMeeting(definition, poll.running, { bases: [undefined, {}] });
  const isWaited = !has('pending') && running !== undefined;
  const made: Case[] = [
    ...(isWaited
      ? [
          {
            title: 'the answer that poll.running describes',
            path,
            answer: running,
            means: 'pending' as const,
          },
        ]
      : []),
    ...(has('success')
      ? []
      : [{ title: 'the answer that poll.done describes', path, answer: success, means: 'success' as const }]),
  ];
  const over = noResultCases(definition, action, { ...asked, check: [...asked.check, poll.done] }, success);
  return [...examples, ...made, ...over.filter(({ answer }) => !fits(definition, poll.running, answer))];
}

function noResultCases(definition: Definition, action: Action, asked: AskedOf, success: Answer): Case[] {
  const base = seenOf(definition, success).json;
  return action.noResult.flatMap((condition, index) => {
    const statuses = condition.status === undefined ? { statuses: [success.status] } : {};
    const made = answersMeeting(definition, condition, { bases: [base, undefined, {}], ...statuses });
    const isOther = (answer: Answer) =>
      [...asked.rules, ...definition.answers].some(({ when }) => fits(definition, when, answer));
    const isMet = (answer: Answer) =>
      answer.status >= 300 ||
      ((asked.isAny || seenOf(definition, answer).json !== undefined) &&
        asked.check.every((one) => fits(definition, one, answer)));
    const answer = made.find((one) => !isOther(one) && isMet(one));
    const path = [...asked.path, 'no_result', index];
    const title = `the answer that ${path.join('.')} describes`;
    return answer === undefined ? [] : [{ title, path, answer, means: 'no_result' as const }];
  });
}

/** Names the job, and is not its result already. */
export function madeReceipt(
  definition: Definition,
  asked: AskedOf,
  poll: NonNullable<Action['poll']>,
): Answer {
  const made = [200, 201, 202].map((status) => jsonAnswer(status, withValue(undefined, poll.id, JOB)));
  const isOver = (answer: Answer) =>
    [poll.done, ...asked.noResult].some((one) => fits(definition, one, answer));
  return made.find((answer) => !isOver(answer)) ?? jsonAnswer(200, withValue(undefined, poll.id, JOB));
}

function fits(definition: Definition, condition: Condition, answer: Answer): boolean {
  return holds(condition, seenOf(definition, answer));
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
