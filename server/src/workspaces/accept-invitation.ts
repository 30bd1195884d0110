import type { UserId, WorkspaceId } from '@keyrail/contract/ids';
import type { Role } from '@keyrail/contract/people';
import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { networkOf } from '../lib/network.ts';
import { type InvitationState, stateOf } from './invitation.ts';
import type { InvitationLookup, Joined, Joining } from './invitation-store.ts';
import { type Passwords, refuseWeakPassword } from './password.ts';
import { hashOf } from './secret-text.ts';
import { type OpenedSession, openSession, type SessionsDeps } from './sessions.ts';
import type { SignInStore } from './sign-in-store.ts';
import type { Client, Visitor } from './visitor.ts';

export interface AcceptDeps {
  invitations: InvitationLookup;
  signIns: Pick<SignInStore, 'takeAttempt' | 'rememberAddress'>;
  passwords: Pick<Passwords, 'hash'>;
  sessions: SessionsDeps;
  clock: Clock;
}

export interface NewPerson {
  name: string;
  email: string;
  password: string;
}

/** What a link leads to. Only an open one says where to: a used or foreign code tells nothing of the workspace. */
export type LinkState =
  | { state: 'unknown' | Exclude<InvitationState, 'open'> }
  | { state: 'open'; workspaceName: string; role: Role; invitedBy: string; expiresAt: Date };

export async function invitationState(
  { invitations, clock }: Pick<AcceptDeps, 'invitations' | 'clock'>,
  code: string,
): Promise<LinkState> {
  const found = await invitations.find(hashOf(code));
  if (found === null) return { state: 'unknown' };
  const state = stateOf(found, clock.now());
  if (state !== 'open') return { state };
  const { workspaceName, role, createdBy, expiresAt } = found;
  return { state, workspaceName, role, invitedBy: createdBy, expiresAt };
}

/** Makes the account of somebody new and the member, and signs them in. */
export async function acceptAsNew(
  deps: AcceptDeps,
  code: string,
  person: NewPerson,
  client: Client,
): Promise<{ session: OpenedSession; workspaceId: WorkspaceId }> {
  // First, so that without a working code nobody makes us hash, or learns which addresses have an account.
  await refuseClosed(deps, code);
  await takeAttempt(deps, code);
  refuseWeakPassword(person.password, person);
  const userId = newId<UserId>('usr');
  const account = {
    email: person.email.trim().toLowerCase(),
    name: person.name,
    passwordHash: await deps.passwords.hash(person.password),
  };
  const joined = await join(deps, code, { userId, label: person.name, account }, client);
  await deps.signIns.rememberAddress(userId, networkOf(client.ip), deps.clock.now(), 20);
  return {
    session: await openSession(deps.sessions, userId, client),
    workspaceId: joined.workspaceId,
  };
}

/** Whoever is signed in joins one workspace more. */
export async function acceptAsMember(
  deps: AcceptDeps,
  code: string,
  visitor: Visitor,
  client: Client,
): Promise<WorkspaceId> {
  await refuseClosed(deps, code);
  const person = { userId: visitor.userId, label: visitor.name, account: null };
  return (await join(deps, code, person, client)).workspaceId;
}

async function join(
  { invitations, clock }: AcceptDeps,
  code: string,
  person: { userId: UserId; label: string; account: Joining['account'] },
  client: Client,
): Promise<Joined> {
  const { userId, label, account } = person;
  let joined: Joined | null = null;
  const joining = { codeHash: hashOf(code), now: clock.now(), userId, account };
  const outcome = await invitations.join(joining, async (tx, made) => {
    joined = made;
    await record(tx, {
      who: { workspaceId: made.workspaceId, userId, tokenId: null, label, ip: client.ip },
      action: 'member.joined',
      subject: { kind: 'member', id: userId, name: label },
      detail: { role: made.role, invitation_id: made.invitationId },
    });
  });
  if (outcome.kind === 'email_taken') {
    throw new AppError('conflict', {
      reason: 'account_exists',
      detail: 'There is an account with this e-mail address. Sign in to it, then open the link again.',
    });
  }
  if (outcome.kind === 'member_already') {
    throw new AppError('conflict', {
      reason: 'member_already',
      detail: 'You are in this workspace already. The link still works for somebody else.',
    });
  }
  if (outcome.kind === 'closed' || joined === null) throw linkClosed();
  return joined;
}

async function refuseClosed(deps: AcceptDeps, code: string): Promise<void> {
  if ((await invitationState(deps, code)).state !== 'open') throw linkClosed();
}

const WINDOW_MS = 15 * 60_000;
const PER_LINK = 20;

/** A link is no way to find out, address by address, who has an account. */
async function takeAttempt({ signIns, clock }: AcceptDeps, code: string): Promise<void> {
  const now = clock.now();
  const key = `invitation ${hashOf(code).toString('base64url')}`;
  const attempt = await signIns.takeAttempt(key, now, new Date(now.getTime() - WINDOW_MS), PER_LINK);
  if (attempt.kind === 'taken') return;
  throw new AppError('too_many_requests', {
    detail: 'Too many attempts with this link. Wait a little, then try again.',
    retryAfterSeconds: (attempt.oldest.getTime() + WINDOW_MS - now.getTime()) / 1000,
  });
}

function linkClosed(): AppError {
  return new AppError('forbidden', {
    reason: 'invitation_closed',
    detail:
      'This invitation does not work: it was used, revoked, or is older than seven days. Ask whoever sent it for a new one.',
  });
}
