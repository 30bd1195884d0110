import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';
import type { DataKeyStore } from './keyring.ts';
import type { CanaryStore } from './unlock.ts';

/**
 * Wrapped keys, past row-level security: keys are made and committed apart from whoever needs one, so that a
 * transaction that is rolled back never takes a key with it that something was sealed under.
 */
export function dataKeyStore(system: Queries): DataKeyStore {
  const columns = ['id', 'wrapped'] as const;
  return {
    current: async (workspaceId) =>
      (await system
        .selectFrom('data_keys')
        .select(columns)
        .where('workspace_id', '=', workspaceId)
        .where('is_current', '=', true)
        .executeTakeFirst()) ?? null,

    byId: async (workspaceId, id) =>
      (await system
        .selectFrom('data_keys')
        .select(columns)
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .executeTakeFirst()) ?? null,

    addCurrent: async (workspaceId, make, replacing) => {
      await system.transaction().execute(async (transaction) => {
        const masterKeyId = await heldMasterKeyId(transaction);
        if (await isBeingDeleted(transaction, workspaceId)) return;
        const key = await make(masterKeyId);
        if (replacing !== null) await retire(transaction, workspaceId, replacing);
        // Two processes may do this at once: the one that is second keeps the first one's key.
        await transaction
          .insertInto('data_keys')
          .values({ workspace_id: workspaceId, ...key })
          .onConflict((conflict) =>
            conflict.column('workspace_id').where('is_current', '=', true).doNothing(),
          )
          .execute();
      });
    },
    setAside: async (workspaceId, id, uses) => {
      const updated = await system
        .updateTable('data_keys')
        .set((expression) => ({ uses: expression('uses', '+', uses) }))
        .where('workspace_id', '=', workspaceId)
        .where('id', '=', id)
        .returning('uses')
        .executeTakeFirst();
      return updated?.uses ?? null;
    },
    masterKeyId: async () =>
      (await system.selectFrom('vault_canary').select('master_key_id').executeTakeFirst())?.master_key_id ??
      null,
  };
}

/** It stays the one until this transaction ends. */
async function heldMasterKeyId(transaction: Queries): Promise<string | null> {
  const canary = await transaction
    .selectFrom('vault_canary')
    .select('master_key_id')
    .forShare()
    .executeTakeFirst();
  return canary?.master_key_id ?? null;
}

/** Its keys are destroyed at one moment: none is made at the same time or later. */
async function isBeingDeleted(transaction: Queries, workspaceId: string): Promise<boolean> {
  const workspace = await transaction
    .selectFrom('workspaces')
    .select('deleting_at')
    .where('id', '=', workspaceId)
    .forShare()
    .executeTakeFirst();
  return workspace?.deleting_at != null;
}

async function retire(transaction: Queries, workspaceId: string, id: string): Promise<void> {
  await transaction
    .updateTable('data_keys')
    .set({ is_current: false, retired_at: sql<Date>`now()` })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('is_current', '=', true)
    .execute();
}

/** The one record that tells which master key this database belongs to, and the root of what is derived. */
export function canaryStore(system: Queries): CanaryStore {
  return {
    read: async () =>
      (await system.selectFrom('vault_canary').select(['sealed', 'root']).executeTakeFirst()) ?? null,
    writeFirst: async (sealed, root) => {
      await system
        .insertInto('vault_canary')
        .values({ sealed, root })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },
    writeRoot: async (sealed, root) => {
      await system
        .updateTable('vault_canary')
        .set({ root })
        .where('sealed', '=', sealed)
        .where('root', 'is', null)
        .execute();
    },
    neededKeyId: async () =>
      (
        await system
          .selectFrom('data_keys')
          .select('master_key_id')
          .orderBy('is_current', 'desc')
          .limit(1)
          .executeTakeFirst()
      )?.master_key_id ?? null,
  };
}
