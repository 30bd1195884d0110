import { basename } from 'node:path';
import type { Catalog } from './catalog.ts';

const LONGEST_SHOWN = 60;

/**
 * What to say to a program that names an integration there is none of: people write names where slugs belong, and files of one's
 * own have mistakes. Not what is wrong with a file: that is for owners and admins.
 */
export function noSuchIntegration(catalog: Pick<Catalog, 'search' | 'problems'>, named: string): string {
  const shown = named.length > LONGEST_SHOWN ? `${named.slice(0, LONGEST_SHOWN)}…` : named;
  return `There is no integration “${shown}”. ${hint(catalog, named)}`;
}

function hint(catalog: Pick<Catalog, 'search' | 'problems'>, named: string): string {
  if (isLeftOut(catalog, named))
    return 'A file for it is left out; owners and admins see why under Check my setup.';
  const [closest] = catalog.search(named);
  return closest === undefined
    ? 'GET /v1/integrations?search=… finds those that there are.'
    : `Did you mean “${closest.slug}”?`;
}

/** What is broken may have no slug that can be read, so files are told by their names. */
function isLeftOut({ problems }: Pick<Catalog, 'problems'>, named: string): boolean {
  return problems.some(({ file }) => [`${named}.yaml`, `${named}.yml`].includes(basename(file)));
}
