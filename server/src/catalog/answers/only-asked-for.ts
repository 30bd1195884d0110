import type { Only } from '../definition/action-definition.ts';
import { asText, isGiven, type Values } from '../requests/template.ts';
import { parsePath, readPath, type Step } from './path.ts';

/**
 * An answer with those of its list alone that carry what was asked for. As it is where nothing was asked for by that
 * input, or where no list stands there.
 */
export function onlyAskedFor(json: unknown, only: Only, inputs: Values): unknown {
  const list = readPath(json, only.in);
  const wanted = Object.hasOwn(inputs, only.is) ? inputs[only.is] : undefined;
  if (!Array.isArray(list) || !isGiven(wanted)) return json;
  const asked = new Set([wanted].flat().map(comparable));
  const kept = list.filter((one) => valuesOf(one, only).some((value) => asked.has(comparable(value))));
  return replaced(json, parsePath(only.in) ?? [], kept);
}

/** What one of the list carries at the places that are compared. */
export function valuesOf(one: unknown, { where }: Only): unknown[] {
  return [where].flat().flatMap((path) => [readPath(one, path)].flat().filter(isGiven));
}

/** Email addresses, logins and domains are the same in any case, and some write accents in two characters. */
function comparable(value: unknown): string {
  return asText(value).trim().normalize('NFC').toLowerCase();
}

/** Steps that lead to a list have no step for each of many. */
function replaced(value: unknown, [step, ...rest]: readonly Step[], put: unknown): unknown {
  if (step === undefined) return put;
  const key = step.kind === 'member' ? step.name : step.kind === 'item' ? step.index : null;
  if (key === null || value === null || typeof value !== 'object') return value;
  if (Array.isArray(value))
    return value.map((one, index) => (index === Number(key) ? replaced(one, rest, put) : one));
  const inner = (value as Record<string, unknown>)[key];
  return { ...value, [key]: replaced(inner, rest, put) };
}
