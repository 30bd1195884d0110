import { isDeepStrictEqual } from 'node:util';
import type { BodyCondition, Condition } from '../definition/answer-rule.ts';
import { headerOf } from './header.ts';
import { isEmpty, readPath } from './path.ts';

/** What conditions look at. `json` is undefined where the body is not JSON. */
export interface Seen {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
  json: unknown;
}

const MATCHED_CHARACTERS = 500;
const compiled = new Map<string, RegExp>();

/** Whether everything the condition names holds. */
export function holds(condition: Condition, seen: Seen): boolean {
  if (condition.status !== undefined && ![condition.status].flat().includes(seen.status)) return false;
  if (condition.header !== undefined && !headerHolds(condition.header, seen)) return false;
  const wanted = condition.body === undefined ? [] : [condition.body].flat();
  return wanted.every((one) => bodyHolds(one, seen));
}

function headerHolds(wanted: NonNullable<Condition['header']>, seen: Seen): boolean {
  const value = headerOf(seen.headers, wanted.name);
  if (value === undefined) return false;
  if (wanted.equals !== undefined && value.trim() !== wanted.equals) return false;
  return wanted.matches === undefined || matches(wanted.matches, value);
}

function bodyHolds(wanted: BodyCondition, seen: Seen): boolean {
  const value = wanted.path === '' ? (seen.json ?? seen.text) : readPath(seen.json, wanted.path);
  if (wanted.equals !== undefined && !sameValue(value, wanted.equals)) return false;
  if (wanted.notEquals !== undefined && (value === undefined || sameValue(value, wanted.notEquals)))
    return false;
  if (wanted.in !== undefined && !wanted.in.some((one) => sameValue(value, one))) return false;
  if (wanted.exists !== undefined && (value !== undefined && value !== null) !== wanted.exists) return false;
  if (wanted.empty !== undefined && isEmpty(value) !== wanted.empty) return false;
  if (wanted.matches === undefined) return true;
  const text = wanted.path === '' ? seen.text : value;
  return typeof text === 'string'
    ? matches(wanted.matches, text)
    : typeof text === 'number' && matches(wanted.matches, `${text}`);
}

/** Some send a number as text at one time and as a number at another (ZeroBounce's -1): written alike is the same. */
function sameValue(value: unknown, wanted: unknown): boolean {
  if (typeof value === 'number' && typeof wanted === 'string') return String(value) === wanted;
  if (typeof value === 'string' && typeof wanted === 'number') return value.trim() === String(wanted);
  return isDeepStrictEqual(value, wanted);
}

/** Bounded in length, because the pattern may come from a file of somebody's own. */
function matches(pattern: string, text: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = new RegExp(pattern, 'iu');
    compiled.set(pattern, expression);
  }
  return expression.test(text.slice(0, MATCHED_CHARACTERS));
}
