import type { Change } from './altered.ts';

/**
 * The guards of a renewal, by what would be lost without them. Each is one place of the product, taken out in the negative
 * controls: where the product is written anew, what stands here has to follow, and says so by failing.
 */
const STORE = 'tokens/token-store.ts';
const OBTAIN = 'tokens/obtain.ts';

/** Whoever finds a lease renews all the same. */
export const LEASE: readonly Change[] = [
  {
    file: STORE,
    text: "eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', sql<Date>`clock_timestamp()`)])",
    by: 'eb.lit(true)',
  },
  { file: OBTAIN, text: 'if (row.leasedForMs !== null) return false;', by: '' },
];

/** Whoever looked before somebody else had renewed renews once more, with what that one has used up. */
export const GENERATION: readonly Change[] = [
  { file: STORE, text: ".where('generation', '=', generation)", by: '' },
];

/** Nobody hears that a token has come. */
export const NEWS: readonly Change[] = [
  { file: STORE, text: 'return notify(tx, TOKEN_CHANGED, keyOf(owner));', by: 'return Promise.resolve();' },
];

/** No guard: a way to the database so slow that what was seen there may be long past. */
export const SLOW_WAY: readonly Change[] = [
  {
    file: OBTAIN,
    text: 'const taken = await deps.transact(',
    by: 'await deps.clock.sleep(Math.random() * 200); const taken = await deps.transact(',
  },
];
