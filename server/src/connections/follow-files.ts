import type { Catalog } from '../catalog/catalog.ts';
import { misfitOfAll } from './misfit.ts';
import { settleFit } from './settle-fit.ts';
import type { SweepStore } from './sweep-store.ts';
import type { VerifyDeps } from './verify.ts';

interface Deps extends VerifyDeps {
  sweepStore: Pick<SweepStore, 'footings' | 'standingOn'>;
  log: { warn(fields: object, message: string): void };
}

/** A start waits for so many; each sweep sees to the next ones. */
export const MOST_AT_START = 200;
export const MOST_IN_A_SWEEP = 1_000;

/**
 * Connections whose file, method or address is not in the catalog any more say so, and no longer where it is there again: at a
 * start, since files are read then, and with each sweep, since other processes may have read others. Nothing is sent.
 *
 * Looked at is what connections stand on, each thing once, and then those alone that have something to say. Where processes have
 * read different files, the one that started last decides: it has what there is now.
 */
export async function followFiles(deps: Deps, catalog: Pick<Catalog, 'get'>, most: number): Promise<void> {
  if (!(await deps.readLast())) return;
  let left = most;
  for (const footing of await deps.sweepStore.footings()) {
    if (left <= 0) return;
    if (misfitOfAll(catalog, footing) === footing.misfit) continue;
    const due = await deps.sweepStore.standingOn(footing, left);
    for (const one of due) await settle(deps, one);
    left -= due.length;
  }
}

/** What does not come about is seen to by the next sweep, and no reason not to start. */
async function settle(
  deps: Deps,
  { workspaceId, connectionId }: { workspaceId: string; connectionId: string },
): Promise<void> {
  try {
    await settleFit(deps, workspaceId, connectionId);
  } catch (error) {
    deps.log.warn({ connectionId, err: error }, 'a connection does not say yet whether its file fits');
  }
}
