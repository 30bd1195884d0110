import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Catalog, type CatalogProblem, createCatalog } from './catalog.ts';
import { OWN_PREFIX } from './catalogs.ts';
import type { Definition } from './definition.ts';
import { recall, remember, rememberedFile } from './remembered.ts';

export interface CatalogFolders {
  /** The catalog that comes with the product. */
  builtIn: string;
  /** A folder of one's own (KEYRAIL_CATALOG_DIR): adds to the built-in files and overrides them by slug. */
  user?: string | undefined;
  /** `host:port` entries the operator allows although they are private. */
  allowedPrivateHosts?: readonly string[] | undefined;
  /** Where the built-in catalog is kept as it was read last; among the installed packages when not said. */
  rememberIn?: string | undefined;
}

const LARGEST_FILE_BYTES = 256 * 1024;

/**
 * Reads both folders, the built-in one from what an earlier start has read where nothing changed since. Never throws for what is in a file: a file with a problem is left out and reported with file,
 * line and column, so that one broken file of somebody's own stops nothing.
 */
export async function loadCatalog(folders: CatalogFolders): Promise<Catalog> {
  const allowed = folders.allowedPrivateHosts ?? [];
  const builtIn = await loadBuiltIn(folders.rememberIn ?? rememberedFile, folders.builtIn, allowed);
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

/** What is right without any private host allowed is right with every list of them, so that one memory serves all. */
async function loadBuiltIn(file: string, folder: string, allowed: readonly string[]): Promise<Loaded> {
  const { definitions, key } = await recall(file, folder);
  if (definitions) return { definitions, problems: [] };
  const loaded = await loadFolder(folder, 'built_in', []);
  if (loaded.problems.length > 0) return loadFolder(folder, 'built_in', allowed);
  await remember(file, key, loaded.definitions);
  return loaded;
}

async function loadFolder(
  folder: string,
  origin: CatalogProblem['origin'],
  allowed: readonly string[],
): Promise<Loaded> {
  // Loaded only when there is something to read: parser and schema cost a third of a start.
  const { readDefinition } = await import('./read-definition.ts');
  const problems: CatalogProblem[] = [];
  const files = new Map<string, { definition: Definition; file: string }>();
  for (const file of await yamlFiles(folder, origin, problems)) {
    const text = await readText(file, origin, problems);
    const read = text === null ? null : readDefinition(file, text, origin, allowed);
    if (read === null) continue;
    problems.push(...read.problems);
    if (read.definition === null) continue;
    const { slug } = read.definition;
    if (slug.startsWith(OWN_PREFIX)) {
      const message = `A slug that begins with "${OWN_PREFIX}" belongs to a workspace. Choose another.`;
      problems.push({ file, ...read.slugAt, origin, message });
      continue;
    }
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
