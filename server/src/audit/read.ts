import type { Tx } from '../lib/tx.ts';
import type { Entry } from './entry.ts';
import { listEntries, sumOfLastHour } from './store.ts';

/** Entries of one deed to one thing, newest first, for a room that tells of them in its own words. */
export function deedsTo(
  tx: Tx,
  subject: { workspaceId: string; id: string },
  action: `${string}.${string}`,
  page: { limit: number; before: string | null },
): Promise<Entry[]> {
  return listEntries(tx, subject.workspaceId, page, { actor: undefined, subject: subject.id, action });
}

/**
 * How much of something people asked for in the last hour, by the numbers in the details of their deeds: entries stay where the
 * things themselves can be deleted and made anew. By the time of the database.
 */
export function askedForInAnHour(
  tx: Tx,
  workspaceId: string,
  actions: readonly `${string}.${string}`[],
  detail: string,
): Promise<number> {
  return sumOfLastHour(tx, workspaceId, actions, detail);
}
