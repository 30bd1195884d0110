import type { OAuth2Method } from '../catalog/auth-definition.ts';
import { fieldProblem } from '../catalog/base-url.ts';
import type { ConnectionField } from '../catalog/field-definition.ts';
import { readPath } from '../catalog/path.ts';

type AccountChoice = NonNullable<OAuth2Method['accountChoice']>;

/** An account that a sign-in reaches, and that its connection can be for. */
export interface Choice {
  /** What the connection field gets. */
  value: string;
  label: string;
}

/** More than a person looks through; what is beyond them is left out. */
const MOST = 200;
const LONGEST_LABEL = 120;

/**
 * The accounts an answer lists, in its order, each once; null where the answer is no list. What cannot stand in the address of
 * the connection is left out.
 */
export function choicesIn(
  { items, value, name, where }: AccountChoice,
  field: ConnectionField | undefined,
  json: unknown,
): Choice[] | null {
  const listed = items === undefined ? json : readPath(json, items);
  if (!Array.isArray(listed)) return null;
  const found = new Map<string, Choice>();
  for (const item of listed) {
    const isMeant = Object.entries(where).every(([path, wanted]) => textOf(readPath(item, path)) === wanted);
    const one = textOf(readPath(item, value));
    if (!isMeant || one === null || found.has(one)) continue;
    if (field !== undefined && fieldProblem(field, one) !== null) continue;
    found.set(one, { value: one, label: labelOf(readPath(item, name)) ?? one });
    if (found.size === MOST) break;
  }
  return [...found.values()];
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
