import type { DeliveryId, NoticeId } from '@keyrail/contract/ids';
import { delivery as deliveryShape, noticeKind } from '@keyrail/contract/notices';
import { sql } from 'kysely';
import { notify } from '../db/listen.ts';
import { queries } from '../db/open.ts';
import { newId } from '../lib/id.ts';
import type { Tx } from '../lib/tx.ts';
import { DELIVERY_DUE } from './announce.ts';
import { type Delivery, TEST_TITLE } from './delivery.ts';
import type { NewNotice } from './notice-store.ts';

/** Whoever sends looks at once. */
export async function announceDue(tx: Tx): Promise<void> {
  await notify(tx, DELIVERY_DUE, '');
}

/** One for each receiver that wants this kind of notice; how many. A channel hears nothing of its own end. */
export async function insertDeliveries(
  tx: Tx,
  { id, workspaceId, kind, subject, at }: Pick<NewNotice, 'id' | 'workspaceId' | 'kind' | 'subject' | 'at'>,
): Promise<number> {
  const channels = await queries(tx)
    .selectFrom('notice_channels')
    .select(['id', 'kind', 'addresses'])
    .where('workspace_id', '=', workspaceId)
    .where('is_paused', '=', false)
    .where('stopped_at', 'is', null)
    .where('id', '!=', subject.id)
    .where(sql<boolean>`${kind} = any(kinds)`)
    .orderBy('id')
    .execute();
  return (await insertAll(tx, { workspaceId, noticeId: id, at }, channels)).length;
}

/** A message that says only that messages arrive; its deliveries' ids. */
export async function insertTest(
  tx: Tx,
  workspaceId: string,
  channel: { id: string; kind: string; addresses: readonly string[] },
  at: Date,
): Promise<string[]> {
  return insertAll(tx, { workspaceId, noticeId: null, at }, [channel]);
}

/** How many test messages went there since then; no more than `most` are counted. */
export async function testsSince(tx: Tx, channelId: string, since: Date, most: number): Promise<number> {
  const rows = await queries(tx)
    .selectFrom('deliveries')
    .select('id')
    .where('channel_id', '=', channelId)
    .where('notice_id', 'is', null)
    .where('created_at', '>=', since)
    .limit(most)
    .execute();
  return rows.length;
}

interface Message {
  workspaceId: string;
  noticeId: string | null;
  at: Date;
}

async function insertAll(
  tx: Tx,
  { workspaceId, noticeId, at }: Message,
  channels: readonly { id: string; kind: string; addresses: readonly string[] }[],
): Promise<string[]> {
  const rows = channels.flatMap(({ id, kind, addresses }) =>
    (kind === 'email' ? addresses : [null]).map((recipient) => ({
      id: newId<string>('dlv', at.getTime()),
      workspace_id: workspaceId,
      channel_id: id,
      notice_id: noticeId,
      recipient,
      state: 'pending',
      next_attempt_at: at,
      created_at: at,
    })),
  );
  if (rows.length > 0) await queries(tx).insertInto('deliveries').values(rows).execute();
  return rows.map(({ id }) => id);
}

export interface DeliveryFilter {
  channel: string | undefined;
  state: Delivery['state'] | undefined;
  before: string | null;
  limit: number;
}

/** Newest first. */
export async function listDeliveries(
  tx: Tx,
  workspaceId: string,
  { channel, state, before, limit }: DeliveryFilter,
): Promise<Delivery[]> {
  let query = select(tx, workspaceId).orderBy('d.id', 'desc').limit(limit);
  if (channel !== undefined) query = query.where('d.channel_id', '=', channel);
  if (state !== undefined) query = query.where('d.state', '=', state);
  if (before !== null) query = query.where('d.id', '<', before);
  return (await query.execute()).map(fromRow);
}

export async function findDeliveries(
  tx: Tx,
  workspaceId: string,
  ids: readonly string[],
): Promise<Delivery[]> {
  const rows = await select(tx, workspaceId)
    .where('d.id', '=', sql<string>`any(${[...ids]})`)
    .orderBy('d.id', 'desc')
    .execute();
  return rows.map(fromRow);
}

/** To be sent once more, from its first attempt on. False: it is not over yet, or not there. */
export async function sendAgain(tx: Tx, workspaceId: string, id: string, now: Date): Promise<boolean> {
  const done = await queries(tx)
    .updateTable('deliveries')
    .set({
      ...{ state: 'pending', attempts: 0, next_attempt_at: now, settled_at: null },
      queued_at: sql<Date>`clock_timestamp()`,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('state', '!=', 'pending')
    .executeTakeFirst();
  return Number(done.numUpdatedRows) > 0;
}

/** What came of the attempt of this number; nothing is written where another process has taken the next. */
export async function settleAttempt(
  tx: Tx,
  { workspaceId, id, attempts }: Pick<Delivery, 'workspaceId' | 'id' | 'attempts'>,
  came:
    | { state: 'delivered' | 'failed'; answer: string; at: Date }
    | { state: 'pending'; answer: string; nextAttemptAt: Date },
): Promise<boolean> {
  const isOver = came.state !== 'pending';
  const done = await queries(tx)
    .updateTable('deliveries')
    .set({
      state: came.state,
      last_answer: came.answer,
      next_attempt_at: isOver ? null : came.nextAttemptAt,
      settled_at: isOver ? came.at : null,
    })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('state', '=', 'pending')
    .executeTakeFirst();
  return Number(done.numUpdatedRows) > 0;
}

/** Nothing that waits for this channel is sent any more. Tests are: somebody wants to see whether it works again. */
export async function dropWaiting(
  tx: Tx,
  workspaceId: string,
  channelId: string,
  answer: string,
  at: Date,
): Promise<void> {
  await queries(tx)
    .updateTable('deliveries')
    .set({ state: 'failed', last_answer: answer, next_attempt_at: null, settled_at: at })
    .where('workspace_id', '=', workspaceId)
    .where('channel_id', '=', channelId)
    .where('state', '=', sql<string>`'pending'`)
    .where('notice_id', 'is not', null)
    .execute();
}

function select(tx: Tx, workspaceId: string) {
  return queries(tx)
    .selectFrom('deliveries as d')
    .innerJoin('notice_channels as c', 'c.id', 'd.channel_id')
    .leftJoin('notices as n', 'n.id', 'd.notice_id')
    .selectAll('d')
    .select(['c.kind as channel_kind', 'c.name as channel_name', 'n.kind as notice_kind', 'n.title as title'])
    .where('d.workspace_id', '=', workspaceId);
}

type Row = Awaited<ReturnType<ReturnType<typeof select>['execute']>>[number];

function fromRow(row: Row): Delivery {
  const { channel_kind, state } = deliveryShape.shape;
  return {
    id: row.id as DeliveryId,
    workspaceId: row.workspace_id,
    channelId: row.channel_id,
    channelKind: channel_kind.parse(row.channel_kind),
    channelName: row.channel_name,
    recipient: row.recipient,
    noticeId: row.notice_id as NoticeId | null,
    noticeKind: row.notice_kind === null ? null : noticeKind.parse(row.notice_kind),
    title: row.title ?? TEST_TITLE,
    state: state.parse(row.state),
    attempts: row.attempts,
    lastAnswer: row.last_answer,
    nextAttemptAt: row.next_attempt_at,
    createdAt: row.created_at,
    settledAt: row.settled_at,
  };
}
