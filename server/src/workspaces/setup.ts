import type { UserId, WorkspaceId } from '@keyrail/contract/ids';
import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/id.ts';
import { networkOf } from '../lib/network.ts';
import type { Passwords } from './password.ts';
import { refuseWeakPassword } from './password.ts';
import { hashOf, newCode } from './secret-text.ts';
import { type OpenedSession, openSession, type SessionsDeps } from './sessions.ts';
import type { SetupStore } from './setup-store.ts';
import type { SignInStore } from './sign-in-store.ts';
import type { Client } from './visitor.ts';

export interface SetupDeps {
  setups: SetupStore;
  signIns: Pick<SignInStore, 'rememberAddress'>;
  passwords: Pick<Passwords, 'hash'>;
  sessions: SessionsDeps;
  clock: Clock;
}

export interface SetupInput {
  code: string;
  name: string;
  email: string;
  password: string;
  workspaceName: string;
}

const LINK_HOURS = 24;

/**
 * A new one-time code with which the owner's account is made; earlier ones stop working. It works until used, until the
 * next is made, or for 24 hours. Null when there is an owner already.
 */
export async function issueSetupCode({
  setups,
  clock,
}: Pick<SetupDeps, 'setups' | 'clock'>): Promise<string | null> {
  if (await setups.hasOwner()) return null;
  const code = newCode();
  await setups.replaceLink(hashOf(code), new Date(clock.now().getTime() + LINK_HOURS * 3_600_000));
  return code;
}

export async function isSetupOpen(
  { setups, clock }: Pick<SetupDeps, 'setups' | 'clock'>,
  code: string,
): Promise<boolean> {
  return (await setups.isLinkOpen(hashOf(code), clock.now())) && !(await setups.hasOwner());
}

/** Makes the owner's account and the first workspace, and signs the owner in. */
export async function completeSetup(
  deps: SetupDeps,
  input: SetupInput,
  client: Client,
): Promise<OpenedSession> {
  // First, so that without a working code nobody makes us hash.
  if (!(await isSetupOpen(deps, input.code))) throw linkClosed();
  refuseWeakPassword(input.password, input);
  const owner = {
    userId: newId<UserId>('usr'),
    workspaceId: newId<WorkspaceId>('wsp'),
    email: input.email.trim().toLowerCase(),
    name: input.name,
    passwordHash: await deps.passwords.hash(input.password),
    workspaceName: input.workspaceName,
  };
  const who = {
    workspaceId: owner.workspaceId,
    userId: owner.userId,
    tokenId: null,
    label: owner.name,
    ip: client.ip,
  };
  const isMade = await deps.setups.makeOwner(hashOf(input.code), deps.clock.now(), owner, (tx) =>
    record(tx, {
      who,
      action: 'workspace.created',
      subject: { kind: 'workspace', id: owner.workspaceId, name: owner.workspaceName },
    }),
  );
  if (!isMade) throw linkClosed();
  await deps.signIns.rememberAddress(owner.userId, networkOf(client.ip), deps.clock.now(), 20);
  return openSession(deps.sessions, owner.userId, client);
}

function linkClosed(): AppError {
  return new AppError('forbidden', {
    reason: 'setup_closed',
    detail:
      'This link does not work: it was used, it is older than a day, or Keyrail was started again since. Sign in, or take the link that the server printed last (npm run keyrail setup-link makes a new one).',
  });
}
