import type { UserId } from '@keyrail/contract/ids';
import type { Role } from '@keyrail/contract/people';
import { type Actor, record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import { revokeInvitationsOf } from './invitation-store.ts';
import { deleteMember, findMember, type LockedMember, lockMembers, setRole } from './member-store.ts';
import { givableRoles, lesserRole } from './policy.ts';
import { countTokensOf, deleteTokensOf } from './token-store.ts';
import type { Client, Visitor } from './visitor.ts';
import type { Who } from './who.ts';
import type { Member } from './workspace.ts';

/** Connections somebody signed in for: whoever stays should sign in for them anew. Filled in by the room of connections. */
export interface SignedInConnections {
  madeBy(tx: Tx, workspaceId: string, userId: string): Promise<SignedInConnection[]>;
}

export interface SignedInConnection {
  id: string;
  integration: string;
  name: string;
  method: string;
  status: string;
}

export interface MembersDeps {
  transact: Transact;
  clock: Clock;
  signedIn: SignedInConnections;
}

/** What stays behind, and what ends, when somebody leaves. */
export interface Leaving {
  connections: SignedInConnection[];
  tokensCount: number;
}

/**
 * Gives a member another role. It holds from the next request on, in every process: roles are read with each one, and
 * tokens and runs ask for their maker's present role.
 */
export async function changeRole(deps: MembersDeps, who: Who, userId: string, role: Role): Promise<Member> {
  return deps.transact(who.workspaceId, async (tx) => {
    const members = await lockMembers(tx, who.workspaceId, [userId, who.userId]);
    const member = pick(members, userId);
    const giver = roleNow(members, who);
    refuseBeyond(giver, member.role, 'change the role of an owner');
    refuseBeyond(giver, role, 'make somebody an owner');
    if (role !== 'owner') refuseLastOwner(members, userId);
    if (role !== member.role) {
      await setRole(tx, who.workspaceId, userId, role);
      const given = givableRoles(role);
      const revoked = await revokeInvitationsOf(tx, who.workspaceId, deps.clock.now(), userId, given);
      await record(tx, {
        who,
        action: 'member.role_changed',
        subject: { kind: 'member', id: userId, name: member.name },
        detail: { from: member.role, to: role, ...(revoked > 0 && { invitations_revoked: revoked }) },
      });
    }
    const changed = await findMember(tx, who.workspaceId, userId);
    if (changed === null) throw new AppError('not_found');
    return changed;
  });
}

/** Takes somebody out. Their API tokens and open invitations end with it, what they started stops by itself. */
export async function removeMember(deps: MembersDeps, who: Who, userId: string): Promise<Leaving> {
  return deps.transact(who.workspaceId, async (tx) => {
    const members = await lockMembers(tx, who.workspaceId, [userId, who.userId]);
    const member = pick(members, userId);
    if (userId !== who.userId) refuseBeyond(roleNow(members, who), member.role, 'remove an owner');
    refuseLastOwner(members, userId);
    return takeOut(deps, tx, who, member);
  });
}

/** A member goes by themselves; only the last owner has to hand the workspace on first. */
export async function leave(
  deps: MembersDeps,
  visitor: Visitor,
  workspaceId: string,
  client: Client,
): Promise<Leaving> {
  return deps.transact(workspaceId, async (tx) => {
    const members = await lockMembers(tx, workspaceId, [visitor.userId]);
    const member = pick(members, visitor.userId);
    refuseLastOwner(members, visitor.userId);
    const { userId, name } = visitor;
    return takeOut(deps, tx, { workspaceId, userId, tokenId: null, label: name, ip: client.ip }, member);
  });
}

/** To be shown before it is confirmed. */
export async function leavingOf(deps: MembersDeps, workspaceId: string, userId: string): Promise<Leaving> {
  return deps.transact(workspaceId, async (tx) => {
    if ((await findMember(tx, workspaceId, userId)) === null) throw new AppError('not_found');
    return {
      connections: await deps.signedIn.madeBy(tx, workspaceId, userId),
      tokensCount: await countTokensOf(tx, workspaceId, userId),
    };
  });
}

async function takeOut(
  deps: MembersDeps,
  tx: Tx,
  who: Exclude<Actor, { system: unknown }>,
  member: LockedMember,
): Promise<Leaving> {
  const { workspaceId } = who;
  const { userId, name, role } = member;
  const connections = await deps.signedIn.madeBy(tx, workspaceId, userId);
  const tokensCount = await deleteTokensOf(tx, workspaceId, userId);
  await revokeInvitationsOf(tx, workspaceId, deps.clock.now(), userId, []);
  await deleteMember(tx, workspaceId, userId);
  await record(tx, {
    who,
    action: who.userId === userId ? 'member.left' : 'member.removed',
    subject: { kind: 'member', id: userId, name },
    detail: { role, tokens_revoked: tokensCount, connections: connections.map((one) => one.name) },
  });
  return { connections, tokensCount };
}

function pick(members: readonly LockedMember[], userId: string): LockedMember {
  const found = members.find((member) => member.userId === userId);
  if (found === undefined) throw new AppError('not_found');
  return found;
}

/** The role at this moment, which another request may have taken away since this one came in; a token's own is a limit. */
export function roleNow(members: readonly LockedMember[], who: Who): Role {
  if (who.userId === null) return who.role;
  const found = members.find((member) => member.userId === (who.userId as UserId));
  if (found === undefined) throw new AppError('not_found');
  return lesserRole(found.role, who.role);
}

function refuseBeyond(giver: Role, role: Role, deed: string): void {
  if (givableRoles(giver).includes(role)) return;
  throw new AppError('forbidden', {
    reason: 'role_too_high',
    detail: role === 'owner' ? `Only an owner can ${deed}.` : 'Your role does not allow this any more.',
  });
}

function refuseLastOwner(members: readonly LockedMember[], userId: string): void {
  const owners = members.filter((member) => member.role === 'owner');
  if (owners.length > 1 || owners[0]?.userId !== userId) return;
  throw new AppError('conflict', {
    reason: 'last_owner',
    detail: 'A workspace needs an owner, and this is the only one. Make somebody else an owner first.',
  });
}
