import { printable } from '../../lib/printable.ts';
import type { CatalogProblem } from '../catalog.ts';
import { checkDefinition, patternsIn } from '../checks/check-definition.ts';
import { problemsOf } from '../checks/definition-problems.ts';
import { hasEndlessPart } from '../checks/pattern-guard.ts';
import { type FileProblem, parseSourceFile, type SourceFile } from '../checks/source-file.ts';
import { type Definition, definitionSchema } from '../definition.ts';

interface At {
  line: number;
  column: number;
}

export interface ReadFile {
  /** Null where there are problems. */
  definition: Definition | null;
  problems: CatalogProblem[];
  slugAt: At;
  /** What the file says its slug is, where that can be read, whatever else is wrong with it. */
  slug: string | null;
  /** Regular expressions that only an exact analysis can tell of whether they end: analyse-patterns.ts. */
  toAnalyse: (At & { pattern: string })[];
}

/** Of a file that is wrong from beginning to end nobody reads more. */
const MOST_PROBLEMS = 20;
const LONGEST_MESSAGE = 400;

/** Checks the text of one file. Pure, and throws for no text. */
export function readDefinition(
  file: string,
  text: string,
  origin: CatalogProblem['origin'] = 'built_in',
  allowedPrivateHosts: readonly string[] = [],
): ReadFile {
  const told = (problems: readonly (At & { message: string })[]): CatalogProblem[] =>
    problems.map(({ line, column, message }) => ({
      file,
      origin,
      line,
      column,
      message: shortened(message),
    }));
  const slug = SLUG.exec(text)?.[1] ?? null;
  try {
    const source = parseSourceFile(text);
    const slugAt = source.locate({ path: ['slug'] });
    if (source.syntaxProblems.length > 0)
      return { definition: null, problems: told(source.syntaxProblems), slugAt, slug, toAnalyse: [] };
    const parsed = definitionSchema.safeParse(source.value);
    const found = parsed.success
      ? checkDefinition(parsed.data, source.value, allowedPrivateHosts)
      : problemsOf(parsed.error);
    const problems = told(located(source, found));
    const definition = parsed.success && problems.length === 0 ? parsed.data : null;
    return { definition, problems, slugAt, slug, toAnalyse: definition === null ? [] : endlessIn(source) };
  } catch (error) {
    // What refers to itself, or is nested more deeply than can be followed.
    if (!(error instanceof RangeError)) throw error;
    const message = 'The file is nested too deeply, or refers to itself.';
    return { definition: null, problems: told([{ ...START, message }]), slugAt: START, slug, toAnalyse: [] };
  }
}

/** On a line of its own, as YAML or as JSON. */
const SLUG =
  /^[{ \t\uFEFF]*["']?slug["']?[ \t]*:[ \t]*["']?([a-z][a-z0-9-]{0,59})["']?[ \t]*,?[ \t]*(?:#.*)?\r?$/m;

const START: At = { line: 1, column: 1 };

function located(source: SourceFile, found: readonly FileProblem[]): (At & { message: string })[] {
  const shown = found.slice(0, MOST_PROBLEMS).map((one) => ({ ...source.locate(one), message: one.message }));
  const left = found.length - shown.length;
  return left === 0
    ? shown
    : [...shown, { ...START, message: `There are ${left} more problems in this file.` }];
}

function endlessIn(source: SourceFile): ReadFile['toAnalyse'] {
  return patternsIn(source.value)
    .filter(({ pattern }) => hasEndlessPart(pattern))
    .map(({ path, pattern }) => ({ ...source.locate({ path }), pattern }));
}

/** It is written to logs and terminals, and may quote the file. */
function shortened(message: string): string {
  return printable(message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)} …` : message);
}
