import type { Queries } from '../db/open.ts';
import { enqueueManyAsSystem } from '../jobs/queue.ts';
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

/** Nobody waits for these; whoever uses a token that has run out renews it without a job. */
const BEHIND_OTHERS = 10;

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
        const entries = due.map((payload) => ({ payload, key: keyFor(tokenRenew.name, payload) }));
        await enqueueManyAsSystem(transaction, tokenRenew, entries, { priority: BEHIND_OTHERS });
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
        const entries = due.map((payload) => ({ payload, key: keyFor(tokenSayEnd.name, payload) }));
        await enqueueManyAsSystem(transaction, tokenSayEnd, entries, { priority: BEHIND_OTHERS });
        return due.length;
      }),
  };
}

function keyFor(name: string, due: { connection_id: string; credential_version: number }): string {
  return `${name}:${due.connection_id}:${due.credential_version}`;
}
