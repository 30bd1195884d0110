import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Catalog, type CatalogProblem, createCatalog } from './catalog.ts';
import { checkDefinition } from './check-definition.ts';
import { type Definition, definitionSchema } from './definition.ts';
import { problemsOf } from './definition-problems.ts';
import { parseSourceFile } from './source-file.ts';

export interface CatalogFolders {
  /** The catalog that comes with the product. */
  builtIn: string;
  /** A folder of one's own (KEYRAIL_CATALOG_DIR): adds to the built-in files and overrides them by slug. */
  user?: string | undefined;
  /** `host:port` entries the operator allows although they are private. */
  allowedPrivateHosts?: readonly string[] | undefined;
}

const LARGEST_FILE_BYTES = 256 * 1024;

/**
 * Reads both folders. Never throws for what is in a file: a file with a problem is left out and reported with file,
 * line and column, so that one broken file of somebody's own stops nothing.
 */
export async function loadCatalog(folders: CatalogFolders): Promise<Catalog> {
  const allowed = folders.allowedPrivateHosts ?? [];
  const builtIn = await loadFolder(folders.builtIn, 'built_in', allowed);
  const user = folders.user === undefined ? EMPTY : await loadFolder(folders.user, 'user', allowed);
  const definitions = new Map(builtIn.definitions.map((definition) => [definition.slug, definition]));
  for (const definition of user.definitions) definitions.set(definition.slug, definition);
  return createCatalog([...definitions.values()], [...builtIn.problems, ...user.problems]);
}

interface Loaded {
  definitions: readonly Definition[];
  problems: readonly CatalogProblem[];
}

const EMPTY: Loaded = { definitions: [], problems: [] };

async function loadFolder(
  folder: string,
  origin: CatalogProblem['origin'],
  allowed: readonly string[],
): Promise<Loaded> {
  const problems: CatalogProblem[] = [];
  const files = new Map<string, { definition: Definition; file: string }>();
  for (const file of await yamlFiles(folder, origin, problems)) {
    const text = await readText(file, origin, problems);
    const read = text === null ? null : readDefinition(file, text, origin, allowed);
    if (read === null) continue;
    problems.push(...read.problems);
    if (read.definition === null) continue;
    const { slug } = read.definition;
    const other = files.get(slug);
    if (other === undefined) files.set(slug, { definition: read.definition, file });
    else
      problems.push({
        file,
        ...read.slugAt,
        origin,
        message: `"${slug}" is already described in ${other.file}. Rename one, or remove it.`,
      });
  }
  return { definitions: [...files.values()].map((one) => one.definition), problems };
}

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

async function yamlFiles(
  folder: string,
  origin: CatalogProblem['origin'],
  problems: CatalogProblem[],
): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    problems.push({
      file: folder,
      line: 1,
      column: 1,
      origin,
      message: `The folder cannot be read (${reasonOf(error)}).`,
    });
    return [];
  }
}

async function readText(
  file: string,
  origin: CatalogProblem['origin'],
  problems: CatalogProblem[],
): Promise<string | null> {
  const report = (message: string) => {
    problems.push({ file, line: 1, column: 1, origin, message });
    return null;
  };
  try {
    if ((await stat(file)).size > LARGEST_FILE_BYTES) return report('The file is larger than 256 KB.');
    return await readFile(file, 'utf8');
  } catch (error) {
    return report(`The file cannot be read (${reasonOf(error)}).`);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
