import type { Queries } from '../../db/open.ts';
import { enqueueAsSystem } from '../../jobs/queue.ts';
import { withdrawalTell } from '../announce.ts';

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface WithdrawalSweepStore {
  /** Enqueues an attempt for everything that is due. Reads what is due, never what is stored. */
  enqueueDue(now: Date, limit: number): Promise<number>;
  /** Drops what has been waiting for others of its account since then, and what was settled before these times. */
  forget(before: { waitingSince: Date; withdrawn: Date; notWithdrawn: Date }): Promise<void>;
}

export function createWithdrawalSweepStore(system: Queries): WithdrawalSweepStore {
  return {
    enqueueDue: async (now, limit) => {
      const due = await system
        .selectFrom('withdrawals')
        .select(['workspace_id', 'id'])
        .where('next_attempt_at', '<=', now)
        .orderBy('next_attempt_at')
        .limit(limit)
        .execute();
      for (const { workspace_id, id } of due)
        await enqueueAsSystem(
          system,
          withdrawalTell,
          { workspace_id, id },
          { key: `${withdrawalTell.name}:${id}` },
        );
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
