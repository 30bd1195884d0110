import type { CatalogProblem } from './catalog.ts';
import { checkDefinition } from './check-definition.ts';
import { type Definition, definitionSchema } from './definition.ts';
import { problemsOf } from './definition-problems.ts';
import { parseSourceFile } from './source-file.ts';

/** Checks the text of one file. `definition` is null where it has problems. Pure. */
export function readDefinition(
  file: string,
  text: string,
  origin: CatalogProblem['origin'] = 'built_in',
  allowedPrivateHosts: readonly string[] = [],
): { definition: Definition | null; problems: CatalogProblem[]; slugAt: { line: number; column: number } } {
  const source = parseSourceFile(text);
  const slugAt = source.locate({ path: ['slug'], message: '' });
  if (source.syntaxProblems.length > 0) {
    return {
      definition: null,
      problems: source.syntaxProblems.map((one) => ({ file, origin, ...one })),
      slugAt,
    };
  }
  const parsed = definitionSchema.safeParse(source.value);
  const found = parsed.success
    ? checkDefinition(parsed.data, source.value, allowedPrivateHosts)
    : problemsOf(parsed.error);
  const problems = found.map((one) => ({ file, origin, ...source.locate(one), message: one.message }));
  return { definition: parsed.success && problems.length === 0 ? parsed.data : null, problems, slugAt };
}
