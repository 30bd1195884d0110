import type { Queries } from '../db/open.ts';

/** Integrations with connections, and how many; null: of all workspaces together, past row-level security. */
export async function integrationsInUse(
  system: Queries,
  workspaceId: string | null,
): Promise<{ integration: string; connections: number }[]> {
  const rows = await system
    .selectFrom('connected_apps')
    .select(({ fn }) => ['integration', fn.sum<string>('connection_count').as('connections')])
    .where('connection_count', '>', 0)
    .$if(workspaceId !== null, (query) => query.where('workspace_id', '=', workspaceId))
    .groupBy('integration')
    .orderBy('integration')
    .execute();
  return rows.map(({ integration, connections }) => ({ integration, connections: Number(connections) }));
}
