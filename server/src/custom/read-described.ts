import type { CustomDefinition } from '@keyrail/contract/custom';
import type { FieldProblem } from '@keyrail/contract/errors';
import { checkDefinition } from '../catalog/checks/check-definition.ts';
import { problemsOf } from '../catalog/checks/definition-problems.ts';
import { type Definition, definitionSchema } from '../catalog/definition.ts';
import { checkDescribed } from './check-described.ts';
import { fileOf } from './file-of.ts';

export type ReadDescribed =
  | { kind: 'definition'; definition: Definition }
  | { kind: 'problems'; fields: FieldProblem[] };

/**
 * The definition that a description makes, checked by the same rules as a catalog file; or what is wrong with it, at the
 * places where it was described. What addresses may be called is asked elsewhere.
 */
export function readDescribed(
  described: CustomDefinition,
  slug: string,
  addressStamp: string,
): ReadDescribed {
  const own = checkDescribed(described);
  if (own.length > 0) return { kind: 'problems', fields: own };
  const file = fileOf(described, slug, addressStamp);
  const parsed = definitionSchema.safeParse(file);
  const found = parsed.success ? checkDefinition(parsed.data, file, null) : problemsOf(parsed.error);
  if (parsed.success && found.length === 0) return { kind: 'definition', definition: parsed.data };
  return {
    kind: 'problems',
    fields: found.map(({ path, message }) => ({ path: placeOf(path.map(String)), message })),
  };
}

/** For what is saved already: null where a later version of Keyrail no longer takes it. */
export function definitionOf(
  described: CustomDefinition,
  slug: string,
  addressStamp: string,
): Definition | null {
  const read = readDescribed(described, slug, addressStamp);
  return read.kind === 'definition' ? read.definition : null;
}

/** Where in the description something of the file stands. */
function placeOf(path: readonly string[]): string {
  const [first, ...rest] = path;
  switch (first) {
    case 'auth':
      return ['auth', ...rest.slice(1).flatMap(authPart)].join('.');
    case 'probe':
      return ['check', ...rest.filter((part) => part !== 'request')].join('.');
    case 'actions':
      return ['actions', ...rest.map(actionPart).filter((part) => part !== 'request')].join('.');
    case 'default_headers':
      return ['headers', ...rest].join('.');
    default:
      return path.join('.');
  }
}

/** What a file says of a JWT or of a role stands beside the rest in a description. */
function authPart(part: string, index: number, all: readonly string[]): string[] {
  if (part === 'assertion') return [];
  return part === 'assume_role' ? ['sts_url'] : all[index - 1] === 'assume_role' ? [] : [part];
}

function actionPart(part: string): string {
  return part === 'base_url' ? 'address' : part;
}
