import type { UserId } from '@keyrail/contract/ids';
import { record } from '../audit/record.ts';
import type { Transact } from '../lib/tx.ts';
import type { MembershipStore } from './member-store.ts';
import type { Client } from './visitor.ts';

/** Sign-ins, right and wrong, in the audit log of each workspace that the account is in. */
export interface SignInLog {
  note(person: { id: UserId; name: string }, outcome: 'signed_in' | 'sign_in_failed', client: Client): void;
  /** Waits for what is being written; the last thing before a stop. */
  settle(): Promise<void>;
}

interface Deps {
  transact: Transact;
  memberships: Pick<MembershipStore, 'workspacesOf'>;
  onError: (error: unknown) => void;
}

/**
 * Written behind the answer, so that a wrong password takes as long for an account that exists as for one that does not.
 * How much can be written is bounded by the limit on attempts. An account nobody has leaves no entry: what was typed as its
 * address may be a password.
 */
export function createSignInLog({ transact, memberships, onError }: Deps): SignInLog {
  const writing = new Set<Promise<void>>();
  const write: (...args: Parameters<SignInLog['note']>) => Promise<void> = async (
    person,
    outcome,
    client,
  ) => {
    const isTheirs = outcome === 'signed_in';
    for (const { id: workspaceId } of await memberships.workspacesOf(person.id)) {
      await transact(workspaceId, (tx) =>
        record(tx, {
          who: {
            workspaceId,
            userId: isTheirs ? person.id : null,
            tokenId: null,
            label: isTheirs ? person.name : 'Somebody',
            ip: client.ip,
          },
          action: `session.${outcome}`,
          subject: { kind: 'member', id: person.id, name: person.name },
        }),
      );
    }
  };
  return {
    note: (...args) => {
      const done = write(...args)
        .catch(onError)
        .finally(() => writing.delete(done));
      writing.add(done);
    },
    settle: async () => {
      await Promise.all(writing);
    },
  };
}
