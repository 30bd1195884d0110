import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';

export interface NewOwner {
  userId: string;
  workspaceId: string;
  workspaceName: string;
  /** Null: they have an account already. */
  account: { email: string; name: string; passwordHash: string } | null;
}

export interface SetupStore {
  /** One that is being deleted is none. */
  hasWorkspace(): Promise<boolean>;
  hasAccounts(): Promise<boolean>;
  /** The only link that works from now on. */
  replaceLink(codeHash: Buffer, expiresAt: Date): Promise<void>;
  isLinkOpen(codeHash: Buffer, now: Date): Promise<boolean>;
  /**
   * Uses the link up and makes a workspace and, where there is none, the account of its owner, all or nothing; false when the link does not work (any
   * more). Of two at the same moment one waits for the other's row, and finds the link gone. `then` runs in the same
   * transaction.
   */
  makeOwner(codeHash: Buffer, now: Date, owner: NewOwner, then: (tx: Tx) => Promise<void>): Promise<boolean>;
}

export function createSetupStore(system: Queries): SetupStore {
  return {
    hasWorkspace: () => hasWorkspace(system),
    hasAccounts: async () => (await system.selectFrom('users').select('id').limit(1).execute()).length > 0,
    replaceLink: (codeHash, expiresAt) =>
      system.transaction().execute(async (tx) => {
        await tx.deleteFrom('setup_links').execute();
        await tx.insertInto('setup_links').values({ code_hash: codeHash, expires_at: expiresAt }).execute();
      }),
    isLinkOpen: async (codeHash, now) => {
      const found = await system
        .selectFrom('setup_links')
        .select('expires_at')
        .where('code_hash', '=', codeHash)
        .where('expires_at', '>', now)
        .executeTakeFirst();
      return found !== undefined;
    },
    makeOwner: (codeHash, now, owner, then) =>
      system.transaction().execute(async (tx) => {
        // Two links can be open for a moment when two processes start; one workspace is made all the same.
        await sql`select pg_advisory_xact_lock(7313220416)`.execute(tx);
        const used = await tx
          .deleteFrom('setup_links')
          .where('code_hash', '=', codeHash)
          .where('expires_at', '>', now)
          .returning('code_hash')
          .executeTakeFirst();
        if (!used || (await hasWorkspace(tx))) return false;
        const { userId, workspaceId, account } = owner;
        if (account !== null) {
          const { email, name, passwordHash } = account;
          await tx
            .insertInto('users')
            .values({ id: userId, email, name, password_hash: passwordHash })
            .execute();
        }
        await tx.insertInto('workspaces').values({ id: workspaceId, name: owner.workspaceName }).execute();
        await tx
          .insertInto('members')
          .values({ workspace_id: workspaceId, user_id: userId, role: 'owner' })
          .execute();
        await then(tx as unknown as Tx);
        return true;
      }),
  };
}

async function hasWorkspace(system: Queries): Promise<boolean> {
  const found = await system
    .selectFrom('workspaces')
    .select('id')
    .where('deleting_at', 'is', null)
    .limit(1)
    .execute();
  return found.length > 0;
}
