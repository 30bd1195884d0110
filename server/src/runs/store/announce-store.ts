import { notify } from '../../db/listen.ts';
import type { Tx } from '../../lib/tx.ts';
import { RUN_CHANGED, RUN_DECIDED, runChangeText } from '../announce.ts';

/** Tells whoever watches the run, in every process, once the transaction is committed. */
export async function announce(
  tx: Tx,
  runId: string,
  rowIds: readonly string[] = [],
  more = false,
): Promise<void> {
  await notify(tx, RUN_CHANGED, runChangeText(runId, rowIds, more));
}

/** Tells whoever works on the run. */
export async function announceDecision(tx: Tx, runId: string): Promise<void> {
  await notify(tx, RUN_DECIDED, runId);
}
