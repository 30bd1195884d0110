import { answerValue } from '../../catalog/answers/answer-value.ts';
import { holds, type Seen } from '../../catalog/answers/condition.ts';
import { readPath } from '../../catalog/answers/path.ts';
import type { BodyCondition, Condition } from '../../catalog/definition/answer-rule.ts';
import type { Definition } from '../../catalog/definition.ts';
import { withValue } from './documents.ts';
import { samplesOf } from './sample-pattern.ts';

/** An answer as it goes over the wire. */
export interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

type XmlSource = Pick<Definition, 'xmlAnswers'>;

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  const text = body === undefined ? '' : JSON.stringify(body);
  return { status, headers: { 'content-type': 'application/json', ...headers }, text };
}

export function seenOf(definition: XmlSource, { status, headers, text }: Answer): Seen {
  const lowered = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { status, headers: lowered, text, json: answerValue(definition, text) };
}

/** Tried in turn where a condition names no status. */
const STATUSES = [200, 400, 401, 402, 403, 404, 409, 422, 429, 500];
/** Of those that a condition lists. */
const MOST_STATUSES = 20;

/**
 * Answers that meet a condition, in several variants, as small as they can be, then with `base` around them. Only such as really
 * meet it; none where it asks for something that cannot be made here.
 */
export function answersMeeting(
  definition: XmlSource,
  condition: Condition,
  {
    statuses = STATUSES,
    bases = [undefined],
  }: { statuses?: readonly number[]; bases?: readonly unknown[] } = {},
): Answer[] {
  const wanted =
    condition.status === undefined ? statuses : [condition.status].flat().slice(0, MOST_STATUSES);
  const headers = headersFor(condition);
  const made = bases.flatMap((base) => bodiesFor([condition.body ?? []].flat(), base));
  return wanted
    .flatMap((status) =>
      headers.flatMap((header) =>
        made.map((text) => ({ status, headers: { 'content-type': 'application/json', ...header }, text })),
      ),
    )
    .filter((answer) => holds(condition, seenOf(definition, answer)));
}

function headersFor({ header }: Condition): Record<string, string>[] {
  if (header === undefined) return [{}];
  const values =
    header.equals !== undefined
      ? [header.equals]
      : header.matches !== undefined
        ? samplesOf(header.matches)
        : ['1'];
  return values.map((value) => ({ [header.name.toLowerCase()]: value }));
}

function bodiesFor(conditions: readonly BodyCondition[], base: unknown): string[] {
  const whole = conditions.filter(({ path }) => path === '');
  const inside = conditions.filter(({ path }) => path !== '');
  let documents: unknown[] = [base];
  for (const one of inside) {
    documents = documents
      .flatMap((document) =>
        valuesFor(one).map((value) =>
          value === LEFT_OUT ? (document ?? {}) : withValue(document, one.path, value),
        ),
      )
      .filter((document) => document !== undefined)
      .slice(0, 8);
  }
  const texts = documents.map((document) => (document === undefined ? '' : JSON.stringify(document)));
  if (whole.length === 0) return texts;
  const samples = whole.flatMap(valuesFor);
  const words = samples.filter((value) => typeof value === 'string');
  return [
    // Words that stand anywhere in the text may as well stand in a member.
    ...documents.flatMap((document) =>
      words.map((value) => JSON.stringify(withValue(document ?? {}, 'message', value) ?? { message: value })),
    ),
    ...samples.map((value) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))),
    '[]',
    '{}',
    '',
    ...texts,
  ];
}

const LEFT_OUT = Symbol('left out');

function valuesFor(wanted: BodyCondition): unknown[] {
  if (wanted.equals !== undefined) return [wanted.equals];
  if (wanted.in !== undefined) return wanted.in.slice(0, 4);
  if (wanted.matches !== undefined) return samplesOf(wanted.matches);
  if (wanted.empty === true || wanted.exists === false) return [LEFT_OUT, null, '', []];
  if (wanted.notEquals !== undefined) return [otherThan(wanted.notEquals)];
  return ['there'];
}

/** Another value of the same kind. */
function otherThan(value: unknown): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value + 1;
  if (Array.isArray(value)) return ['other'];
  return value === 'other' ? 'another' : 'other';
}

/** The body of an answer changed so that the condition holds no more; null where that cannot be done by its body. */
export function avoiding(condition: Condition, document: unknown): unknown {
  for (const one of [condition.body ?? []].flat()) {
    if (one.path === '') continue;
    const now = readPath(document, one.path);
    const value =
      one.empty === true || one.exists === false ? 'there' : now === undefined ? undefined : otherThan(now);
    const changed = value === undefined ? undefined : withValue(document, one.path, value);
    if (changed !== undefined) return changed;
  }
  return null;
}
