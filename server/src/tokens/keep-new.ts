import { openJournalEntry, sealJournalEntry } from './journal-entry.ts';
import type { Claimed, RenewDeps, Renewed } from './renew.ts';
import { renewedTold, whileLeased } from './save.ts';
import type { Sealer } from './token-box.ts';
import type { NewToken } from './token-columns.ts';
import { saveRenewed } from './token-lease-store.ts';
import { findTokenById } from './token-store.ts';
import { within } from './within.ts';

/**
 * The only live token may be in our hands: it is written to its row; where the database does not take it within a moment, to
 * the journal first, from which it goes on by itself.
 */
export async function keepNew(
  deps: RenewDeps,
  claimed: Claimed,
  sealer: Sealer,
  token: NewToken,
  takeBack: (() => Promise<void>) | undefined,
): Promise<Renewed> {
  const writing = writeNew(deps, claimed, token).catch((error: unknown) => ({ error }));
  const is = await within(deps.settings.journalAfterMs, writing);
  if (is === 'written') return is;
  if (is === 'gone') {
    await taken(deps, claimed, takeBack);
    return 'written';
  }
  const { connectionId } = claimed.row.owner;
  const where = await deps.journal.keep(sealJournalEntry(sealer, { lease: claimed.lease, token }));
  const why = is === 'late' ? { because: 'the database does not answer' } : { err: is.error };
  deps.log.warn({ connectionId, where, ...why }, 'a new token was written to the journal');
  deps.onKept();
  return 'kept';
}

/** `gone`: the lease is another's by now, so a newer token is there; or there is no row any more. */
async function writeNew(
  deps: RenewDeps,
  { row, lease }: Claimed,
  token: NewToken,
): Promise<'written' | 'gone'> {
  const tell = await renewedTold(deps, row, token);
  const { workspaceId } = lease.owner;
  const isWritten = await whileLeased(deps, workspaceId, tell, (tx) => saveRenewed(tx, lease, token));
  return isWritten ? 'written' : 'gone';
}

/** Disconnected or deleted while the other side made it: it is told that nobody wants it any more. */
async function taken(
  { transact, log }: RenewDeps,
  { row }: Claimed,
  takeBack: (() => Promise<void>) | undefined,
): Promise<void> {
  const { workspaceId, connectionId } = row.owner;
  const left = await transact(workspaceId, (tx) => findTokenById(tx, workspaceId, row.id));
  if (left !== null) return;
  log.warn({ connectionId }, 'a new token is dropped: its connection was disconnected or deleted meanwhile');
  await takeBack?.();
}

/**
 * A renewal of this row was cut off; on this machine it may have left its answer in the journal. With the lease in hand it is
 * written in place of asking again. False: there is none.
 */
export async function writeKept(deps: RenewDeps, claimed: Claimed): Promise<boolean> {
  const { row } = claimed;
  for (const kept of await deps.journal.entries(row.id)) {
    const entry = kept.entry === null ? null : await openJournalEntry(deps, kept.entry);
    if (entry === null || entry.token.generation !== row.generation + 1) continue;
    if ((await writeNew(deps, claimed, entry.token)) === 'gone') return true;
    deps.log.warn({ connectionId: row.owner.connectionId }, 'a new token was written from the journal');
    // What cannot be taken away is harmless, since its row has it: whoever waits for the token is not to fail for it.
    await deps.journal.remove(kept).catch(() => deps.onKept());
    return true;
  }
  return false;
}
