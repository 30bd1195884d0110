import type { FastifySchemaCompiler } from 'fastify';
import { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/**
 * What is wrong with a field, for whoever writes the request: a library's own words ("Too big: expected string to have <=200
 * characters") say it to its users alone. Where a schema has a sentence of its own, that stands. Undefined: left as it is.
 */
export function fieldWords(issue: Issue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords(issue);
    case 'too_small':
    case 'too_big':
      return sizeWords(issue);
    case 'invalid_value':
      return issue.input === undefined ? MISSING : `Must be ${oneOf(issue.values.map(String))}.`;
    case 'invalid_format':
      return `Must be ${FORMATS[issue.format] ?? 'written in another way'}.`;
    case 'invalid_union':
      return issue.input === undefined ? MISSING : 'Is none of the forms that are taken here.';
    default:
      return undefined;
  }
}

const MISSING = 'Is missing.';

function typeWords({ input, expected }: Extract<Issue, { code: 'invalid_type' }>): string {
  if (input === undefined) return MISSING;
  const wanted = TYPES[expected] ?? expected;
  return Array.isArray(input) && expected !== 'array'
    ? `Must be ${wanted}, not a list; in an address, give it once.`
    : `Must be ${wanted}.`;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object: {"name": value}',
  record: 'an object: {"name": value}',
};

const FORMATS: Readonly<Record<string, string>> = {
  email: 'an email address',
  url: 'a whole address, such as https://acme.example',
  date: 'a day, such as 2026-11-21',
  datetime: 'a time, such as 2026-11-21T10:00:00Z',
};

function sizeWords(issue: Extract<Issue, { code: 'too_small' | 'too_big' }>): string {
  const [limit, side] = issue.code === 'too_big' ? [issue.maximum, 'at most'] : [issue.minimum, 'at least'];
  const noun = NOUNS[issue.origin];
  if (noun === undefined) {
    if (issue.inclusive !== false) return `Must be ${side} ${grouped(limit)}.`;
    return `Must be ${issue.code === 'too_big' ? 'less' : 'more'} than ${grouped(limit)}.`;
  }
  if (issue.code === 'too_small' && Number(limit) === 1) return 'Must not be empty.';
  return `Must have ${side} ${grouped(limit)} ${Number(limit) === 1 ? noun[0] : noun[1]}.`;
}

const NOUNS: Readonly<Record<string, readonly [one: string, more: string]>> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
};

function grouped(limit: number | bigint): string {
  return limit.toLocaleString('en-US');
}

function oneOf(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? '') : `one of: ${values.join(', ')}`;
}

/** What came with a request does not fit the schema of its route. The framework adds which part of the request it was. */
export class UnfitInput extends Error {
  readonly issues: readonly z.core.$ZodIssue[];
  validationContext?: string;
  constructor(issues: readonly z.core.$ZodIssue[]) {
    super('the request does not fit its schema');
    this.issues = issues;
  }
}

/** Checks what came with a request. The words belong to the call: files of the catalog are spoken of in others. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> =
  ({ schema }) =>
  (data: unknown) => {
    const { success, data: value, error } = z.safeParse(schema, data, { error: fieldWords });
    return success ? { value } : { error: new UnfitInput(error.issues) };
  };
