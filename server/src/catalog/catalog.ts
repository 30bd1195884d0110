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
  get(slug: string): Definition | undefined;
  /** By name. */
  list(): readonly Definition[];
  /** Best match first; an empty text gives all, by name. */
  search(text: string): readonly Definition[];
  categories(): readonly string[];
  problems: readonly CatalogProblem[];
}

export function createCatalog(
  definitions: readonly Definition[],
  problems: readonly CatalogProblem[],
): Catalog {
  const bySlug = new Map(definitions.map((definition) => [definition.slug, definition]));
  // When first asked for: loading a language's order takes longer than reading the whole catalog.
  let sorted: Definition[] | null = null;
  const byName = () => (sorted ??= [...bySlug.values()].sort((a, b) => a.name.localeCompare(b.name, 'en')));
  return {
    get: (slug) => bySlug.get(slug),
    list: byName,
    search: (text) => searchIntegrations(byName(), text),
    categories: () => [...new Set([...bySlug.values()].map((definition) => definition.category))].sort(),
    problems,
  };
}
