import { type Catalog, extended, sourceOf } from './catalog.ts';
import type { Definition } from './definition.ts';

/** The catalog as one workspace sees it: what is ready-made, and what it made itself. */
export interface Catalogs {
  of(workspaceId: string): Promise<Catalog>;
}

/** All workspaces' catalogs in this process, kept until somebody says that one changed. */
export interface KeptCatalogs extends Catalogs {
  /** What every workspace has. */
  readyMade: Catalog;
  /** Drops what is kept of a workspace; null: of all. Somebody else's reading that is under way is not kept either. */
  forget(workspaceId: string | null): void;
}

interface Deps {
  readyMade: Catalog;
  /** A workspace's own integrations. Their slugs begin with `OWN_PREFIX`. */
  own(workspaceId: string): Promise<readonly Definition[]>;
}

/** NOTIFY channel: a workspace made, changed or deleted an integration of its own. The payload is its id. */
export const CATALOG_CHANGED = 'catalog_changed';

/** No ready-made integration's slug begins so: the two never meet, whatever is added to either. */
export const OWN_PREFIX = 'custom-';

const MAX_KEPT = 2_000;

/** Bounded in number: what was asked for least recently goes first. */
export function createCatalogs(deps: Deps, maxKept = MAX_KEPT): KeptCatalogs {
  const kept = new Map<string, Promise<Catalog>>();

  function read(workspaceId: string): Promise<Catalog> {
    const reading = deps.own(workspaceId).then((own) => withOwn(deps.readyMade, own));
    reading.catch(() => {
      if (kept.get(workspaceId) === reading) kept.delete(workspaceId);
    });
    return reading;
  }

  return {
    readyMade: deps.readyMade,
    of: (workspaceId) => {
      const catalog = kept.get(workspaceId) ?? read(workspaceId);
      kept.delete(workspaceId);
      kept.set(workspaceId, catalog);
      const oldest = kept.size > maxKept ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
      return catalog;
    },
    forget: (workspaceId) => {
      if (workspaceId === null) kept.clear();
      else kept.delete(workspaceId);
    },
  };
}

/** One catalog for every workspace. */
export function sameForAll(catalog: Catalog): Catalogs {
  const same = Promise.resolve(catalog);
  return { of: () => same };
}

function withOwn(readyMade: Catalog, own: readonly Definition[]): Catalog {
  if (own.length === 0) return readyMade;
  return extended(readyMade, sourceOf(own));
}
