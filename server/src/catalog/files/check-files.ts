import { join } from 'node:path';
import type { CatalogProblem } from '../catalog.ts';
import { type CatalogEntry, entryOf } from '../catalog-entry.ts';
import { OWN_PREFIX } from '../catalogs.ts';
import { type Analysis, analysePatterns } from '../checks/analyse-patterns.ts';
import type { Definition } from '../definition.ts';
import { type ReadFile, readDefinition } from './read-definition.ts';

export interface FileText {
  name: string;
  text: string;
}

export interface FileChecked {
  /** Null: it has problems. */
  definition: Definition | null;
  entry: CatalogEntry | null;
  slugAt: { line: number; column: number };
  slug: string | null;
  problems: readonly { line: number; column: number; message: string }[];
  /** The same text would be judged the same again. */
  isLasting: boolean;
}

interface Asked {
  folder: string;
  origin: CatalogProblem['origin'];
  allowedPrivateHosts: readonly string[];
}

/**
 * Parses and checks the texts of files, in their order. Regular expressions of somebody's own files are analysed as well; those
 * of the files that come along are by the tests.
 */
export async function checkFiles(
  files: readonly FileText[],
  { folder, origin, allowedPrivateHosts }: Asked,
  analyse: typeof analysePatterns = analysePatterns,
): Promise<FileChecked[]> {
  const read = files.map(({ name, text }) =>
    readDefinition(join(folder, name), text, origin, allowedPrivateHosts),
  );
  const patterns =
    origin === 'user' ? read.map(({ toAnalyse }) => toAnalyse.map(({ pattern }) => pattern)) : [];
  const analysed = patterns.every((of) => of.length === 0)
    ? new Map<string, Analysis>()
    : await analyse(patterns);
  return read.map((one) => checked(one, analysed));
}

function checked(read: ReadFile, analysed: ReadonlyMap<string, Analysis>): FileChecked {
  const { definition, slugAt, slug } = read;
  const problems = read.problems.map(({ line, column, message }) => ({ line, column, message }));
  if (definition?.slug.startsWith(OWN_PREFIX)) {
    const message = `A slug that begins with "${OWN_PREFIX}" belongs to a workspace. Choose another.`;
    problems.push({ ...slugAt, message });
  }
  const findings = read.toAnalyse.map(({ line, column, pattern }) => ({
    line,
    column,
    is: analysed.get(pattern),
  }));
  for (const { line, column, is } of findings)
    if (is !== undefined && is !== 'safe') problems.push({ line, column, message: EXPLODES[is] });
  const isTaken = definition !== null && problems.length === 0;
  return {
    definition: isTaken ? definition : null,
    entry: isTaken ? entryOf(definition) : null,
    slugAt,
    slug,
    problems,
    isLasting: findings.every(({ is }) => is !== 'not_reached'),
  };
}

const EXPLODES: Readonly<Record<Exclude<Analysis, 'safe'>, string>> = {
  vulnerable:
    'The regular expression explodes: there are texts on which it runs very long. Let each part take what the next one cannot, or count (.{0,50} for .*).',
  unknown:
    'It could not be told in time whether the regular expression explodes on some text. Write it more simply, with fewer endless or counted parts.',
  not_reached:
    'There was no time left to tell whether the regular expression explodes on some text: those of other files took it. It is looked at again with the next start.',
};
