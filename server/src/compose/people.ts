import type { ComposeDeps } from '../compose.ts';
import { connectionsMadeBy } from '../connections/made-by-store.ts';
import type { Transact } from '../lib/tx.ts';
import { createInvitationLookup } from '../workspaces/invitation-store.ts';
import { createMembershipStore } from '../workspaces/member-store.ts';
import { createMembership, type Membership } from '../workspaces/membership.ts';
import { createPasswords } from '../workspaces/password.ts';
import { createPeople, type People } from '../workspaces/people.ts';
import { createSessionStore } from '../workspaces/session-store.ts';
import { createSetupStore } from '../workspaces/setup-store.ts';
import { createSignInLog, type SignInLog } from '../workspaces/sign-in-log.ts';
import { createSignInStore } from '../workspaces/sign-in-store.ts';
import { createTokenLookup } from '../workspaces/token-store.ts';
import { createTokenUses, type TokenUses } from '../workspaces/token-uses.ts';

export function composeTokenUses({ db, clock, log }: ComposeDeps): TokenUses {
  return createTokenUses({
    tokens: createTokenLookup(db.system),
    clock,
    onError: (error) => log.warn({ err: error }, 'the last use of tokens could not be noted'),
  });
}

export function composeSignInLog({ db, log }: ComposeDeps): SignInLog {
  return createSignInLog({
    transact: db.transact,
    memberships: createMembershipStore(db.system),
    onError: (error) => log.warn({ err: error }, 'a sign-in could not be written to the audit log'),
  });
}

export function composePeople(
  { config, db, clock }: ComposeDeps,
  transact: Transact,
  tokenUses: TokenUses,
  signInLog: SignInLog,
): { people: People; membership: Membership } {
  const { system } = db;
  const shared = {
    transact,
    clock,
    passwords: createPasswords(),
    signIns: createSignInStore(system),
    invitations: createInvitationLookup(system),
  };
  const limits = { idleDays: config.sessionIdleDays, maxDays: config.sessionMaxDays };
  const store = createSessionStore(system);
  const people = createPeople({
    ...shared,
    limits,
    sessions: store,
    signInLog,
    setups: createSetupStore(system),
    memberships: createMembershipStore(system),
    tokens: createTokenLookup(system),
    tokenUses,
  });
  const membership = createMembership({
    ...shared,
    sessions: { store, clock, limits },
    signedIn: { madeBy: connectionsMadeBy },
  });
  return { people, membership };
}
