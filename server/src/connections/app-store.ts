import { sql } from 'kysely';
import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import { STATUSES } from './connection.ts';

export interface AppRow {
  integration: string;
  count: number;
  /** A place in `STATUSES`, from 0. */
  worst: number;
  lastUsedAt: Date | null;
}

/** Where a page of apps begins: after this one. */
export interface AppPlace {
  worst: number;
  integration: string;
}

/**
 * One line per integration that has a connection, the worst status first. Read from counts that are kept up with every
 * change (0095), so that it costs what it shows.
 */
export async function listApps(
  tx: Tx,
  workspaceId: string,
  page: { after: AppPlace | null; limit: number | null },
): Promise<AppRow[]> {
  const lastUsed = sql<Date | null>`(
    select connections.last_used_at from connections
    where connections.workspace_id = ${workspaceId} and connections.integration = connected_apps.integration
    order by connections.last_used_at desc nulls last limit 1)`;
  let query = queries(tx)
    .selectFrom('connected_apps')
    .select(['integration', 'connection_count as count', 'worst', lastUsed.as('lastUsedAt')])
    .where('workspace_id', '=', workspaceId)
    .orderBy('worst', 'desc')
    .orderBy('integration');
  if (page.after !== null) {
    const { worst, integration } = page.after;
    const rank = worst + 1;
    query = query.where((eb) =>
      eb.and([eb('worst', '<=', rank), eb.or([eb('worst', '<', rank), eb('integration', '>', integration)])]),
    );
  }
  if (page.limit !== null) query = query.limit(page.limit);
  const rows = await query.execute();
  return rows.map((row) => ({ ...row, worst: row.worst - 1 }));
}

/** The same over some connections alone: those a bound token may see. They are few. */
export async function listAppsAmong(
  tx: Tx,
  workspaceId: string,
  ids: ReadonlySet<string>,
): Promise<AppRow[]> {
  const rank = sql<number>`max(array_position(${[...STATUSES]}::text[], status))`;
  const rows = await queries(tx)
    .selectFrom('connections')
    .select((eb) => [
      'integration',
      eb.fn.countAll<number>().as('count'),
      rank.as('worst'),
      eb.fn.max('last_used_at').as('lastUsedAt'),
    ])
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', sql<string>`any(${[...ids]})`)
    .groupBy('integration')
    .orderBy('worst', 'desc')
    .orderBy('integration')
    .execute();
  return rows.map((row) => ({ ...row, count: Number(row.count), worst: Number(row.worst) - 1 }));
}

/** How many connections these integrations have; those without one are left out. */
export async function countConnections(
  tx: Tx,
  workspaceId: string,
  integrations: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await queries(tx)
    .selectFrom('connected_apps')
    .select(['integration', 'connection_count as count'])
    .where('workspace_id', '=', workspaceId)
    .where('integration', '=', sql<string>`any(${[...integrations]})`)
    .execute();
  return new Map(rows.map((row) => [row.integration, row.count]));
}
