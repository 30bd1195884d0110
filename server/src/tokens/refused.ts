import type { TokenOwner } from './mint.ts';
import { type ObtainDeps, obtain } from './obtain.ts';
import { isFromFuture, isGood } from './times.ts';
import type { AsItIs, TokenOutcome } from './token.ts';
import { isRenewable, type TokenRow } from './token-row.ts';
import { findToken } from './token-store.ts';

/** A token was refused before its time. `always`: also where the last such renewal was a moment ago. */
export async function renewRefused(
  deps: ObtainDeps,
  owner: TokenOwner,
  refusedGeneration: number,
  always: boolean,
): Promise<TokenOutcome | AsItIs> {
  const row = await deps.transact(owner.workspaceId, (tx) => findToken(tx, owner));
  if (row === null) return { kind: 'as_it_is' };
  if (row.ended !== null) return { kind: 'ended', ...row.ended };
  const isNewer = row.generation > refusedGeneration;
  const mayForce = isRenewable(row) && (always || isTime(deps, row));
  if (!isNewer && !mayForce) return { kind: 'as_it_is' };
  return obtain(deps, owner, { above: refusedGeneration, goodForMs: 0, isForced: true });
}

/** Some refuse whatever token there is: one that is young is renewed once, and then not for a while. */
function isTime({ clock, settings }: ObtainDeps, row: TokenRow): boolean {
  const now = clock.now();
  const forcedMs = now.getTime() - (row.forcedAt?.getTime() ?? 0);
  // Whoever renews it right now does so for this refusal, too.
  const isUnderWay = row.leasedForMs !== null;
  // Who was killed in the middle of it has renewed nothing.
  const isToBeDone = isUnderWay || row.isCutOff;
  // Late in its life a refusal is most likely its end: some count seconds from the last full one.
  const isLate = !isGood(row, now, Number.POSITIVE_INFINITY, 0.5);
  const isLongAgo = forcedMs >= settings.forceGapMs || isFromFuture(row.forcedAt, now);
  return isToBeDone || isLate || isLongAgo;
}
