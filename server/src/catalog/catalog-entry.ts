import type { AuthMethod } from './definition/auth-definition.ts';
import type { Definition } from './definition.ts';
import type { ActionName } from './search-actions.ts';

/** What lists, search and categories need of an integration. All of it is in memory; the rest is read when it is asked for. */
export interface CatalogEntry
  extends Pick<Definition, 'slug' | 'name' | 'category' | 'description' | 'icon' | 'synonyms'> {
  /** Each kind once, in the order they are offered. */
  methods: readonly AuthMethod['type'][];
  /** People sign in, and the provider takes no redirect URI that starts with http://. */
  needsHttps: boolean;
  /** What it does row by row, as far as it is found by it. */
  actions: readonly ActionName[];
}

export function entryOf(definition: Definition): CatalogEntry {
  const { slug, name, category, description, icon, synonyms, auth, actions } = definition;
  return {
    slug,
    name,
    category,
    description,
    icon,
    synonyms,
    methods: [...new Set(auth.map((method) => method.type))],
    needsHttps: auth.some((method) => method.type === 'oauth2' && method.requiresHttps),
    actions: actions
      .filter((action) => action.perRow)
      .map(({ name, label, description }) => ({ name, label, description })),
  };
}
