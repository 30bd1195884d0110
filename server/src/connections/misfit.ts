import type { Catalog } from '../catalog/catalog.ts';
import { methodById } from '../catalog/methods.ts';
import {
  ADDRESS_CHANGED,
  ADDRESS_STAMP,
  isForOtherAddress,
  isOfOtherStamp,
} from '../catalog/requests/base-url.ts';
import type { Connection } from './connection.ts';

/** Why the catalog has no use for what is stored of a connection, and what is kept for when it has. */
export type Misfit = 'file_gone' | 'method_gone' | 'address_changed';

/** All of a connection that decides this, but for what only its own fields say. */
export interface Footing {
  integration: string;
  methodId: string;
  /** The address stamp it was made with; null: none. */
  stamp: string | null;
  /** What is written down. */
  misfit: Misfit | null;
}

type Definitions = Pick<Catalog, 'get'>;

/** Null: it fits. */
export function misfitOf(
  catalog: Definitions,
  { integration, methodId, fields }: Pick<Connection, 'integration' | 'methodId' | 'fields'>,
): Misfit | null {
  const definition = catalog.get(integration);
  if (definition === undefined) return 'file_gone';
  if (methodById(definition, methodId) === undefined) return 'method_gone';
  return isForOtherAddress(definition, fields) ? 'address_changed' : null;
}

/** The same of all connections that stand on one thing. */
export function misfitOfAll(
  catalog: Definitions,
  { integration, methodId, stamp }: Omit<Footing, 'misfit'>,
): Misfit | null {
  const fields = stamp === null ? {} : { [ADDRESS_STAMP]: stamp };
  const found = misfitOf(catalog, { integration, methodId, fields });
  if (found !== 'address_changed') return found;
  const definition = catalog.get(integration);
  return definition !== undefined && isOfOtherStamp(definition, stamp) ? found : null;
}

/** What stands beside its status. `name`: the integration's. */
export function misfitWords(
  misfit: Misfit,
  { integration, methodId }: Pick<Connection, 'integration' | 'methodId'>,
  name: string,
): string {
  switch (misfit) {
    case 'file_gone':
      return `The catalog has no “${integration}” any more: its file is gone or broken. The connection is kept, and works again when the file is back.`;
    case 'method_gone':
      return `The catalog file of ${name} has no auth method “${methodId}” any more, which this connection was made with. Reconnect it in a way there is now, or put the file back as it was.`;
    case 'address_changed':
      return ADDRESS_CHANGED;
  }
}

/** What its timeline says once it fits again. */
export function fitsAgainWords(
  misfit: Misfit,
  { integration, methodId }: Pick<Connection, 'integration' | 'methodId'>,
): string {
  switch (misfit) {
    case 'file_gone':
      return `The file of “${integration}” is back in the catalog.`;
    case 'method_gone':
      return `The auth method “${methodId}” is back in the file of “${integration}”.`;
    case 'address_changed':
      return 'The address is again the one that these credentials were entered for.';
  }
}
