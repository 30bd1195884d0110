import { holds } from '../../catalog/answers/condition.ts';
import { readAccount } from '../../catalog/answers/extract.ts';
import type { Path } from '../../catalog/checks/source-file.ts';
import type { Action } from '../../catalog/definition/action-definition.ts';
import type { AnswerRule, Condition } from '../../catalog/definition/answer-rule.ts';
import type { Example } from '../../catalog/definition/example-definition.ts';
import type { Probe } from '../../catalog/definition/probe-definition.ts';
import type { Definition } from '../../catalog/definition.ts';

import { withValue } from './documents.ts';
import { type Answer, answersMeeting, avoiding, jsonAnswer, seenOf } from './made-answer.ts';
import { type Meaning, meaningOfRule, meaningOfStatus } from './meanings.ts';

/** An answer that is played, and what must come of it. */
export interface Case {
  /** "example 3 (401)", "a plain 429". */
  title: string;
  /** Where in the file it comes from. */
  path: Path;
  answer: Answer;
  means: Meaning;
  /** Of an example: what else is known of it. */
  example?: Example;
  /** It is asked for somebody whom the answer does not have. */
  isAboutAnother?: boolean;
}

/** What is asked: rules of its own, and what a success of it must have. */
export interface AskedOf {
  kind: 'check' | 'action';
  path: Path;
  rules: readonly AnswerRule[];
  rulesPath: Path;
  check: readonly Condition[];
  noResult: readonly Condition[];
  /** An empty or plain-text answer is fine. */
  isAny: boolean;
}

export function checkAsked(probe: Probe, path: Path): AskedOf {
  const { answers: rules, check, request } = probe;
  const isAny = request.expect === 'any';
  return { kind: 'check', path, rules, rulesPath: [...path, 'answers'], check, noResult: [], isAny };
}

export function actionAsked(action: Action, index: number): AskedOf {
  const { answers: rules, check, noResult, request } = action;
  const path = ['actions', index];
  const isAny = request.expect === 'any';
  return { kind: 'action', path, rules, rulesPath: [...path, 'answers'], check, noResult, isAny };
}

/** The documented answers to one thing, word for word. */
export function documented(definition: Definition, of: string, methodId: string | null): Case[] {
  return definition.examples.flatMap((example, index) => {
    const isMeant = example.of === of && (methodId === null || (example.method ?? methodId) === methodId);
    if (!isMeant) return [];
    const title = `example ${index + 1} (${of}, ${example.status})`;
    return [{ title, path: ['examples', index], answer: answerOf(example), means: example.means, example }];
  });
}

/** The first documented success. */
export function documentedSuccess(
  definition: Definition,
  of: string,
  methodId: string | null,
): Case | undefined {
  return documented(definition, of, methodId).find(({ means }) => means === 'success');
}

function answerOf({ status, headers, body, text }: Example): Answer {
  if (text === undefined) return jsonAnswer(status, body, headers);
  const type = /^\s*</.test(text)
    ? /<html|<!doctype html/i.test(text)
      ? 'text/html'
      : 'application/xml'
    : 'text/plain';
  return { status, headers: { 'content-type': type, ...headers }, text };
}

/** Answers nobody documented, and what the engine makes of them unless a rule of the file says otherwise. */
export function plainCases(definition: Definition, asked: AskedOf, statuses: readonly number[]): Case[] {
  const plain = statuses.map((status): [string, Answer] => [
    `a plain ${status}`,
    jsonAnswer(status, {}, status === 429 ? { 'retry-after': '7' } : {}),
  ]);
  const page = '<!doctype html><html><head><title>Sorry</title></head><body>Sorry</body></html>';
  const odd: [string, Answer][] = [
    ['a web page with 200', { status: 200, headers: { 'content-type': 'text/html' }, text: page }],
    ['a web page with 403', { status: 403, headers: { 'content-type': 'text/html' }, text: page }],
    ['a JSON answer that is cut off', { status: 200, headers: {}, text: '{"data": {"id": "1", "na' }],
  ];
  const unlike = odd.filter(
    ([, { status, text }]) =>
      !asked.isAny || status !== 200 || (asked.kind === 'check' && text.startsWith('<')),
  );
  return [...plain, ...unlike].map(([title, answer]) => {
    const rule = ruleFor(definition, asked, answer);
    const isPage = answer.text.startsWith('<');
    const means = rule ? meaningOfRule(rule) : meaningOfStatus(answer.status, asked.kind, isPage);
    return { title, path: asked.path, answer, means };
  });
}

