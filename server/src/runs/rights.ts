import type { Tx } from '../lib/tx.ts';
import type { UseRight } from '../workspaces/use-right.ts';
import type { Run } from './run.ts';

/** Whether whoever started a run may still use connections: looked at as it goes, for a run outlives its request. */
export interface RunRights {
  useRight(
    tx: Tx,
    workspaceId: string,
    maker: { userId: string | null; tokenId: string | null },
  ): Promise<UseRight>;
}

/** Why the run has to stop, for people; null: it may go on. */
export async function whyStopped(rights: RunRights, tx: Tx, run: Run): Promise<string | null> {
  const right = await rights.useRight(tx, run.workspaceId, { userId: run.createdBy, tokenId: run.tokenId });
  switch (right.kind) {
    case 'given':
      return null;
    case 'token_revoked':
      return 'Stopped: the token that started this run was revoked.';
    case 'token_expired':
      return 'Stopped: the token that started this run has expired.';
    case 'maker_refused':
      return `Stopped: ${right.name ?? madeBy(run)} may no longer run actions here.`;
  }
}

/** Of a run that a token started the label is the token's. */
function madeBy(run: Run): string {
  return run.tokenId === null ? run.createdByLabel : `whoever made the ${run.createdByLabel}`;
}
