import type { Action, ActionInput, ValueType } from '../definition/action-definition.ts';
import { isGiven, type Values } from './template.ts';

export type InputsOutcome =
  | { kind: 'ready'; inputs: Record<string, unknown> }
  /** Something needed is empty: such a row is skipped. `names` are inputs, `message` is for people. */
  | { kind: 'missing'; names: string[]; message: string }
  /** A value cannot be what the input wants: "abc" for a number. */
  | { kind: 'invalid'; problems: { name: string; message: string }[] };

/**
 * Turns what a row gives into what the action wants: types converted, lists split, domains taken out of addresses,
 * defaults filled in, and what is needed checked. Pure.
 */
export function prepareInputs(action: Pick<Action, 'inputs' | 'needs'>, given: Values): InputsOutcome {
  const inputs: Record<string, unknown> = {};
  const problems: { name: string; message: string }[] = [];
  for (const input of action.inputs) {
    const raw = Object.hasOwn(given, input.name) ? given[input.name] : undefined;
    const converted = convert(input, isGiven(tidyText(raw)) ? raw : input.default);
    if (converted.kind === 'problem')
      problems.push({ name: input.name, message: `${input.label} ${converted.message}` });
    else if (isGiven(converted.value)) inputs[input.name] = converted.value;
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return missingFrom(action, inputs) ?? { kind: 'ready', inputs };
}

function missingFrom(action: Pick<Action, 'inputs' | 'needs'>, inputs: Values): InputsOutcome | null {
  const labelOf = (name: string) => action.inputs.find((input) => input.name === name)?.label ?? name;
  const required = action.inputs.filter((input) => input.required && !isGiven(inputs[input.name]));
  const unmet = action.needs.filter(
    (line) => !line.some((one) => [one].flat().every((name) => isGiven(inputs[name]))),
  );
  if (required.length === 0 && unmet.length === 0) return null;
  const wishes = [
    ...required.map((input) => input.label),
    ...unmet.map((line) => line.map((one) => [one].flat().map(labelOf).join(' and ')).join(', or ')),
  ];
  const names = [...required.map((input) => input.name), ...unmet.flat(2)];
  return { kind: 'missing', names: [...new Set(names)], message: `Missing: ${wishes.join('; ')}.` };
}

type Converted = { kind: 'value'; value: unknown } | { kind: 'problem'; message: string };

function convert(input: ActionInput, raw: unknown): Converted {
  if (!isGiven(raw)) return { kind: 'value', value: undefined };
  if (!input.multiple) return convertOne(input, Array.isArray(raw) && input.type !== 'json' ? raw[0] : raw);
  const parts = Array.isArray(raw) ? raw : String(raw).split(/[,;\n]/);
  const converted = parts.filter((part) => isGiven(tidyText(part))).map((part) => convertOne(input, part));
  const problem = converted.find((one) => one.kind === 'problem');
  return (
    problem ?? { kind: 'value', value: converted.map((one) => (one.kind === 'value' ? one.value : null)) }
  );
}

function convertOne(input: ActionInput, raw: unknown): Converted {
  const value = tidyText(raw);
  if (input.type === 'number' || input.type === 'integer') return convertNumber(input, value);
  if (input.type === 'boolean') return convertBoolean(value);
  if (input.type === 'json') return convertJson(value);
  if (typeof value === 'object') return { kind: 'problem', message: 'must be a text.' };
  const text = CONVERSIONS[input.type]?.(String(value)) ?? String(value);
  if (input.choices === undefined || input.type !== 'choice') return { kind: 'value', value: text };
  const chosen = input.choices.find(
    (choice) => choice.value === text || choice.label.toLowerCase() === text.toLowerCase(),
  );
  return chosen
    ? { kind: 'value', value: chosen.value }
    : { kind: 'problem', message: `cannot be "${text.slice(0, 60)}".` };
}

const CONVERSIONS: Partial<Record<ValueType, (text: string) => string>> = {
  domain: domainOf,
  email: (text) => text.replace(/^mailto:/i, ''),
  linkedin_handle: (text) => /linkedin\.com\/in\/([^/?#\s]+)/i.exec(text)?.[1] ?? text.replace(/^@/, ''),
};

/** "https://www.acme.com/about" and "jane@acme.com" are both acme.com. */
function domainOf(text: string): string {
  const host = text
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '')
    .replace(/^[^@/]*@/, '')
    .replace(/[/?#:].*$/s, '');
  return host
    .replace(/^www\./i, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function convertNumber(input: ActionInput, value: unknown): Converted {
  const isNumeral = typeof value === 'string' && /^[+-]?\d+(\.\d+)?(e[+-]?\d{1,3})?$/i.test(value);
  const number = typeof value === 'number' ? value : isNumeral ? Number(value) : Number.NaN;
  if (!Number.isFinite(number)) return { kind: 'problem', message: 'must be a number.' };
  if (input.type === 'integer' && !Number.isSafeInteger(number))
    return { kind: 'problem', message: 'must be a whole number.' };
  if (input.min !== undefined && number < input.min)
    return { kind: 'problem', message: `must be at least ${input.min}.` };
  if (input.max !== undefined && number > input.max)
    return { kind: 'problem', message: `must be at most ${input.max}.` };
  return { kind: 'value', value: number };
}

function convertBoolean(value: unknown): Converted {
  if (typeof value === 'boolean') return { kind: 'value', value };
  const text = String(value).toLowerCase();
  if (['true', 'yes', '1', 'on'].includes(text)) return { kind: 'value', value: true };
  if (['false', 'no', '0', 'off'].includes(text)) return { kind: 'value', value: false };
  return { kind: 'problem', message: 'must be true or false.' };
}

function convertJson(value: unknown): Converted {
  if (typeof value !== 'string') return { kind: 'value', value };
  try {
    return { kind: 'value', value: JSON.parse(value) as unknown };
  } catch {
    return { kind: 'problem', message: 'must be JSON.' };
  }
}

function tidyText(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() : value;
}