/** The first that fits counts; a firewall's page with 403 is no answer of the tool, so a rule by status alone does not mean it. */
function ruleFor(definition: Definition, { rules }: AskedOf, answer: Answer): AnswerRule | undefined {
  const seen = seenOf(definition, answer);
  const isFirewall = answer.status === 403 && /^\s*<(!doctype )?html/i.test(answer.text);
  return [...rules, ...definition.answers].find(
    ({ when }) => holds(when, seen) && !(isFirewall && when.body === undefined && when.header === undefined),
  );
}

export interface RuleCase extends Case {
  rule: AnswerRule;
}

/** For each rule an answer that meets it and no rule before it; null in its place where there is none. */
export function ruleCases(
  definition: Definition,
  asked: AskedOf,
  bases: readonly unknown[],
): { rule: AnswerRule; path: Path; case: RuleCase | null; isMade: boolean }[] {
  const all: [AnswerRule, Path][] = [
    ...asked.rules.map((rule, index): [AnswerRule, Path] => [rule, [...asked.rulesPath, index]]),
    ...definition.answers.map((rule, index): [AnswerRule, Path] => [rule, ['answers', index]]),
  ];
  return all.map(([rule, path]) => {
    const made = answersMeeting(definition, rule.when, { bases: [undefined, {}, ...bases] });
    const answer = made.find((one) => ruleFor(definition, asked, one) === rule);
    const means = meaningOfRule(rule);
    const title = `the answer that ${path.join('.')} describes`;
    return {
      rule,
      path,
      isMade: made.length > 0,
      case: answer === undefined ? null : { title, path, answer, means, rule },
    };
  });
}

const MOST_CHANGES = 12;

/** A success that has everything in `values`, meets `check` and is nothing else; null where none could be made. */
export function madeSuccess(
  definition: Definition,
  asked: AskedOf,
  values: readonly (readonly [path: string, value: unknown])[],
): Answer | null {
  let document: unknown;
  for (const [path, value] of values) document = withValue(document, path, value) ?? document;
  let status = 200;
  for (const condition of asked.check) {
    if (holds(condition, seenOf(definition, jsonAnswer(status, document)))) continue;
    const [met] = answersMeeting(definition, condition, { statuses: [200], bases: [document] });
    if (met === undefined) return null;
    status = met.status;
    document = seenOf(definition, met).json;
  }
  for (let changes = 0; changes < MOST_CHANGES; changes++) {
    const answer = jsonAnswer(status, document === undefined ? {} : document);
    const wrong = inTheWay(definition, asked, answer);
    if (wrong === null)
      return asked.check.every((one) => holds(one, seenOf(definition, answer))) ? answer : null;
    const changed = avoiding(wrong, document ?? {});
    if (changed === null) return null;
    document = changed;
  }
  return null;
}

/** A condition by which the answer is something else than a success. */
function inTheWay(definition: Definition, asked: AskedOf, answer: Answer): Condition | null {
  const rule = ruleFor(definition, asked, answer);
  if (rule !== undefined && rule.then !== 'success') return rule.when;
  const seen = seenOf(definition, answer);
  return asked.noResult.find((one) => holds(one, seen)) ?? null;
}

/** What a check's success must have: the account, as far as the file reads one. */
export function accountValues(paths: Probe['account']): (readonly [string, unknown])[] {
  const values: [string | undefined, unknown][] = [
    [paths.label, 'Example account'],
    [paths.id, 'account-0001'],
    [paths.plan, 'Example plan'],
    [paths.creditsLeft, 412],
    [paths.creditsTotal, 500],
    [paths.creditsUsed, 88],
  ];
  return values.flatMap(([path, value]) => (path === undefined ? [] : [[path, value] as const]));
}

/** Whose access it is, as the name is shown; null: the answer does not say. */
export function labelIn(definition: Definition, paths: Probe['account'], answer: Answer): string | null {
  const { label } = readAccount(paths, seenOf(definition, answer).json);
  return label === null ? null : (paths.labelWords ?? '{label}').replace('{label}', () => label);
}

/** A value for each output, by its type. */
export function outputValues(action: Action): (readonly [string, unknown])[] {
  // What others are read from inside is made by them.
  const leaves = action.outputs.filter(
    ({ path }) => !action.outputs.some((other) => isInside(other.path, path)),
  );
  return leaves.map(({ path, type, name }) => {
    const value =
      type === 'integer' || type === 'number'
        ? 7
        : type === 'boolean'
          ? true
          : type === 'json'
            ? { example: name }
            : type === 'date'
              ? '2026-01-02'
              : type === 'datetime'
                ? '2026-01-02T03:04:05Z'
                : `example ${name}`;
    return [path, value] as const;
  });
}

function isInside(inner: string, outer: string): boolean {
  const [path, of] = [inner, outer].map((one) => one.replaceAll('[]', '[0]')) as [string, string];
  if (path === of) return false;
  return of === '' || path.startsWith(`${of}.`) || path.startsWith(`${of}[`);
}
