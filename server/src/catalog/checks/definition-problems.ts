import type { z } from 'zod';
import type { FileProblem } from './source-file.ts';

/** What zod found, as sentences about the file. */
export function problemsOf(error: z.ZodError): FileProblem[] {
  return error.issues.flatMap((issue) => problemsOfIssue(issue, []));
}

function problemsOfIssue(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): FileProblem[] {
  const path = [...above, ...issue.path];
  const name = nameOf(path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path,
        key,
        message:
          key === '<<'
            ? 'Fields are not merged (<<): write them out. A whole value can be named (&) and repeated (*).'
            : `There is no field "${key}" here. Remove it, or correct its name or how far it is indented.`,
      }));
    case 'invalid_union':
      return ofUnion(issue, path);
    case 'invalid_type':
      if (path.length === 0)
        return [{ path, message: issue.message.endsWith('received null') ? EMPTY : NO_FIELDS }];
      return [
        {
          path,
          message: isMissing(issue) ? `${name} is missing.` : `${name} must be ${article(issue.expected)}.`,
        },
      ];
    case 'invalid_value':
      return [
        {
          path,
          message: isMissing(issue)
            ? `${name} is missing.`
            : `${name} must be one of: ${issue.values.join(', ')}.`,
        },
      ];
    case 'too_small':
    case 'too_big':
      return [{ path, message: `${name} must ${sizeWords(issue)}.` }];
    case 'invalid_format':
      if (issue.format === 'date')
        return [{ path, message: `${name} is not right: write the day as 2026-11-21.` }];
      return [{ path, message: `${name} is not right: ${plain(issue.message)}.` }];
    default:
      return [{ path, message: `${name} is not right: ${plain(issue.message)}.` }];
  }
}

const EMPTY = 'The file is empty. CONTRIBUTING.md has a whole one to begin with.';
const NO_FIELDS = 'The file must be names with values, each on a line of its own: "slug: acme".';

/** "have at most 60 characters", "be more than 0". */
function sizeWords(issue: z.core.$ZodIssueTooBig | z.core.$ZodIssueTooSmall): string {
  const [limit, side] = issue.code === 'too_big' ? [issue.maximum, 'at most'] : [issue.minimum, 'at least'];
  const nouns: Readonly<Record<string, string>> = { string: 'character', array: 'entry' };
  const noun = nouns[issue.origin];
  if (noun === undefined) {
    if (issue.inclusive !== false) return `be ${side} ${limit}`;
    return `be ${issue.code === 'too_big' ? 'less' : 'more'} than ${limit}`;
  }
  if (issue.code === 'too_small' && Number(limit) === 1) return 'not be empty';
  return `have ${side} ${limit} ${Number(limit) === 1 ? noun : `${noun.replace(/y$/, 'ie')}s`}`;
}

/** Of several allowed forms, the one that came closest speaks: the deepest problem, then the fewest. */
function ofUnion(issue: z.core.$ZodIssueInvalidUnion, path: readonly PropertyKey[]): FileProblem[] {
  const depth = (issues: readonly z.core.$ZodIssue[]) => Math.max(...issues.map((one) => one.path.length));
  const closest = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
  if (closest === undefined || closest.length === 0) {
    const words = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
    const message =
      words.length === 0
        ? `${nameOf(path)} is not one of the words allowed here.`
        : `${nameOf(path)} must be one of: ${words.map(String).join(', ')}.`;
    return [{ path, message }];
  }
  return closest.flatMap((one) => problemsOfIssue(one, path));
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.message.endsWith('received undefined') || ('input' in issue && issue.input === undefined);
}

function nameOf(path: readonly PropertyKey[]): string {
  const last = path.at(-1);
  if (last === undefined) return 'The file';
  return typeof last === 'number'
    ? `Item ${last + 1} of "${String(path.at(-2) ?? 'the list')}"`
    : `"${String(last)}"`;
}

function article(expected: string): string {
  const words: Record<string, string> = {
    string: 'a text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
    array: 'a list',
    object: 'a group of fields',
    record: 'a group of names and values',
  };
  return words[expected] ?? expected;
}

function plain(message: string): string {
  return message.replace(/^Invalid (input|string): ?/i, '').replace(/\.$/, '');
}
