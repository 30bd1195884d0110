import type { UserId } from '@keyrail/contract/ids';
import type { Role } from '@keyrail/contract/people';
import { sql } from 'kysely';
import { type Queries, queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { Member, Workspace, WorkspaceChange } from './workspace.ts';

/** Which workspaces a person is in: asked before it is known which one a request is about. */
export interface MembershipStore {
  workspacesOf(userId: string): Promise<(Workspace & { role: Role })[]>;
  /** By id or by name; for the operator. */
  findWorkspaces(idOrName: string): Promise<Workspace[]>;
  allWorkspaces(limit: number): Promise<Workspace[]>;
}

const columns = [
  'workspaces.id',
  'workspaces.name',
  'contact_for_help as contactForHelp',
  'connections_visible_to as connectionsVisibleTo',
  sql<string[]>`array(
    select users.name from members join users on users.id = members.user_id
    where members.workspace_id = workspaces.id and members.role = 'owner'
    order by members.created_at, users.id limit 4
  )`.as('owners'),
  'version',
] as const;

export function createMembershipStore(system: Queries): MembershipStore {
  return {
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
      const rows = await system
        .selectFrom('workspaces')
        .select(columns)
        .where('deleting_at', 'is', null)
        .orderBy('id')
        .limit(limit)
        .execute();
      return rows as Workspace[];
    },
    findWorkspaces: async (idOrName) => {
      const rows = await system
        .selectFrom('workspaces')
        .select(columns)
        .where('deleting_at', 'is', null)
        .where((is) => is.or([is('id', '=', idOrName), is('name', '=', idOrName)]))
        .execute();
      return rows as Workspace[];
    },
  };
}

export async function findWorkspace(tx: Tx, workspaceId: string): Promise<Workspace> {
  const row = await queries(tx)
    .selectFrom('workspaces')
    .select(columns)
    .where('workspaces.id', '=', workspaceId)
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
      ...(change.connectionsVisibleTo !== undefined && {
        connections_visible_to: change.connectionsVisibleTo,
      }),
      version: is('version', '+', 1),
    }))
    .where('id', '=', workspaceId);
  if (expectedVersion !== null) update = update.where('version', '=', expectedVersion);
  const row = await update.returning(columns).executeTakeFirst();
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
    .select(memberColumns)
    .where('members.workspace_id', '=', workspaceId)
    .orderBy('users.id')
    .limit(page.limit);
  if (page.after !== null) query = query.where('users.id', '>', page.after);
  return (await query.execute()) as Member[];
}

const memberColumns = [
  'users.id as userId',
  'users.name',
  'users.email',
  'members.role',
  'members.created_at as createdAt',
] as const;

export async function findMember(tx: Tx, workspaceId: string, userId: string): Promise<Member | null> {
  const found = await queries(tx)
    .selectFrom('members')
    .innerJoin('users', 'users.id', 'members.user_id')
    .select(memberColumns)
    .where('members.workspace_id', '=', workspaceId)
    .where('users.id', '=', userId)
    .executeTakeFirst();
  return (found as Member | undefined) ?? null;
}

export interface LockedMember {
  userId: UserId;
  name: string;
  role: Role;
}

/**
 * These members and all owners, held until the transaction ends: two requests at the same moment cannot take the last
 * two owners away. Locked in the order of ids, so that they wait for each other rather than block.
 */
export async function lockMembers(
  tx: Tx,
  workspaceId: string,
  userIds: readonly (string | null)[],
): Promise<LockedMember[]> {
  const wanted = userIds.filter((id) => id !== null);
  const { rows } = await sql<LockedMember>`
    select members.user_id as "userId", users.name, members.role
    from members join users on users.id = members.user_id
    where members.workspace_id = ${workspaceId} and (members.role = 'owner' or members.user_id = any(${wanted}))
    order by members.user_id for update of members`.execute(queries(tx));
  return rows;
}

export async function setRole(tx: Tx, workspaceId: string, userId: string, role: Role): Promise<void> {
  await queries(tx)
    .updateTable('members')
    .set({ role })
    .where('workspace_id', '=', workspaceId)
    .where('user_id', '=', userId)
    .execute();
}

export async function deleteMember(tx: Tx, workspaceId: string, userId: string): Promise<void> {
  await queries(tx)
    .deleteFrom('members')
    .where('workspace_id', '=', workspaceId)
    .where('user_id', '=', userId)
    .execute();
}
