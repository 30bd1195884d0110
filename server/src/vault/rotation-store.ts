import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';
import { VAULT_CHANGED } from './announce.ts';
import type { RecoverStore } from './recover.ts';
import type { RetiredKeyStore } from './reencrypt.ts';
import type { MasterKeyChange, MasterKeyStore } from './rotate-master.ts';
import { LISTENER_NAME } from './watch.ts';

/** Past row-level security: keys of all workspaces. */
export function masterKeyStore(system: Queries): MasterKeyStore & RecoverStore {
  const canaryIn = async (handle: Queries, isForChange: boolean) => {
    const query = handle.selectFrom('vault_canary').select(['sealed', 'root']);
    return (await (isForChange ? query.forUpdate() : query).executeTakeFirst()) ?? null;
  };
  return {
    canary: () => canaryIn(system, false),
    servers: async () => {
      const { rows } = await sql<{ pid: number; address: string | null; name: string }>`
        select pid, host(client_addr) as address, application_name as name from pg_stat_activity
        where datname = current_database() and application_name like ${`${LISTENER_NAME}%`}`.execute(system);
      return rows.map(({ pid, address, name }) => ({
        pid,
        address,
        masterKeyIds: name.slice(LISTENER_NAME.length + 1).split('+'),
      }));
    },
    tell: () => tell(system, ''),
    change: async (work) => {
      await system.transaction().execute(async (transaction) => {
        await work({ canary: await canaryIn(transaction, true), ...changeIn(transaction) });
      });
    },
    startOver: async (canary, masterKeyId) => {
      await system.transaction().execute(async (transaction) => {
        await canaryIn(transaction, true);
        await transaction.deleteFrom('vault_canary').execute();
        await transaction.insertInto('vault_canary').values(canary).execute();
        await transaction
          .updateTable('data_keys')
          .set({ is_current: false, retired_at: sql<Date>`now()` })
          .where('is_current', '=', true)
          .where('master_key_id', '!=', masterKeyId)
          .execute();
      });
    },
  };
}

function changeIn(transaction: Queries): Omit<MasterKeyChange, 'canary'> {
  return {
    dataKeys: async (after, limit) => {
      const rows = await transaction
        .selectFrom('data_keys')
        .select(['id', 'workspace_id', 'wrapped'])
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .forUpdate()
        .execute();
      return rows.map(({ id, workspace_id: workspaceId, wrapped }) => ({ id, workspaceId, wrapped }));
    },
    saveDataKeys: async (keys) => {
      await sql`
        update data_keys set wrapped = new.wrapped
        from unnest(${keys.map(({ id }) => id)}::text[], ${keys.map(({ wrapped }) => wrapped)}::text[]) as new (id, wrapped)
        where data_keys.id = new.id`.execute(transaction);
    },
    saveCanary: async (canary) => {
      await transaction.updateTable('vault_canary').set(canary).execute();
    },
  };
}

export function retiredKeyStore(system: Queries): RetiredKeyStore {
  const retired = () =>
    system
      .selectFrom('data_keys')
      .select(['workspace_id', 'id'])
      .where('is_current', '=', false)
      .orderBy('id');
  const keyOf = ({ workspace_id: workspaceId, id }: { workspace_id: string; id: string }) => ({
    workspaceId,
    id,
  });
  return {
    retired: async () => {
      // A process of an earlier release retires without a date.
      await system
        .updateTable('data_keys')
        .set({ retired_at: sql<Date>`now()` })
        .where('is_current', '=', false)
        .where('retired_at', 'is', null)
        .execute();
      return (await retired().execute()).map(keyOf);
    },
    retiredOf: async (workspaceId) =>
      (await retired().where('workspace_id', '=', workspaceId).execute()).map(keyOf),
    destroy: async (ids, retiredBefore) => {
      const destroyed = await system
        .deleteFrom('data_keys')
        .where('id', '=', sql<string>`any(${[...ids]})`)
        .where('is_current', '=', false)
        .where('retired_at', '<', retiredBefore)
        .returning('id')
        .execute();
      return destroyed.length;
    },
  };
}

export async function tell(system: Queries, workspaceId: string): Promise<void> {
  await sql`select pg_notify(${VAULT_CHANGED}, ${workspaceId})`.execute(system);
}

/** What `key status` shows of the data keys: oldest first, the current one of each workspace last. */
export interface DataKeyFacts {
  id: string;
  workspaceId: string;
  /** Null: the operator's own, or a workspace that is gone. */
  workspaceName: string | null;
  masterKeyId: string | null;
  isCurrent: boolean;
  uses: number;
  createdAt: Date;
  retiredAt: Date | null;
}

export async function dataKeyFacts(system: Queries): Promise<DataKeyFacts[]> {
  const rows = await system
    .selectFrom('data_keys')
    .leftJoin('workspaces', 'workspaces.id', 'data_keys.workspace_id')
    .selectAll('data_keys')
    .select('workspaces.name as workspace_name')
    .orderBy('data_keys.workspace_id')
    .orderBy('data_keys.id')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    workspaceId: row.workspace_id,
    workspaceName: row.workspace_name,
    masterKeyId: row.master_key_id,
    isCurrent: row.is_current,
    uses: row.uses,
    createdAt: row.created_at,
    retiredAt: row.retired_at,
  }));
}
