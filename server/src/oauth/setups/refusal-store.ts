import { sql } from 'kysely';
import { type Queries, queries } from '../../db/open.ts';
import type { Transact } from '../../lib/tx.ts';
import type { RefusalStore, SetupPlace } from './refusal.ts';

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
