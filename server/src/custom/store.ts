import { customDefinition } from '@keyrail/contract/custom';
import { type Selectable, sql } from 'kysely';
import { CATALOG_CHANGED } from '../catalog/catalogs.ts';
import { notify } from '../db/listen.ts';
import { queries } from '../db/open.ts';
import type { CustomIntegrations } from '../db/schema.ts';
import type { Tx } from '../lib/tx.ts';
import type { CustomIntegration } from './custom-integration.ts';

/** By name. */
export async function listCustom(tx: Tx, workspaceId: string): Promise<CustomIntegration[]> {
  const rows = await select(tx, workspaceId).orderBy('name_key').execute();
  return rows.map(fromRow);
}

export async function findCustom(
  tx: Tx,
  workspaceId: string,
  slug: string,
): Promise<CustomIntegration | null> {
  const row = await select(tx, workspaceId).where('slug', '=', slug).executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

/** Makes names and slugs of a workspace's own integrations, and their addresses, a matter of one transaction at a time. */
export async function lockCustom(tx: Tx, workspaceId: string): Promise<void> {
  const name = `custom integrations ${workspaceId}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(queries(tx));
}

/** Slugs by the key of their name. */
export async function takenCustom(tx: Tx, workspaceId: string): Promise<ReadonlyMap<string, string>> {
  const rows = await queries(tx)
    .selectFrom('custom_integrations')
    .select(['slug', 'name_key'])
    .where('workspace_id', '=', workspaceId)
    .execute();
  return new Map(rows.map((row) => [row.name_key, row.slug]));
}

export async function insertCustom(tx: Tx, made: CustomIntegration, nameKey: string): Promise<void> {
  await queries(tx)
    .insertInto('custom_integrations')
    .values({
      id: made.id,
      workspace_id: made.workspaceId,
      slug: made.slug,
      name: made.described.name,
      name_key: nameKey,
      described: JSON.stringify(made.described),
      address_stamp: made.addressStamp,
      version: made.version,
      created_by_label: made.createdBy,
      created_at: made.createdAt,
      updated_by_label: made.updatedBy,
      updated_at: made.updatedAt,
    })
    .execute();
  await notify(tx, CATALOG_CHANGED, made.workspaceId);
}

export async function updateCustom(tx: Tx, changed: CustomIntegration, nameKey: string): Promise<void> {
  await queries(tx)
    .updateTable('custom_integrations')
    .set({
      name: changed.described.name,
      name_key: nameKey,
      described: JSON.stringify(changed.described),
      address_stamp: changed.addressStamp,
      version: changed.version,
      updated_by_label: changed.updatedBy,
      updated_at: changed.updatedAt,
    })
    .where('workspace_id', '=', changed.workspaceId)
    .where('id', '=', changed.id)
    .execute();
  await notify(tx, CATALOG_CHANGED, changed.workspaceId);
}

export async function deleteCustom(
  tx: Tx,
  { workspaceId, id }: Pick<CustomIntegration, 'workspaceId' | 'id'>,
): Promise<void> {
  await queries(tx)
    .deleteFrom('custom_integrations')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
  await notify(tx, CATALOG_CHANGED, workspaceId);
}

function select(tx: Tx, workspaceId: string) {
  return queries(tx).selectFrom('custom_integrations').selectAll().where('workspace_id', '=', workspaceId);
}

function fromRow(row: Selectable<CustomIntegrations>): CustomIntegration {
  return {
    id: row.id as CustomIntegration['id'],
    workspaceId: row.workspace_id,
    slug: row.slug,
    described: customDefinition.parse(row.described),
    addressStamp: row.address_stamp,
    version: row.version,
    createdBy: row.created_by_label,
    createdAt: row.created_at,
    updatedBy: row.updated_by_label,
    updatedAt: row.updated_at,
  };
}
