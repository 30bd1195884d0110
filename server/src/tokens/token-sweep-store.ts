import type { Queries } from '../db/open.ts';
import { enqueueAsSystem } from '../jobs/queue.ts';
import { tokenRenew, tokenSayEnd } from './announce.ts';

/** Of all workspaces together; so it works past row-level security, and only with ids and times. */
export interface TokenSweepStore {
  /**
   * Enqueues a renewal for every token that is due, and puts its next one off to `again`: the renewal sets the real time; a
   * process killed before that only delays it. Reads what is due, never what is stored.
   */
  enqueueDue(now: Date, again: Date, limit: number): Promise<number>;
  /** The same for ends that are to be said. */
  enqueueEnding(now: Date, again: Date, limit: number): Promise<number>;
}

export function createTokenSweepStore(system: Queries): TokenSweepStore {
  return {
    enqueueDue: (now, again, limit) =>
      system.transaction().execute(async (transaction) => {
        const due = await transaction
          .updateTable('tokens')
          .set({ renew_at: again })
          .where('id', 'in', (eb) =>
            eb
              .selectFrom('tokens')
              .select('id')
              .where('renew_at', '<=', now)
              .orderBy('renew_at')
              .limit(limit)
              .forUpdate()
              .skipLocked(),
          )
          .returning(['workspace_id', 'connection_id', 'credential_version', 'generation'])
          .execute();
        for (const payload of due) {
          const key = `${tokenRenew.name}:${payload.connection_id}:${payload.credential_version}`;
          await enqueueAsSystem(transaction, tokenRenew, payload, { key });
        }
        return due.length;
      }),
    enqueueEnding: (now, again, limit) =>
      system.transaction().execute(async (transaction) => {
        const due = await transaction
          .updateTable('tokens')
          .set({ grant_say_at: again })
          .where('id', 'in', (eb) =>
            eb
              .selectFrom('tokens')
              .select('id')
              .where('grant_say_at', '<=', now)
              .orderBy('grant_say_at')
              .limit(limit)
              .forUpdate()
              .skipLocked(),
          )
          .returning(['workspace_id', 'connection_id', 'credential_version'])
          .execute();
        for (const payload of due) {
          const key = `${tokenSayEnd.name}:${payload.connection_id}:${payload.credential_version}`;
          await enqueueAsSystem(transaction, tokenSayEnd, payload, { key });
        }
        return due.length;
      }),
  };
}
