import type { InvitationId, UserId } from '@keyrail/contract/ids';
import type { Role } from '@keyrail/contract/people';
import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import type { Transact } from '../lib/tx.ts';
import type { Invitation } from './invitation.ts';
import {
  countOpenInvitations,
  findOpenInvitation,
  insertInvitation,
  listOpenInvitations,
  revokeOpenInvitation,
} from './invitation-store.ts';
import { lockMembers } from './member-store.ts';
import { roleNow } from './members.ts';
import { givableRoles } from './policy.ts';
import { hashOf, newCode } from './secret-text.ts';
import type { Who } from './who.ts';

export interface InvitationsDeps {
  transact: Transact;
  clock: Clock;
}

/** `code`: what the link ends in, this one time; only its hash is stored. */
export type IssuedInvitation = Invitation & { code: string };

const DAYS = 7;
const MAX_OPEN = 500;

/** A link by which one person joins with this role. It gives no more than its maker may give. */
export async function invite(
  deps: InvitationsDeps,
  who: Who,
  { role, note }: { role: Role; note: string | null },
): Promise<IssuedInvitation> {
  refuseRole(who.role, role);
  const code = newCode();
  const now = deps.clock.now();
  const made = {
    id: newId<InvitationId>('inv'),
    role,
    note: note === '' ? null : note,
    createdAt: now,
    expiresAt: new Date(now.getTime() + DAYS * 86_400_000),
  };
  await deps.transact(who.workspaceId, async (tx) => {
    // Whoever is taken out at this very moment leaves no way back in.
    refuseRole(roleNow(await lockMembers(tx, who.workspaceId, [who.userId]), who), role);
    if ((await countOpenInvitations(tx, who.workspaceId, now)) >= MAX_OPEN) {
      throw new AppError('conflict', {
        reason: 'too_many_invitations',
        detail: `There are ${MAX_OPEN} open invitations. Revoke those that nobody waits for.`,
      });
    }
    await insertInvitation(tx, {
      ...made,
      workspaceId: who.workspaceId,
      codeHash: hashOf(code),
      createdBy: who.userId as UserId | null,
      createdByLabel: who.label,
    });
    await record(tx, {
      who,
      action: 'invitation.created',
      subject: { kind: 'invitation', id: made.id, name: made.note },
      detail: { role },
    });
  });
  return { ...made, createdBy: who.label, code };
}

export function openInvitations(
  { transact, clock }: InvitationsDeps,
  who: Who,
  page: { limit: number; before: string | null },
): Promise<Invitation[]> {
  return transact(who.workspaceId, (tx) => listOpenInvitations(tx, who.workspaceId, clock.now(), page));
}

/** The link stops working at once. */
export async function revokeInvitation(
  { transact, clock }: InvitationsDeps,
  who: Who,
  id: string,
): Promise<void> {
  const now = clock.now();
  await transact(who.workspaceId, async (tx) => {
    const found = await findOpenInvitation(tx, who.workspaceId, now, id);
    if (found === null) throw new AppError('not_found');
    refuseRole(who.role, found.role);
    if (!(await revokeOpenInvitation(tx, who.workspaceId, now, id))) throw new AppError('not_found');
    await record(tx, {
      who,
      action: 'invitation.revoked',
      subject: { kind: 'invitation', id, name: found.note },
      detail: { role: found.role },
    });
  });
}

function refuseRole(giver: Role, role: Role): void {
  if (givableRoles(giver).includes(role)) return;
  throw new AppError('forbidden', {
    reason: 'role_too_high',
    detail:
      role === 'owner'
        ? 'Only an owner can invite another owner.'
        : `Your role, ${giver}, cannot invite anybody as ${role}.`,
  });
}
