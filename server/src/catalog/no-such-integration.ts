import type { Catalog } from './catalog.ts';

const LONGEST_SHOWN = 60;

/**
 * What to say to a program that names an integration there is none of: people write names where slugs belong, and files of one's
 * own have mistakes. Not what is wrong with a file: that is for owners and admins.
 */
export function noSuchIntegration(catalog: Pick<Catalog, 'search' | 'leftOut'>, named: string): string {
  const shown = named.length > LONGEST_SHOWN ? `${named.slice(0, LONGEST_SHOWN)}…` : named;
  return `There is no integration “${shown}”. ${hint(catalog, named)}`;
}

function hint(catalog: Pick<Catalog, 'search' | 'leftOut'>, named: string): string {
  if (catalog.leftOut.has(named))
    return 'A file for it is left out; owners and admins see why under Check my setup.';
  const [closest] = catalog.search(named);
  return closest === undefined
    ? 'GET /v1/integrations?search=… finds those that there are.'
    : `Did you mean “${closest.slug}”?`;
}
