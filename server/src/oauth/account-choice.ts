import { readPath } from '../catalog/answers/path.ts';
import type { OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { ConnectionField } from '../catalog/definition/field-definition.ts';
import { fieldProblem } from '../catalog/requests/base-url.ts';

type AccountChoice = NonNullable<OAuth2Method['accountChoice']>;

/** An account that a sign-in reaches, and that its connection can be for. */
export interface Choice {
  /** What the connection field gets. */
  value: string;
  label: string;
}

/** With what its account says of other connection fields, such as the address of its API. */
export interface Offered extends Choice {
  fields: Readonly<Record<string, string>>;
}

/** More than a person looks through; what is beyond them is left out. */
const MOST = 200;
const LONGEST_LABEL = 120;

/**
 * The accounts an answer lists, in its order, each once; null where the answer is neither a list nor an account. What cannot
 * stand in the address of the connection is left out.
 */
export function choicesIn(
  { field: named, items, value, name, where }: AccountChoice,
  connectionFields: readonly ConnectionField[],
  json: unknown,
): Offered[] | null {
  const told = items === undefined ? json : readPath(json, items);
  // Where a sign-in is always of one account, the answer may be that account.
  const isOne = !Array.isArray(told) && textOf(readPath(told, value)) !== null;
  const listed: unknown = isOne ? [told] : told;
  if (!Array.isArray(listed)) return null;
  const field = connectionFields.find((one) => one.name === named);
  const others = connectionFields.filter(
    (one) => one.filledFrom?.source === 'account_choice' && one.name !== named,
  );
  const found = new Map<string, Offered>();
  for (const item of listed) {
    const isMeant = Object.entries(where).every(([path, wanted]) => textOf(readPath(item, path)) === wanted);
    const one = textOf(readPath(item, value));
    if (!isMeant || one === null || found.has(one)) continue;
    if (field !== undefined && fieldProblem(field, one) !== null) continue;
    const fields = saidOf(others, item);
    if (fields === null) continue;
    found.set(one, { value: one, label: labelOf(readPath(item, name)) ?? one, fields });
    if (found.size === MOST) break;
  }
  return [...found.values()];
}

/** What an account says of the other fields; null where one that is needed is not there, or cannot be what it says. */
function saidOf(others: readonly ConnectionField[], item: unknown): Record<string, string> | null {
  const said: Record<string, string> = {};
  for (const field of others) {
    const value = textOf(readPath(item, field.filledFrom?.path ?? ''));
    if (value !== null && fieldProblem(field, value) === null) said[field.name] = value;
    else if (value !== null || field.required) return null;
  }
  return said;
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

function labelOf(value: unknown): string | null {
  const line =
    textOf(value)
      ?.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim() ?? '';
  if (line === '') return null;
  return line.length > LONGEST_LABEL ? `${line.slice(0, LONGEST_LABEL - 1).trimEnd()}…` : line;
}
