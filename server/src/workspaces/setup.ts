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
import type { NewOwner, SetupStore } from './setup-store.ts';
import { whoKnows } from './sign-in.ts';
import type { SignInLog } from './sign-in-log.ts';
import type { SignInStore } from './sign-in-store.ts';
import type { Client } from './visitor.ts';

export interface SetupDeps {
  setups: SetupStore;
  signIns: SignInStore;
  signInLog: Pick<SignInLog, 'note'>;
  passwords: Passwords;
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
 * A new one-time code with which a workspace is made, and the account of its owner; earlier ones stop working. It works until
 * used, until the next is made, or for 24 hours. Null when there is a workspace already.
 */
export async function issueSetupCode({
  setups,
  clock,
}: Pick<SetupDeps, 'setups' | 'clock'>): Promise<string | null> {
  if (await setups.hasWorkspace()) return null;
  const code = newCode();
  await setups.replaceLink(hashOf(code), new Date(clock.now().getTime() + LINK_HOURS * 3_600_000));
  return code;
}

async function isSetupOpen(
  { setups, clock }: Pick<SetupDeps, 'setups' | 'clock'>,
  code: string,
): Promise<boolean> {
  return (await setups.isLinkOpen(hashOf(code), clock.now())) && !(await setups.hasWorkspace());
}

/** Who has no working code is told nothing of accounts. */
export async function setupStateOf(
  deps: Pick<SetupDeps, 'setups' | 'clock'>,
  code: string,
): Promise<{ isOpen: boolean; hasAccounts: boolean }> {
  const isOpen = await isSetupOpen(deps, code);
  return { isOpen, hasAccounts: isOpen && (await deps.setups.hasAccounts()) };
}

/**
 * Makes a workspace, and signs its owner in: at the first start with a new account; after the last workspace was deleted
 * whoever has an account keeps it, and proves by its password that it is theirs.
 */
export async function completeSetup(
  deps: SetupDeps,
  input: SetupInput,
  client: Client,
): Promise<OpenedSession> {
  // First, so that without a working code nobody makes us hash.
  if (!(await isSetupOpen(deps, input.code))) throw linkClosed();
  const workspaceId = newId<WorkspaceId>('wsp');
  const { name, ...person } = await ownerOf(deps, input, client);
  const owner: NewOwner = { ...person, workspaceId, workspaceName: input.workspaceName };
  const who = { workspaceId, userId: person.userId, tokenId: null, label: name, ip: client.ip };
  const isMade = await deps.setups.makeOwner(hashOf(input.code), deps.clock.now(), owner, (tx) =>
    record(tx, {
      who,
      action: 'workspace.created',
      subject: { kind: 'workspace', id: workspaceId, name: owner.workspaceName },
    }),
  );
  if (!isMade) throw linkClosed();
  await deps.signIns.rememberAddress(person.userId, networkOf(client.ip), deps.clock.now(), 20);
  return openSession(deps.sessions, person.userId, client);
}

async function ownerOf(
  deps: SetupDeps,
  input: SetupInput,
  client: Client,
): Promise<Pick<NewOwner, 'account'> & { userId: UserId; name: string }> {
  const email = input.email.trim().toLowerCase();
  if ((await deps.signIns.findUser(email, networkOf(client.ip))) !== null) {
    const { id, name } = await whoKnows(deps, input, client);
    return { userId: id, name, account: null };
  }
  refuseWeakPassword(input.password, input);
  const { name } = input;
  const passwordHash = await deps.passwords.hash(input.password);
  return { userId: newId<UserId>('usr'), name, account: { email, name, passwordHash } };
}

function linkClosed(): AppError {
  return new AppError('forbidden', {
    reason: 'setup_closed',
    detail:
      'This link does not work: it was used, it is older than a day, or Keyrail was started again since. Sign in, or take the link that the server printed last (npm run keyrail setup-link makes a new one).',
  });
}
