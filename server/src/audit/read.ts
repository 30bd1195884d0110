import type { Tx } from '../lib/tx.ts';
import type { Entry } from './entry.ts';
import { listEntries } from './store.ts';

/** Entries of one deed to one thing, newest first, for a room that tells of them in its own words. */
export function deedsTo(
  tx: Tx,
  subject: { workspaceId: string; id: string },
  action: `${string}.${string}`,
  page: { limit: number; before: string | null },
): Promise<Entry[]> {
  return listEntries(tx, subject.workspaceId, page, { actor: undefined, subject: subject.id, action });
}
