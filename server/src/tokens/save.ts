import type { Tx } from '../lib/tx.ts';
import type { RenewDeps } from './renew.ts';
import type { Told } from './token.ts';
import type { NewToken } from './token-columns.ts';
import type { TokenRow } from './token-row.ts';

/** Thrown inside a transaction to undo it: the lease is another's by now. */
class LeaseLost extends Error {}

/**
 * What became of a token and what is said of it, in one transaction. Connections is told first: it locks its row before ours,
 * as everybody does who changes both. False: nothing was written, since `write` found the lease gone.
 */
export async function whileLeased(
  { transact }: Pick<RenewDeps, 'transact'>,
  workspaceId: string,
  tell: Told | null,
  write: (tx: Tx) => Promise<boolean>,
): Promise<boolean> {
  try {
    await transact(workspaceId, async (tx) => {
      await tell?.(tx);
      if (!(await write(tx))) throw new LeaseLost();
    });
    return true;
  } catch (error) {
    if (error instanceof LeaseLost) return false;
    throw error;
  }
}

/** What is said of the connection in the transaction that writes a new token; null: nothing, as nearly always. */
export async function renewedTold(
  { events }: Pick<RenewDeps, 'events'>,
  { owner, failures, failure, ended, fields, scopes }: TokenRow,
  token: NewToken,
): Promise<Told | null> {
  const changed = Object.entries(token.fields).filter(([name, value]) => fields[name] !== value);
  const isNews = failures > 0 || changed.length > 0;
  const isRecovered =
    failure?.kind === 'setup_rejected' || ended !== null || areOther(scopes ?? null, token.scopes);
  if (!isNews && !isRecovered) return null;
  const tell = isNews ? await events.renewed(owner, { failures, fields: Object.fromEntries(changed) }) : null;
  return async (tx) => {
    await tell?.(tx);
    if (isRecovered) await events.recovered(tx, owner);
  };
}

/** Granted more or less than before: what the connection can do is another thing now. Not said is no change. */
function areOther(before: readonly string[] | null, now: readonly string[] | null): boolean {
  if (before === null || now === null) return false;
  return before.length !== now.length || now.some((scope) => !before.includes(scope));
}
