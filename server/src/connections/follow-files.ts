import type { Catalog } from '../catalog/catalog.ts';
import { ADDRESS_STAMP, isForOtherAddress } from '../catalog/requests/base-url.ts';
import type { Clock } from '../lib/clock.ts';
import type { SweepStore } from './sweep-store.ts';
import { type VerifyDeps, verifyByItself } from './verify.ts';

interface Deps extends VerifyDeps {
  sweepStore: Pick<SweepStore, 'stampsOf' | 'stampChanged'>;
  clock: Clock;
  log: { warn(fields: object, message: string): void };
}

/** A start waits for so many; the sweep sees to the others. */
const MOST_AT_START = 200;

/**
 * Files of the user's folder are read at a start. Connections that were made while theirs led elsewhere say so from then on, and
 * those for which it leads there again are checked. Nothing is sent for the first ones; done twice, or by several processes, it
 * is as if done once.
 */
export async function followFiles(deps: Deps, catalog: Pick<Catalog, 'get' | 'own'>): Promise<void> {
  if (catalog.own.length === 0) return;
  let left = MOST_AT_START;
  for (const { integration, stamp } of await deps.sweepStore.stampsOf(catalog.own)) {
    const definition = catalog.get(integration);
    if (definition === undefined) continue;
    const fits = !isForOtherAddress(definition, stamp === null ? {} : { [ADDRESS_STAMP]: stamp });
    const due = await deps.sweepStore.stampChanged({ integration, stamp, fits }, deps.clock.now());
    if (fits) continue;
    for (const one of due.slice(0, left)) await mark(deps, one);
    left = Math.max(0, left - due.length);
  }
}

/** What does not come about is due, and no reason not to start. */
async function mark(
  deps: Deps,
  { workspaceId, connectionId }: { workspaceId: string; connectionId: string },
) {
  try {
    await verifyByItself(deps, workspaceId, connectionId);
  } catch (error) {
    deps.log.warn(
      { connectionId, err: error },
      'a connection that was made for another address is not marked yet',
    );
  }
}
