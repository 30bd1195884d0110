import { sql } from 'kysely';
import { type Queries, queries } from '../db/open.ts';
import type { Transact } from '../lib/tx.ts';

/** Which setup, and whose. What is known of an older secret (version) says nothing of a newer one. */
export interface SetupPlace {
  setUpBy: 'workspace' | 'operator';
  workspaceId: string;
  integration: string;
  version: number;
}

/** What is known of setups that a provider refuses: for all connections under one, in all processes. */
export interface RefusalStore {
  /** False: that was known, or another secret is there by now. */
  mark(place: SetupPlace, refused: Refused): Promise<boolean>;
  /**
   * The right to try it once more, which one connection has for each step: whoever comes first, but not the same as before
   * while there may be another, since what was refused may have been wrong with that one alone.
   */
  claimTrial(place: SetupPlace, trial: Trial): Promise<boolean>;
  /** It works again. False: that was known. */
  clear(place: SetupPlace): Promise<boolean>;
  /** The workspaces with connections that people signed in for, as far as they have no setup of their own. */
  usersOf(integration: string): Promise<string[]>;
}

export interface Refused {
  words: string | null;
  /** The connection. */
  by: string;
  at: Date;
  retryAt: Date;
}

export interface Trial {
  by: string;
  now: Date;
  nextAt: Date;
  /** A trial that was due then already may be the same connection's again. */
  othersFirstUntil: Date;
}

export function createRefusalStore(system: Queries, transact: Transact): RefusalStore {
  const changed = async (
    place: SetupPlace,
    change: (handle: Queries) => Promise<number>,
  ): Promise<boolean> => {
    const count =
      place.setUpBy === 'operator'
        ? await change(system)
        : await transact(place.workspaceId, (tx) => change(queries(tx)));
    return count > 0;
  };
  return {
    mark: (place, { words, by, at, retryAt }) =>
      changed(place, (handle) =>
        update(
          handle,
          place,
          sql`refused_since = ${at}, refused_words = ${words}, refused_tries = 1,
          refused_by = ${by}, retry_at = ${retryAt}`,
          sql`refused_since is null`,
        ),
      ),
    claimTrial: (place, { by, now, nextAt, othersFirstUntil }) =>
      changed(place, (handle) =>
        update(
          handle,
          place,
          sql`retry_at = ${nextAt}, refused_by = ${by}, refused_tries = refused_tries + 1`,
          sql`refused_since is not null and retry_at <= ${now}
            and (refused_by <> ${by} or retry_at <= ${othersFirstUntil})`,
        ),
      ),
    clear: (place) =>
      changed(place, (handle) =>
        update(
          handle,
          place,
          sql`refused_since = null, refused_words = null, refused_tries = 0,
          refused_by = null, retry_at = null`,
          sql`refused_since is not null`,
        ),
      ),
    usersOf: async (integration) => {
      const found = await system
        .selectFrom('connections')
        .select('workspace_id')
        .distinct()
        .where('integration', '=', integration)
        .where('method', '=', 'oauth2')
        .where('status', '!=', 'disconnected')
        .where((eb) =>
          eb.not(
            eb.exists(
              eb
                .selectFrom('oauth_apps')
                .select('oauth_apps.id')
                .whereRef('oauth_apps.workspace_id', '=', 'connections.workspace_id')
                .where('oauth_apps.integration', '=', integration),
            ),
          ),
        )
        .execute();
      return found.map((row) => row.workspace_id);
    },
  };
}

async function update(
  handle: Queries,
  { setUpBy, workspaceId, integration, version }: SetupPlace,
  change: ReturnType<typeof sql>,
  where: ReturnType<typeof sql>,
): Promise<number> {
  const table = sql.table(setUpBy === 'operator' ? 'oauth_operator_apps' : 'oauth_apps');
  const own = setUpBy === 'operator' ? sql`true` : sql`workspace_id = ${workspaceId}`;
  const done = await sql`update ${table} set ${change}
    where integration = ${integration} and version = ${version} and ${own} and ${where}`.execute(handle);
  return Number(done.numAffectedRows ?? 0);
}
