import { type CatalogEntry, entryOf } from './catalog-entry.ts';
import type { Definition } from './definition.ts';
import { searchIntegrations } from './search.ts';

/** Something wrong in a catalog file: where, what, and what to do. Lines and columns count from 1. */
export interface CatalogProblem {
  file: string;
  line: number;
  column: number;
  message: string;
  /** A broken file of the user's folder is left out; a broken built-in one fails the tests. */
  origin: 'built_in' | 'user';
}

/** All integrations this server knows, ready-made and from the user's folder. Immutable. */
export interface Catalog {
  /** All there is to one integration. Read from disk where it was not asked for lately. */
  get(slug: string): Definition | undefined;
  /** What lists and icons need of it, from memory. */
  entry(slug: string): CatalogEntry | undefined;
  /** By name. */
  list(): readonly CatalogEntry[];
  /** Best match first; an empty text gives all, by name. */
  search(text: string): readonly CatalogEntry[];
  problems: readonly CatalogProblem[];
  /** Slugs that files are called by, or say they describe, which are left out; some may be described by others. */
  leftOut: ReadonlySet<string>;
  /** The same for processes that have read the same files; another number, most likely, for others. Not negative, of 31 bits. */
  digest: number;
}

/** Where the definitions of a catalog come from; the last one that has a slug wins. */
export interface CatalogSource {
  /** By name. */
  entries: readonly CatalogEntry[];
  read(slug: string): Definition | undefined;
}

/** A catalog of definitions that are in memory. */
export function createCatalog(
  definitions: readonly Definition[],
  problems: readonly CatalogProblem[],
): Catalog {
  return catalogOf([sourceOf(definitions)], problems);
}

export function sourceOf(definitions: readonly Definition[]): CatalogSource {
  const bySlug = new Map(definitions.map((definition) => [definition.slug, definition]));
  const entries = [...bySlug.values()].map(entryOf);
  return { entries: entries.length > 1 ? entries.sort(byName) : entries, read: (slug) => bySlug.get(slug) };
}

const NOTHING_READ = { digest: 0, leftOut: new Set<string>() };

export function catalogOf(
  sources: readonly CatalogSource[],
  problems: readonly CatalogProblem[],
  { digest, leftOut }: Pick<Catalog, 'digest' | 'leftOut'> = NOTHING_READ,
): Catalog {
  const found = new Map<string, { entry: CatalogEntry; source: CatalogSource }>();
  for (const source of sources) for (const entry of source.entries) found.set(entry.slug, { entry, source });
  const full = sources.filter((source) => source.entries.length > 0);
  // When first asked for: loading a language's order takes longer than reading the whole catalog.
  let sorted: readonly CatalogEntry[] | null = full.length === 1 ? (full[0]?.entries ?? null) : null;
  const list = () => (sorted ??= [...found.values()].map(({ entry }) => entry).sort(byName));
  return {
    get: (slug) => found.get(slug)?.source.read(slug),
    entry: (slug) => found.get(slug)?.entry,
    list,
    search: (text) => searchIntegrations(list(), text),
    problems,
    leftOut,
    digest,
  };
}

/** The catalog with a few more, whose slugs it does not have. It is not copied: there may be thousands of such catalogs. */
export function extended(catalog: Catalog, own: CatalogSource): Catalog {
  const slugs = new Map(own.entries.map((entry) => [entry.slug, entry]));
  const list = () => merged(catalog.list(), own.entries);
  return {
    get: (slug) => (slugs.has(slug) ? own.read(slug) : catalog.get(slug)),
    entry: (slug) => slugs.get(slug) ?? catalog.entry(slug),
    list,
    search: (text) => searchIntegrations(list(), text),
    problems: catalog.problems,
    leftOut: catalog.leftOut,
    digest: catalog.digest,
  };
}

/** Each of the few is put in at its place, which is found by halving. */
function merged(many: readonly CatalogEntry[], few: readonly CatalogEntry[]): readonly CatalogEntry[] {
  const all: CatalogEntry[] = [];
  let taken = 0;
  for (const entry of few) {
    let [low, high] = [taken, many.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = many[middle];
      if (other !== undefined && byName(other, entry) <= 0) low = middle + 1;
      else high = middle;
    }
    for (; taken < low; taken++) all.push(many[taken] as CatalogEntry);
    all.push(entry);
  }
  return [...all, ...many.slice(taken)];
}

let collator: Intl.Collator | null = null;

export function byName(a: Pick<CatalogEntry, 'name'>, b: Pick<CatalogEntry, 'name'>): number {
  collator ??= new Intl.Collator('en');
  return collator.compare(a.name, b.name);
}
