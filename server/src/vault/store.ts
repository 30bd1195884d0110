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

    addCurrent: async (workspaceId, key, replacing) => {
      await system.transaction().execute(async (transaction) => {
        if (replacing !== null) {
          await transaction
            .updateTable('data_keys')
            .set({ is_current: false })
            .where('workspace_id', '=', workspaceId)
            .where('id', '=', replacing)
            .execute();
        }
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
  };
}

/** The one record that tells which master key this database belongs to. */
export function canaryStore(system: Queries): CanaryStore {
  return {
    read: async () =>
      (await system.selectFrom('vault_canary').select('sealed').executeTakeFirst())?.sealed ?? null,

    writeFirst: async (sealed) => {
      await system
        .insertInto('vault_canary')
        .values({ sealed })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    },

    neededKeyId: async () =>
      (await system.selectFrom('data_keys').select('master_key_id').limit(1).executeTakeFirst())
        ?.master_key_id ?? null,
  };
}
