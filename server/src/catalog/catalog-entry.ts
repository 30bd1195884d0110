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
  /** The hosts it is at, by which it is found: of its page, and of its documentation where that is the tool's own. */
  sites: readonly string[];
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
    sites: sitesOf(definition),
    actions: actions
      .filter((action) => action.perRow)
      .map(({ name, label, description }) => ({ name, label, description })),
  };
}

/** Documentation that lies with somebody else, a code host or a maker of documentation, is nobody's address. */
function sitesOf({ slug, homepage, docsUrl }: Definition): string[] {
  const [page, docs] = [homepage, docsUrl].map((url) => new URL(url).hostname.replace(/^www\./, ''));
  const ofItsOwn = docs?.includes(slug.split('-')[0] ?? slug) === true ? docs : page;
  return [...new Set([page, ofItsOwn].filter((host) => host !== undefined))];
}
