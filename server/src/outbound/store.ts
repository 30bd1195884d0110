import { sql } from 'kysely';
import { type Queries, queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { PauseStore } from './budget.ts';
import type { BudgetStore } from './reservations.ts';
import type { UsageRollup, UsageStore } from './usage.ts';

/** Budgets belong to connections of all workspaces and hold counts alone: past row-level security, one round trip. */
export function budgetStore(system: Queries): BudgetStore & PauseStore {
  return {
    take: async (key, windows, want, unused, holdMs) => {
      const { rows } = await sql<{ granted: number; wait_ms: number }>`
        select granted, wait_ms
        from keyrail_take_calls(${key}, ${JSON.stringify(windows)}::jsonb, ${want}, ${unused}, ${holdMs})
      `.execute(system);
      const [row] = rows;
      return { granted: row?.granted ?? 0, waitMs: row?.wait_ms ?? 0 };
    },

    pause: async (key, milliseconds) => {
      await sql`
        insert into rate_budgets as budget (key, paused_until)
        values (${key}, clock_timestamp() + make_interval(secs => ${milliseconds / 1_000}))
        on conflict (key) do update
        set paused_until = greatest(budget.paused_until, excluded.paused_until), touched_at = clock_timestamp()
      `.execute(system);
    },

    pauses: async (keys) => {
      const { rows } = await sql<{ key: string; left_ms: number }>`
        select key, ceil(extract(epoch from paused_until - clock_timestamp()) * 1000)::integer as left_ms
        from rate_budgets
        where key = any(${sql.val([...keys])}::text[]) and paused_until > clock_timestamp()
      `.execute(system);
      return new Map(rows.map((row) => [row.key, row.left_ms]));
    },

    prune: async (untouchedMs) => {
      await sql`
        delete from rate_budgets
        where touched_at < clock_timestamp() - make_interval(secs => ${untouchedMs / 1_000})
          and coalesce(paused_until, '-infinity') < clock_timestamp()
      `.execute(system);
    },
  };
}

/** Sums of all workspaces come together here, so the write is past row-level security. */
export function usageStore(system: Queries): UsageStore {
  return {
    add: async (rollups) => {
      if (rollups.length === 0) return;
      await system
        .insertInto('call_usage')
        .columns([
          'workspace_id',
          'connection_id',
          'bucket',
          'starts_at',
          'consumer',
          'status_class',
          'calls',
          'latency_ms_sum',
          'latency_ms_max',
        ])
        .expression(unnested(rollups))
        .onConflict((conflict) =>
          conflict.columns(['connection_id', 'bucket', 'starts_at', 'consumer', 'status_class']).doUpdateSet({
            calls: sql`call_usage.calls + excluded.calls`,
            latency_ms_sum: sql`call_usage.latency_ms_sum + excluded.latency_ms_sum`,
            latency_ms_max: sql`greatest(call_usage.latency_ms_max, excluded.latency_ms_max)`,
          }),
        )
        .execute();
    },

    prune: async (minutesBefore, hoursBefore) => {
      await system
        .deleteFrom('call_usage')
        .where((or) =>
          or.or([
            or.and({ bucket: 'minute' }).and('starts_at', '<', minutesBefore),
            or.and({ bucket: 'hour' }).and('starts_at', '<', hoursBefore),
          ]),
        )
        .execute();
    },
  };
}

/**
 * Arrays, one per column: one statement and nine parameters, however many rows. In the order of their key: processes that
 * add to the same rows in different orders would wait for each other.
 */
function unnested(rollups: readonly UsageRollup[]) {
  const column = <T>(pick: (rollup: UsageRollup) => T) => sql.val(rollups.map(pick));
  return sql<never>`
    select * from unnest(
      ${column((rollup) => rollup.workspaceId)}::text[],
      ${column((rollup) => rollup.connectionId)}::text[],
      ${column((rollup) => rollup.bucket)}::text[],
      ${column((rollup) => rollup.startsAt)}::timestamptz[],
      ${column((rollup) => rollup.consumer)}::text[],
      ${column((rollup) => rollup.statusClass)}::text[],
      ${column((rollup) => rollup.calls)}::bigint[],
      ${column((rollup) => rollup.latencyMsSum)}::bigint[],
      ${column((rollup) => rollup.latencyMsMax)}::integer[]
    )
    order by 2, 3, 4, 5, 6
  `;
}

/** One connection's sums since `since`, oldest first. */
export async function usageOf(
  tx: Tx,
  workspaceId: string,
  connectionId: string,
  bucket: 'minute' | 'hour',
  since: Date,
): Promise<UsageRollup[]> {
  const rows = await queries(tx)
    .selectFrom('call_usage')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', '=', connectionId)
    .where('bucket', '=', bucket)
    .where('starts_at', '>=', since)
    .orderBy('starts_at')
    .execute();
  return rows.map((row) => ({
    workspaceId: row.workspace_id,
    connectionId: row.connection_id,
    bucket,
    startsAt: row.starts_at,
    consumer: row.consumer,
    statusClass: row.status_class,
    calls: row.calls,
    latencyMsSum: row.latency_ms_sum,
    latencyMsMax: row.latency_ms_max,
  }));
}
