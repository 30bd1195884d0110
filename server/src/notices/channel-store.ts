import type { ChannelId, WebhookId } from '@keyrail/contract/ids';
import { delivery, noticeKind } from '@keyrail/contract/notices';
import { type Selectable, sql } from 'kysely';
import { z } from 'zod';
import { queries } from '../db/open.ts';
import type { NoticeChannels } from '../db/schema.ts';
import type { Tx } from '../lib/tx.ts';
import type { Channel } from './channel.ts';

export async function insertChannel(tx: Tx, made: Channel): Promise<void> {
  await queries(tx)
    .insertInto('notice_channels')
    .values({
      id: made.id,
      workspace_id: made.workspaceId,
      kind: made.kind,
      name: made.name,
      addresses: [...made.addresses],
      url: made.url,
      hint: made.hint,
      sealed: made.sealed,
      sealed_version: made.sealedVersion,
      kinds: [...made.kinds],
      created_by: made.createdBy,
      created_at: made.createdAt,
    })
    .execute();
}

/** Webhooks, or all the others. Newest first. */
export async function listChannels(
  tx: Tx,
  workspaceId: string,
  page: { isWebhook: boolean; before: string | null; limit: number },
): Promise<Channel[]> {
  let query = queries(tx)
    .selectFrom('notice_channels')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('kind', page.isWebhook ? '=' : '!=', 'webhook')
    .orderBy('id', 'desc')
    .limit(page.limit);
  if (page.before !== null) query = query.where('id', '<', page.before);
  return (await query.execute()).map(fromRow);
}

export async function findChannel(tx: Tx, workspaceId: string, id: string): Promise<Channel | null> {
  const row = await queries(tx)
    .selectFrom('notice_channels')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

/** Nobody else changes it until this transaction ends; new deliveries for it are not held up. */
export async function lockChannel(tx: Tx, workspaceId: string, id: string): Promise<Channel | null> {
  const row = await queries(tx)
    .selectFrom('notice_channels')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row === undefined ? null : fromRow(row);
}

export type ChannelChange = Partial<
  Pick<
    Channel,
    | 'name'
    | 'addresses'
    | 'url'
    | 'hint'
    | 'sealed'
    | 'sealedVersion'
    | 'previousSecretUntil'
    | 'kinds'
    | 'isPaused'
    | 'stoppedAt'
    | 'failingSince'
    | 'problem'
    | 'lastDeliveredAt'
  >
>;

/** `byPerson`: the version (ETag) moves on. `undefined` stays. */
export async function changeChannel(
  tx: Tx,
  { workspaceId, id }: Pick<Channel, 'workspaceId' | 'id'>,
  change: ChannelChange,
  { byPerson }: { byPerson: boolean },
): Promise<void> {
  const set = {
    name: change.name,
    addresses: change.addresses && [...change.addresses],
    url: change.url,
    hint: change.hint,
    sealed: change.sealed,
    sealed_version: change.sealedVersion,
    previous_secret_until: change.previousSecretUntil,
    kinds: change.kinds && [...change.kinds],
    is_paused: change.isPaused,
    stopped_at: change.stoppedAt,
    failing_since: change.failingSince,
    problem: change.problem,
    last_delivered_at: change.lastDeliveredAt,
    ...(byPerson ? { version: sql<number>`version + 1` } : {}),
  };
  const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  if (Object.keys(given).length === 0) return;
  await queries(tx)
    .updateTable('notice_channels')
    .set(given)
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

/** With what was sent there. */
export async function deleteChannel(tx: Tx, workspaceId: string, id: string): Promise<void> {
  await queries(tx)
    .deleteFrom('notice_channels')
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

export async function countChannels(tx: Tx, workspaceId: string): Promise<number> {
  const { count } = await queries(tx)
    .selectFrom('notice_channels')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('workspace_id', '=', workspaceId)
    .executeTakeFirstOrThrow();
  return count;
}

/** One after the other: the limit of a workspace's channels holds, too, for those who add at the same moment. */
export async function lockChannels(tx: Tx, workspaceId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`notice channels ${workspaceId}`}, 0))`.execute(
    queries(tx),
  );
}

const kindsShape = z.array(noticeKind);

export function fromRow(row: Selectable<NoticeChannels>): Channel {
  return {
    id: row.id as ChannelId | WebhookId,
    workspaceId: row.workspace_id,
    kind: delivery.shape.channel_kind.parse(row.kind),
    name: row.name,
    addresses: row.addresses,
    url: row.url,
    hint: row.hint,
    sealed: row.sealed,
    sealedVersion: row.sealed_version,
    previousSecretUntil: row.previous_secret_until,
    kinds: kindsShape.parse(row.kinds),
    isPaused: row.is_paused,
    stoppedAt: row.stopped_at,
    failingSince: row.failing_since,
    problem: row.problem,
    lastDeliveredAt: row.last_delivered_at,
    createdBy: row.created_by,
    createdAt: row.created_at,
    version: row.version,
  };
}
