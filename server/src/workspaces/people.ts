import type { WorkspaceId } from '@keyrail/contract/ids';
import type { Role } from '@keyrail/contract/people';
import { record } from '../audit/record.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact } from '../lib/tx.ts';
import type { InvitationLookup } from './invitation-store.ts';
import { findWorkspace, listMembers, type MembershipStore, updateWorkspace } from './member-store.ts';
import type { Passwords } from './password.ts';
import { scopesIn } from './policy.ts';
import type { SessionStore, Standing } from './session-store.ts';
import {
  type OpenedSession,
  type SessionLimits,
  type SessionsDeps,
  visitorIn,
  visitorOf,
} from './sessions.ts';
import { completeSetup, issueSetupCode, type SetupInput, setupStateOf } from './setup.ts';
import type { SetupStore } from './setup-store.ts';
import { signIn } from './sign-in.ts';
import type { SignInLog } from './sign-in-log.ts';
import type { SignInStore } from './sign-in-store.ts';
import { sweepPeople } from './sweep.ts';
import type { Token } from './token.ts';
import type { TokenLookup } from './token-store.ts';
import type { TokenUses } from './token-uses.ts';
import {
  type CreatedToken,
  createToken,
  revokeToken,
  type TokenInput,
  tokensOf,
  whoByToken,
} from './tokens.ts';
import type { Client, Visitor } from './visitor.ts';
import type { Who } from './who.ts';
import { type Member, type Workspace, type WorkspaceChange, whomToAsk } from './workspace.ts';

export interface PeopleDeps {
  transact: Transact;
  clock: Clock;
  passwords: Passwords;
  limits: SessionLimits;
  sessions: SessionStore;
  signIns: SignInStore;
  signInLog: Pick<SignInLog, 'note'>;
  setups: SetupStore;
  memberships: MembershipStore;
  tokens: TokenLookup;
  tokenUses: Pick<TokenUses, 'mark'>;
  invitations: Pick<InvitationLookup, 'forget'>;
}

type OwnWorkspace = Workspace & { role: Role };

/** The room: who there is, who is asking, and what they may. */
export interface People {
  byToken(token: string, client: Client): Promise<Who | null>;
  bySession(token: string, client: Client): Promise<Visitor | null>;
  /** Also who they are in a workspace, in the same look. Null: no session; `who` null: not in this workspace. */
  bySessionIn(token: string, workspaceId: string, client: Client): Promise<{ who: Who | null } | null>;
  /** The end of "Ask …", for a refusal. */
  whomToAsk(workspaceId: string): Promise<string>;

  issueSetupCode(): Promise<string | null>;
  setupState(code: string): Promise<{ isOpen: boolean; hasAccounts: boolean }>;
  completeSetup(input: SetupInput, client: Client): Promise<OpenedSession>;

  signIn(typed: { email: string; password: string }, client: Client): Promise<OpenedSession>;
  signOut(visitor: Visitor): Promise<void>;
  endOtherSessions(visitor: Visitor): Promise<number>;
  workspacesOf(visitor: Pick<Visitor, 'userId'>): Promise<OwnWorkspace[]>;

  workspace(who: Who): Promise<OwnWorkspace>;
  updateWorkspace(who: Who, change: WorkspaceChange, expectedVersion: number | null): Promise<OwnWorkspace>;
  members(who: Who, page: { limit: number; after: string | null }): Promise<Member[]>;

  tokensOf(who: Who, page: { limit: number; before: string | null }): Promise<Token[]>;
  createToken(who: Who, input: TokenInput): Promise<CreatedToken>;
  revokeToken(who: Who, id: string): Promise<void>;

  /** Job `people.sweep`. */
  sweep(): Promise<void>;
}

export function createPeople(deps: PeopleDeps): People {
  const sessions: SessionsDeps = { store: deps.sessions, clock: deps.clock, limits: deps.limits };
  const byToken = { tokens: deps.tokens, clock: deps.clock, markUsed: deps.tokenUses.mark };
  return {
    byToken: (token, client) => whoByToken(byToken, token, client),
    bySession: (token) => visitorOf(sessions, token),
    bySessionIn: async (token, workspaceId, client) => {
      const found = await visitorIn(sessions, token, workspaceId);
      return found && { who: whoOf(found.visitor, workspaceId, found.standing, client) };
    },
    whomToAsk: async (workspaceId) =>
      whomToAsk(await deps.transact(workspaceId, (tx) => findWorkspace(tx, workspaceId), 'read')),
    issueSetupCode: () => issueSetupCode(deps),
    setupState: (code) => setupStateOf(deps, code),
    completeSetup: (input, client) => completeSetup({ ...deps, sessions }, input, client),
    signIn: (typed, client) => signIn({ ...deps, sessions }, typed, client),
    signOut: (visitor) => deps.sessions.end(visitor.sessionId),
    endOtherSessions: (visitor) => deps.sessions.endOthers(visitor.userId, visitor.sessionId),
    workspacesOf: (visitor) => deps.memberships.workspacesOf(visitor.userId),
    workspace: async (who) => ({
      ...(await deps.transact(who.workspaceId, (tx) => findWorkspace(tx, who.workspaceId), 'read')),
      role: who.role,
    }),
    updateWorkspace: (who, change, expectedVersion) => changeWorkspace(deps, who, change, expectedVersion),
    members: (who, page) =>
      deps.transact(who.workspaceId, (tx) => listMembers(tx, who.workspaceId, page), 'read'),
    tokensOf: (who, page) => tokensOf(deps, who, page),
    createToken: (who, input) => createToken(deps, { ...who, actor: who }, input),
    revokeToken: (who, id) => revokeToken(deps, who, id),
    sweep: () => sweepPeople(deps),
  };
}

function whoOf(visitor: Visitor, workspaceId: string, standing: Standing, client: Client): Who | null {
  if (standing === null) return null;
  const { role, visibleTo } = standing;
  return {
    workspaceId: workspaceId as WorkspaceId,
    userId: visitor.userId,
    tokenId: null,
    role,
    scopes: scopesIn(role, visibleTo),
    connectionIds: null,
    label: visitor.name,
    ip: client.ip,
  };
}

async function changeWorkspace(
  { transact }: Pick<PeopleDeps, 'transact'>,
  who: Who,
  change: WorkspaceChange,
  expectedVersion: number | null,
): Promise<OwnWorkspace> {
  const changed = await transact(who.workspaceId, async (tx) => {
    const row = await updateWorkspace(tx, who.workspaceId, change, expectedVersion);
    if (row === null) throw new AppError('edited_meanwhile');
    const fields = Object.entries(change).filter(([, value]) => value !== undefined);
    await record(tx, {
      who,
      action: 'workspace.changed',
      subject: { kind: 'workspace', id: row.id, name: row.name },
      detail: { fields: fields.map(([name]) => name) },
    });
    return row;
  });
  return { ...changed, role: who.role };
}
