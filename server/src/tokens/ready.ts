import type { Clock } from '../lib/clock.ts';
import type { Tx } from '../lib/tx.ts';
import type { Keyring } from '../vault/keyring.ts';
import { keyOf } from './announce.ts';
import type { TokenOwner } from './mint.ts';
import { opened } from './obtain.ts';
import { isGood } from './times.ts';
import type { TokenOutcome } from './token.ts';
import { findTokens } from './token-store.ts';

interface Deps {
  clock: Clock;
  keyring: Keyring;
}

/** What is there and is good for so long, sealed as it stands; opened when it is wanted, and once for all who want it. */
export type Ready = ReadonlyMap<string, () => Promise<TokenOutcome>>;

/** Of several credentials of one workspace, in one query, by `keyOf` their owner. Nothing is renewed. */
export async function findReady(
  deps: Deps,
  tx: Tx,
  owners: readonly TokenOwner[],
  { goodForMs, partOfLife }: { goodForMs: number; partOfLife: number },
): Promise<Ready> {
  const now = deps.clock.now();
  const rows = (await findTokens(tx, owners)).filter(
    (row) => row.sealed !== null && row.ended === null && isGood(row, now, goodForMs, partOfLife),
  );
  return new Map(
    rows.map((row) => {
      let opening: Promise<TokenOutcome> | null = null;
      const open = () => {
        opening ??= opened(deps, row);
        return opening;
      };
      return [keyOf(row.owner), open];
    }),
  );
}
