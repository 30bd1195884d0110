import type { Catalog } from './catalog.ts';

const LONGEST_SHOWN = 60;

/** What to say to a program that names an integration there is none of: people write names where slugs belong. */
export function noSuchIntegration(catalog: Pick<Catalog, 'search'>, named: string): string {
  const [closest] = catalog.search(named);
  const shown = named.length > LONGEST_SHOWN ? `${named.slice(0, LONGEST_SHOWN)}…` : named;
  return `There is no integration “${shown}”. ${
    closest === undefined
      ? 'GET /v1/integrations?search=… finds those that there are.'
      : `Did you mean “${closest.slug}”?`
  }`;
}
