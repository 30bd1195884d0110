import type { Queries } from '../../db/open.ts';

/** A sign-in setup, as far as checking it needs. */
export interface EnteredSetup {
  /** Empty: the operator's. */
  workspaceId: string;
  integration: string;
  enteredUnder: string | null;
  refused: { words: string | null; since: Date } | null;
}

/** Sign-in setups of one workspace and the operator's; null: of all workspaces. */
export async function enteredSetups(system: Queries, workspaceId: string | null): Promise<EnteredSetup[]> {
  const columns = ['integration', 'entered_under', 'refused_since', 'refused_words'] as const;
  const own = system.selectFrom('oauth_apps').select([...columns, 'workspace_id']);
  const shared = await system.selectFrom('oauth_operator_apps').select(columns).execute();
  const rows = [
    ...(await (workspaceId === null ? own : own.where('workspace_id', '=', workspaceId)).execute()),
    ...shared.map((row) => ({ ...row, workspace_id: '' })),
  ];
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    integration: row.integration,
    enteredUnder: row.entered_under,
    refused: row.refused_since === null ? null : { words: row.refused_words, since: row.refused_since },
  }));
}
