import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { printable } from '../lib/printable.ts';
import { byName, type Catalog, type CatalogProblem, type CatalogSource, catalogOf } from './catalog.ts';
import type { Definition } from './definition.ts';
import { stamped, unstamped } from './files/address-stamp.ts';
import { definitionsIn } from './files/packed-definitions.ts';
import { type FolderToRead, readFolder } from './files/read-folder.ts';
import { memoryFolder, type RememberedFile } from './files/remembered.ts';

export interface CatalogFolders {
  /** The catalog that comes with the product. */
  builtIn: string;
  /** A folder of one's own (KEYRAIL_CATALOG_DIR): adds to the built-in files and overrides them by slug. */
  user?: string | undefined;
  /** `host:port` entries the operator allows although they are private. */
  allowedPrivateHosts?: readonly string[] | undefined;
  /** The folder where what was read is kept for the next start; among the installed packages when not said. */
  rememberIn?: string | undefined;
}

/**
 * Reads both folders, from what an earlier start has read where nothing changed since. Never throws for what is in a file: a file
 * with a problem is left out and reported with file, line and column, so that one broken file of somebody's own stops nothing.
 */
export async function loadCatalog(folders: CatalogFolders): Promise<Catalog> {
  const { builtIn, user, allowedPrivateHosts = [], rememberIn = memoryFolder } = folders;
  const ready = await loadBuiltIn({ folder: builtIn, origin: 'built_in', allowedPrivateHosts, rememberIn });
  const comesAlong = withStamps(ready.source, unstamped);
  if (user === undefined) return catalogOf([comesAlong], ready.problems, readingOf(ready));
  const own = await load({ folder: user, origin: 'user', allowedPrivateHosts, rememberIn });
  const mine = withStamps(own.source, (definition) => stamped(definition, comesAlong.read(definition.slug)));
  return catalogOf([comesAlong, mine], [...ready.problems, ...own.problems], readingOf(ready, own));
}

/** Each definition is looked at once, when it is asked for. */
function withStamps(
  { entries, read }: CatalogSource,
  stamp: (definition: Definition) => Definition,
): CatalogSource {
  const known = new WeakMap<Definition, Definition>();
  return {
    entries,
    read: (slug) => {
      const definition = read(slug);
      if (definition === undefined) return undefined;
      const found = known.get(definition) ?? stamp(definition);
      known.set(definition, found);
      return found;
    },
  };
}

function readingOf(...loaded: readonly Loaded[]): Pick<Catalog, 'digest' | 'leftOut'> {
  const texts = loaded.map(({ sums }) => [...sums].sort());
  return {
    digest: createHash('sha256').update(JSON.stringify(texts)).digest().readUInt32BE() >>> 1,
    leftOut: new Set(loaded.flatMap((one) => one.leftOut)),
  };
}

interface Loaded {
  source: CatalogSource;
  /** Of the texts that were taken. */
  sums: readonly string[];
  leftOut: readonly string[];
  problems: readonly CatalogProblem[];
}

/** What is right without any private host allowed is right with every list of them, so that one memory serves all. */
async function loadBuiltIn(asked: FolderToRead): Promise<Loaded> {
  const strict = await load({ ...asked, allowedPrivateHosts: [] });
  return strict.problems.length === 0 || asked.allowedPrivateHosts.length === 0 ? strict : load(asked);
}

async function load(asked: FolderToRead): Promise<Loaded> {
  const { pack, problems } = await readFolder(asked);
  const { files } = pack.index;
  const { bySlug, left } = withoutTwins(files);
  const inFile = (name: string) => ({ file: join(asked.folder, name), origin: asked.origin });
  const found: CatalogProblem[] = [
    ...problems,
    ...files.flatMap((file) => file.problems.map((problem) => ({ ...inFile(file.name), ...problem }))),
    ...left.map(({ file, twin }) => ({
      ...inFile(file.name),
      ...file.slugAt,
      message: `"${file.entry?.slug}" is already described in ${twin.name}. Rename one, or remove it.`,
    })),
  ];
  // Names of files stand in logs, on terminals and on pages.
  const all = found.map((one) => ({
    ...one,
    file: printable(one.file),
    message: printable(one.message),
  }));
  const taken = [...bySlug.values()];
  const entries = taken.flatMap(({ entry }) => entry ?? []);
  return {
    source: {
      entries: left.length === 0 ? entries : entries.sort(byName),
      read: definitionsIn(asked, pack, bySlug),
    },
    sums: taken.map(({ sum }) => sum),
    leftOut: [
      ...problems.map(({ file }) => nameOf(file)),
      ...files.flatMap(({ name, entry, slug }) => (entry === null ? [nameOf(name), slug ?? []].flat() : [])),
    ],
    problems: all.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1)),
  };
}

/** What a file is called by: most are called by their slug. */
function nameOf(file: string): string {
  return basename(file).replace(/\.ya?ml$/i, '');
}

/** Of several files with one slug, the one that is called by it is taken, and not a copy beside it; else the first by name. */
function withoutTwins(files: readonly RememberedFile[]) {
  const bySlug = new Map<string, RememberedFile>();
  const twins: RememberedFile[] = [];
  for (const file of files) {
    if (file.entry === null) continue;
    const other = bySlug.get(file.entry.slug);
    const isFirst = other === undefined || comesBefore(file.name, other.name, file.entry.slug);
    if (isFirst) bySlug.set(file.entry.slug, file);
    if (other !== undefined) twins.push(isFirst ? other : file);
  }
  const left = twins.flatMap((file) => {
    const twin = bySlug.get(file.entry?.slug ?? '');
    return twin === undefined ? [] : [{ file, twin }];
  });
  return { bySlug, left };
}

/** Which of two files of one slug is taken. */
export function comesBefore(name: string, other: string, slug: string): boolean {
  const isCalledSo = (one: string) => one === `${slug}.yaml` || one === `${slug}.yml`;
  return isCalledSo(name) === isCalledSo(other) ? name < other : isCalledSo(name);
}
