import type { TokenOwner } from './mint.ts';
import { type ObtainDeps, obtain } from './obtain.ts';
import { isRenewable } from './token-row.ts';
import { findToken, noteSaid } from './token-store.ts';
import type { TokenSweepStore } from './token-sweep-store.ts';

/** In one transaction; and so often in one sweep. More waits for the next one: jobs are done a few at a time. */
const MOST_AT_ONCE = 500;
const MOST_TIMES = 10;

/** What is due becomes jobs, over all workspaces. */
export async function enqueueDue({
  clock,
  settings,
  sweepStore,
}: Pick<ObtainDeps, 'clock' | 'settings'> & { sweepStore: TokenSweepStore }): Promise<void> {
  const now = clock.now();
  const again = new Date(now.getTime() + 2 * settings.leaseMs);
  for (let times = 0; times < MOST_TIMES; times += 1) {
    if ((await sweepStore.enqueueDue(now, again, MOST_AT_ONCE)) < MOST_AT_ONCE) break;
  }
  await sweepStore.enqueueEnding(now, again, MOST_AT_ONCE);
}

export async function renewDue(deps: ObtainDeps, owner: TokenOwner, generation: number): Promise<void> {
  const row = await deps.transact(owner.workspaceId, (tx) => findToken(tx, owner));
  if (row === null || row.generation !== generation || row.leasedForMs !== null) return;
  const hasEnded = row.expiresAt !== null && row.expiresAt <= deps.clock.now();
  if (!isRenewable(row) && !hasEnded) return;
  await obtain(deps, owner, { above: generation, goodForMs: 0 });
}

export async function sayEnd(
  { transact, events }: Pick<ObtainDeps, 'transact' | 'events'>,
  owner: TokenOwner,
): Promise<void> {
  const row = await transact(owner.workspaceId, (tx) => findToken(tx, owner));
  if (row === null) return;
  const { grantEnd } = row;
  const tell = grantEnd === null ? null : await events.endsSoon(owner, grantEnd.endsAt);
  await transact(owner.workspaceId, async (tx) => {
    await tell?.(tx);
    await noteSaid(tx, owner);
  });
}
