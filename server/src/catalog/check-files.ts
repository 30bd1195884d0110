import { join } from 'node:path';
import type { CatalogProblem } from './catalog.ts';
import { type CatalogEntry, entryOf } from './catalog-entry.ts';
import { OWN_PREFIX } from './catalogs.ts';
import type { Definition } from './definition.ts';
import { readDefinition } from './read-definition.ts';

export interface FileText {
  name: string;
  text: string;
}

export interface FileChecked {
  /** Null: it has problems. */
  definition: Definition | null;
  entry: CatalogEntry | null;
  slugAt: { line: number; column: number };
  problems: readonly { line: number; column: number; message: string }[];
  /** The same text would be judged the same again. */
  isLasting: boolean;
}

interface Asked {
  folder: string;
  origin: CatalogProblem['origin'];
  allowedPrivateHosts: readonly string[];
}

/** Parses and checks the texts of files, in their order. */
export async function checkFiles(
  files: readonly FileText[],
  { folder, origin, allowedPrivateHosts }: Asked,
): Promise<FileChecked[]> {
  return files.map(({ name, text }) => {
    const read = readDefinition(join(folder, name), text, origin, allowedPrivateHosts);
    const { definition, slugAt } = read;
    const problems = read.problems.map(({ line, column, message }) => ({ line, column, message }));
    if (definition?.slug.startsWith(OWN_PREFIX)) {
      const message = `A slug that begins with "${OWN_PREFIX}" belongs to a workspace. Choose another.`;
      problems.push({ ...slugAt, message });
    }
    const isTaken = definition !== null && problems.length === 0;
    return {
      definition: isTaken ? definition : null,
      entry: isTaken ? entryOf(definition) : null,
      slugAt,
      problems,
      isLasting: true,
    };
  });
}
