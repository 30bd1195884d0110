import type { InvitationId, WorkspaceId } from '@keyrail/contract/ids';
import type { Role } from '@keyrail/contract/people';
import { type Queries, queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { FoundInvitation, Invitation, NewInvitation } from './invitation.ts';

export interface Joined {
  invitationId: InvitationId;
  workspaceId: WorkspaceId;
  role: Role;
}

export interface Joining {
  codeHash: Buffer;
  now: Date;
  userId: string;
  /** Set when the account is made with it. */
  account: { email: string; name: string; passwordHash: string } | null;
}

export type JoinOutcome = { kind: 'joined' } | { kind: 'closed' | 'email_taken' | 'member_already' };

/** The code says which workspace it is for, so a link is looked up past row-level security. */
export interface InvitationLookup {
  find(codeHash: Buffer): Promise<FoundInvitation | null>;
  /**
   * Uses the invitation up and makes the member (and the account), all or nothing. Of two at the same moment one waits at
   * the invitation's row, and finds it used. `then` runs in the same transaction.
   */
  join(joining: Joining, then: (tx: Tx, joined: Joined) => Promise<void>): Promise<JoinOutcome>;
  forget(endedBefore: Date): Promise<void>;
}

const columns = [
  'invitations.id',
  'invitations.role',
  'note',
  'created_by_label as createdBy',
  'invitations.created_at as createdAt',
  'expires_at as expiresAt',
] as const;

export function createInvitationLookup(system: Queries): InvitationLookup {
  return {
    find: async (codeHash) => {
      const found = await system
        .selectFrom('invitations')
        .innerJoin('workspaces', 'workspaces.id', 'invitations.workspace_id')
        .select([
          ...columns,
          'workspaces.name as workspaceName',
          'revoked_at as revokedAt',
          'accepted_at as acceptedAt',
        ])
        .where('code_hash', '=', codeHash)
        .executeTakeFirst();
      return (found as FoundInvitation | undefined) ?? null;
    },
    join: async (joining, then) => {
      try {
        return await system.transaction().execute((tx) => join(tx, joining, then));
      } catch (error) {
        if (error instanceof RolledBack) return { kind: error.kind };
        throw error;
      }
    },
    forget: async (endedBefore) => {
      await system.deleteFrom('invitations').where('expires_at', '<', endedBefore).execute();
    },
  };
}

/** Takes the used-up invitation back as well. */
class RolledBack extends Error {
  readonly kind: 'email_taken' | 'member_already';
  constructor(kind: RolledBack['kind']) {
    super(kind);
    this.kind = kind;
  }
}

async function join(
  tx: Queries,
  { codeHash, now, userId, account }: Joining,
  then: (tx: Tx, joined: Joined) => Promise<void>,
): Promise<JoinOutcome> {
  const used = await tx
    .updateTable('invitations')
    .set({ accepted_at: now })
    .where('code_hash', '=', codeHash)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(['id', 'workspace_id as workspaceId', 'role'])
    .executeTakeFirst();
  if (!used) return { kind: 'closed' };
  if (account !== null) {
    const { email, name, passwordHash } = account;
    const made = await tx
      .insertInto('users')
      .values({ id: userId, email, name, password_hash: passwordHash })
      .onConflict((conflict) => conflict.column('email').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!made) throw new RolledBack('email_taken');
  }
  const member = await tx
    .insertInto('members')
    .values({ workspace_id: used.workspaceId, user_id: userId, role: used.role })
    .onConflict((conflict) => conflict.columns(['workspace_id', 'user_id']).doNothing())
    .returning('user_id')
    .executeTakeFirst();
  if (!member) throw new RolledBack('member_already');
  await tx.updateTable('invitations').set({ accepted_by: userId }).where('id', '=', used.id).execute();
  await then(tx as unknown as Tx, {
    invitationId: used.id as InvitationId,
    workspaceId: used.workspaceId as WorkspaceId,
    role: used.role as Role,
  });
  return { kind: 'joined' };
}

export async function insertInvitation(tx: Tx, made: NewInvitation): Promise<void> {
  await queries(tx)
    .insertInto('invitations')
    .values({
      id: made.id,
      workspace_id: made.workspaceId,
      role: made.role,
      note: made.note,
      code_hash: made.codeHash,
      created_by: made.createdBy,
      created_by_label: made.createdByLabel,
      created_at: made.createdAt,
      expires_at: made.expiresAt,
    })
    .execute();
}

/** Those that still work, newest first. */
export async function listOpenInvitations(
  tx: Tx,
  workspaceId: string,
  now: Date,
  page: { limit: number; before: string | null },
): Promise<Invitation[]> {
  let query = selectOpen(tx, workspaceId, now).orderBy('invitations.id', 'desc').limit(page.limit);
  if (page.before !== null) query = query.where('invitations.id', '<', page.before);
  return (await query.execute()) as Invitation[];
}

export async function countOpenInvitations(tx: Tx, workspaceId: string, now: Date): Promise<number> {
  const open = await selectOpen(tx, workspaceId, now).limit(1_000).execute();
  return open.length;
}

export async function findOpenInvitation(
  tx: Tx,
  workspaceId: string,
  now: Date,
  id: string,
): Promise<Invitation | null> {
  const found = await selectOpen(tx, workspaceId, now).where('invitations.id', '=', id).executeTakeFirst();
  return (found as Invitation | undefined) ?? null;
}

/** False when it was used or revoked in the meantime. */
export async function revokeOpenInvitation(
  tx: Tx,
  workspaceId: string,
  now: Date,
  id: string,
): Promise<boolean> {
  const revoked = await queries(tx)
    .updateTable('invitations')
    .set({ revoked_at: now })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  return revoked !== undefined;
}

/** Of one maker, all that are to any role but these; how many. */
export async function revokeInvitationsOf(
  tx: Tx,
  workspaceId: string,
  now: Date,
  userId: string,
  stillGiven: readonly Role[],
): Promise<number> {
  let update = queries(tx)
    .updateTable('invitations')
    .set({ revoked_at: now })
    .where('workspace_id', '=', workspaceId)
    .where('created_by', '=', userId)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null);
  if (stillGiven.length > 0) update = update.where('role', 'not in', [...stillGiven]);
  return (await update.returning('id').execute()).length;
}

function selectOpen(tx: Tx, workspaceId: string, now: Date) {
  return queries(tx)
    .selectFrom('invitations')
    .select(columns)
    .where('workspace_id', '=', workspaceId)
    .where('accepted_at', 'is', null)
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now);
}
