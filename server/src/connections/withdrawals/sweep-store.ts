import { sql } from 'kysely';
import type { Queries } from '../../db/open.ts';
import { enqueueAsSystem } from '../../jobs/queue.ts';
import { tellingOf, withdrawalTell } from '../announce.ts';

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface WithdrawalSweepStore {
  /** Enqueues an attempt for what is due, of each workspace in turn. Reads what is due, never what is stored. */
  enqueueDue(now: Date, limit: number): Promise<number>;
  /** Drops what has been waiting for others of its account since then, and what was settled before these times. */
  forget(before: { waitingSince: Date; withdrawn: Date; notWithdrawn: Date }): Promise<void>;
}

export function createWithdrawalSweepStore(system: Queries): WithdrawalSweepStore {
  return {
    enqueueDue: async (now, limit) => {
      const { rows: due } = await sql<{ workspace_id: string; id: string }>`
        select workspace_id, id from (
          select workspace_id, id, next_attempt_at,
            row_number() over (partition by workspace_id order by next_attempt_at) as place
          from withdrawals where next_attempt_at <= ${now}
        ) as due
        order by place, next_attempt_at limit ${limit}`.execute(system);
      for (const { workspace_id, id } of due)
        await enqueueAsSystem(system, withdrawalTell, { workspace_id, id }, tellingOf(workspace_id, id));
      return due.length;
    },
    forget: async ({ waitingSince, withdrawn, notWithdrawn }) => {
      await system
        .deleteFrom('withdrawals')
        .where('created_at', '<', waitingSince)
        .where((eb) =>
          eb.or([
            eb.and([eb('state', '=', 'pending'), eb('next_attempt_at', 'is', null)]),
            eb.and([eb('state', '=', 'withdrawn'), eb('settled_at', '<', withdrawn)]),
            eb.and([eb('state', 'in', ['failed', 'not_offered']), eb('settled_at', '<', notWithdrawn)]),
          ]),
        )
        .execute();
    },
  };
}
