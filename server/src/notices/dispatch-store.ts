import type { DeliveryId } from '@keyrail/contract/ids';
import { sql } from 'kysely';
import type { Queries } from '../db/open.ts';

/** An attempt that somebody must make. */
export interface Taken {
  id: DeliveryId;
  workspaceId: string;
  channelId: string;
  /** This one among them. */
  attempts: number;
  /**
   * From before an operator said which instance this is: the database may have been a copy, or restored, and it may have been
   * sent already.
   */
  isFromBefore: boolean;
}

export interface TakeOptions {
  now: Date;
  /** An attempt that is not settled by then is another process's to make again. */
  until: Date;
  limit: number;
  /** Where an attempt is being made by this process. */
  busyChannels: readonly string[];
  /** Of which workspaces, once for each attempt; and how many of one are made at the same time. */
  busyWorkspaces: readonly string[];
  atOnceOfWorkspace: number;
}

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface DispatchStore {
  /** Takes what is due: one of each channel, the longest due first. Reads the first of each channel that has something waiting. */
  take(options: TakeOptions): Promise<Taken[]>;
  /** What else is due now for the same receiver, to go with this one; no tests, and nothing of before. */
  takeAlike(
    one: Taken & { recipient: string | null },
    options: Pick<TakeOptions, 'now' | 'until' | 'limit'>,
  ): Promise<Taken[]>;
}

export function createDispatchStore(system: Queries): DispatchStore {
  return {
    take: async ({ now, until, limit, busyChannels, busyWorkspaces, atOnceOfWorkspace }) => {
      const { rows } = await sql<{
        id: string;
        workspace_id: string;
        channel_id: string;
        attempts: number;
        is_from_before: boolean;
      }>`
        with recursive first as (
          (select channel_id, workspace_id, id, next_attempt_at from deliveries
            where state = 'pending' order by channel_id, next_attempt_at, id limit 1)
          union all
          select next.* from first cross join lateral (
            select channel_id, workspace_id, id, next_attempt_at from deliveries
            where state = 'pending' and channel_id > first.channel_id
            order by channel_id, next_attempt_at, id limit 1
          ) next
        ), due as (
          select id, next_attempt_at,
            row_number() over (partition by workspace_id order by next_attempt_at, id)
              + (select count(*) from unnest(${[...busyWorkspaces]}::text[]) busy where busy = workspace_id) as place
          from first
          where next_attempt_at <= ${now} and channel_id <> all(${[...busyChannels]}::text[])
        ), chosen as (
          select id from due where place <= ${atOnceOfWorkspace} order by next_attempt_at, id limit ${limit}
        )
        update deliveries set attempts = attempts + 1, next_attempt_at = ${until}
        where id in (select id from chosen) and state = 'pending' and next_attempt_at <= ${now}
        returning id, workspace_id, channel_id, attempts,
          queued_at < coalesce((select decided_at from instance), '-infinity') as is_from_before`.execute(
        system,
      );
      return rows.map((row) => ({
        id: row.id as DeliveryId,
        workspaceId: row.workspace_id,
        channelId: row.channel_id,
        attempts: row.attempts,
        isFromBefore: row.is_from_before,
      }));
    },
    takeAlike: async ({ workspaceId, channelId, recipient }, { now, until, limit }) => {
      const { rows } = await sql<{ id: string; attempts: number }>`
        update deliveries set attempts = attempts + 1, next_attempt_at = ${until}
        where id in (
          select id from deliveries
          where workspace_id = ${workspaceId} and channel_id = ${channelId} and state = 'pending'
            and next_attempt_at <= ${now} and notice_id is not null
            and recipient is not distinct from ${recipient}
            and queued_at >= coalesce((select decided_at from instance), '-infinity')
          order by next_attempt_at, id limit ${limit} for update skip locked
        )
        returning id, attempts`.execute(system);
      return rows.map(({ id, attempts }) => ({
        ...{ id: id as DeliveryId, workspaceId, channelId, attempts },
        isFromBefore: false,
      }));
    },
  };
}
