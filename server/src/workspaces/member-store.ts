import type { Role } from '@keyrail/contract/people';
import { type Queries, queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { Member, Workspace, WorkspaceChange } from './workspace.ts';

/** Which workspaces a person is in: asked before it is known which one a request is about. */
export interface MembershipStore {
  roleIn(userId: string, workspaceId: string): Promise<Role | null>;
  workspacesOf(userId: string): Promise<(Workspace & { role: Role })[]>;
  /** By id or by name; for the operator. */
  findWorkspaces(idOrName: string): Promise<Workspace[]>;
  allWorkspaces(limit: number): Promise<Workspace[]>;
}

export function createMembershipStore(system: Queries): MembershipStore {
  const columns = [
    'workspaces.id',
    'workspaces.name',
    'contact_for_help as contactForHelp',
    'version',
  ] as const;
  return {
    roleIn: async (userId, workspaceId) => {
      const found = await system
        .selectFrom('members')
        .select('role')
        .where('workspace_id', '=', workspaceId)
        .where('user_id', '=', userId)
        .executeTakeFirst();
      return (found?.role as Role | undefined) ?? null;
    },
    workspacesOf: async (userId) => {
      const rows = await system
        .selectFrom('members')
        .innerJoin('workspaces', 'workspaces.id', 'members.workspace_id')
        .select([...columns, 'members.role'])
        .where('members.user_id', '=', userId)
        .orderBy('workspaces.name')
        .orderBy('workspaces.id')
        .execute();
      return rows as (Workspace & { role: Role })[];
    },
    allWorkspaces: async (limit) => {
      const rows = await system.selectFrom('workspaces').select(columns).orderBy('id').limit(limit).execute();
      return rows as Workspace[];
    },
    findWorkspaces: async (idOrName) => {
      const rows = await system
        .selectFrom('workspaces')
        .select(columns)
        .where((is) => is.or([is('id', '=', idOrName), is('name', '=', idOrName)]))
        .execute();
      return rows as Workspace[];
    },
  };
}

export async function findWorkspace(tx: Tx, workspaceId: string): Promise<Workspace> {
  const row = await queries(tx)
    .selectFrom('workspaces')
    .select(['id', 'name', 'contact_for_help as contactForHelp', 'version'])
    .where('id', '=', workspaceId)
    .executeTakeFirstOrThrow();
  return row as Workspace;
}

/** Null when it is at another version than the expected one. */
export async function updateWorkspace(
  tx: Tx,
  workspaceId: string,
  change: WorkspaceChange,
  expectedVersion: number | null,
): Promise<Workspace | null> {
  let update = queries(tx)
    .updateTable('workspaces')
    .set((is) => ({
      ...(change.name !== undefined && { name: change.name }),
      ...(change.contactForHelp !== undefined && { contact_for_help: change.contactForHelp }),
      version: is('version', '+', 1),
    }))
    .where('id', '=', workspaceId);
  if (expectedVersion !== null) update = update.where('version', '=', expectedVersion);
  const row = await update
    .returning(['id', 'name', 'contact_for_help as contactForHelp', 'version'])
    .executeTakeFirst();
  return (row as Workspace | undefined) ?? null;
}

export async function listMembers(
  tx: Tx,
  workspaceId: string,
  page: { limit: number; after: string | null },
): Promise<Member[]> {
  let query = queries(tx)
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select([
      'users.id as userId',
      'users.name',
      'users.email',
      'members.role',
      'members.created_at as createdAt',
    ])
    .where('members.workspace_id', '=', workspaceId)
    .orderBy('users.id')
    .limit(page.limit);
  if (page.after !== null) query = query.where('users.id', '>', page.after);
  return (await query.execute()) as Member[];
}
