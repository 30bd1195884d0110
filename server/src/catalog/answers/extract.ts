import type { ActionOutput, ValueType } from '../definition/action-definition.ts';
import type { AccountPaths } from '../definition/probe-definition.ts';
import { headerOf } from './header.ts';
import { isEmpty, readPath } from './path.ts';

/**
 * The outputs of an action out of its answer, by name. What is not there is null. A list for a text output is joined
 * with commas; an object stays JSON only where the output says so.
 */
export function extractOutputs(
  outputs: readonly ActionOutput[],
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  return Object.fromEntries(
    outputs.map(({ name, type, path, header }) => {
      const told = header === undefined ? undefined : headerOf(headers, header);
      return [name, shaped(type, told ?? readPath(json, path))];
    }),
  );
}

function shaped(type: ValueType, value: unknown): unknown {
  if (isEmpty(value)) return null;
  if (type === 'json') return value;
  if (type === 'number' || type === 'integer') return numberOf(value);
  if (type === 'boolean') return booleanOf(value);
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return textOf(value);
}

function numberOf(value: unknown): number | null {
  const number =
    typeof value === 'number' ? value : typeof value === 'string' ? Number(value.trim()) : Number.NaN;
  return Number.isFinite(number) ? number : null;
}

/** Some write it as text, and some of those as a programming language does: "True". */
function booleanOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  const word = typeof value === 'string' ? value.trim().toLowerCase() : value;
  if (word === 1 || word === 'true') return true;
  return word === 0 || word === 'false' ? false : null;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Who a working credential belongs to, as far as the answer says. Texts are cut to 200 characters. */
export interface Account {
  label: string | null;
  id: string | null;
  plan: string | null;
  creditsLeft: number | null;
  scopes: string[] | null;
}

export function readAccount(paths: AccountPaths, json: unknown): Account {
  const read = (path: string | undefined) => (path === undefined ? undefined : readPath(json, path));
  const scopes = read(paths.scopes);
  return {
    label: shortText(read(paths.label)),
    id: shortText(read(paths.id)),
    plan: shortText(read(paths.plan)),
    creditsLeft: creditsLeft(read(paths.creditsLeft), read(paths.creditsTotal), read(paths.creditsUsed)),
    scopes: Array.isArray(scopes) ? scopes.filter((scope) => typeof scope === 'string') : splitScopes(scopes),
  };
}

function creditsLeft(left: unknown, total: unknown, used: unknown): number | null {
  const said = numberOf(left);
  const [all, gone] = [numberOf(total), numberOf(used)];
  return said ?? (all === null || gone === null ? null : Math.max(0, all - gone));
}

function shortText(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const text = String(value).replace(/\p{C}/gu, '').trim().slice(0, 200);
  return text === '' ? null : text;
}

function splitScopes(value: unknown): string[] | null {
  return typeof value === 'string' ? value.split(/[\s,]+/).filter(Boolean) : null;
}
