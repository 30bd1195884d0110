import type { Change } from './altered.ts';

/**
 * The guards of a renewal, by what would be lost without them. Each is one place of the product, taken out in the negative
 * controls: where the product is written anew, what stands here has to follow, and says so by failing.
 */
const without = (text: string, by: string, room = 'tokens'): Change => ({ room, text, by });

const LEASE_IS_OVER =
  "eb.or([eb('lease_until', 'is', null), eb('lease_until', '<', sql<Date>`clock_timestamp()`)]),\n    )\n    .returning";

/** Whoever finds a lease renews all the same. */
export const LEASE: readonly Change[] = [
  without(LEASE_IS_OVER, 'eb.lit(true))\n    .returning'),
  without('if (row.leasedForMs !== null) return null;', ''),
];

/** A lease that its holder left behind is never over. */
export const TAKE_OVER: readonly Change[] = [
  without(LEASE_IS_OVER, "eb('lease_owner', 'is', null))\n    .returning"),
];

/** Whoever looked before somebody else had renewed renews once more, with what that one has used up. */
export const GENERATION: readonly Change[] = [without(".where('generation', '=', generation)", '')];

/** Whoever lost the lease writes all the same. */
export const FENCE: readonly Change[] = [
  without(".where('lease_owner', '=', holder)\n    .where('lease_generation', '=', leaseGeneration)", ''),
];

/** Nobody hears that a token has come. */
export const NEWS: readonly Change[] = [
  without(
    '.set(renewedColumns(token)).executeTakeFirst();\n  await changed(tx, lease.owner);',
    '.set(renewedColumns(token)).executeTakeFirst();',
  ),
];

/** Whoever slept through its lease sends all the same. */
export const IN_TIME: readonly Change[] = [
  without(
    'const mayAsk = () => performance.now() - leasedAt < deps.settings.leaseMs * ASK_PART;',
    'const mayAsk = () => leasedAt > 0;',
  ),
];

/** An end that a cut-off renewal brought about is taken for the provider's own word. */
export const INTERRUPTED: readonly Change[] = [without("? 'interrupted' : said", '? said : said')];

/** What the database does not take is not written to the disk. */
export const JOURNAL: readonly Change[] = [
  without('const where = await deps.journal.keep(', "const where = await (async (_: unknown) => 'nowhere')("),
];

/** A stop waits for no renewal. */
export const DRAIN: readonly Change[] = [
  without('while (renewals.size > 0) await Promise.allSettled(renewals);', ''),
];

/** What a clock that went wrong wrote down is believed. */
export const WRONG_CLOCK: readonly Change[] = [
  without(
    'return written !== null && written.getTime() - now.getTime() > SKEW_MS;',
    'return written === null && now === null;',
  ),
];

/** No guard: a way to the database so slow that what was seen there is long past, as somebody else has renewed meanwhile. */
export const SLOW_WAY: readonly Change[] = [
  without(
    'const leasedAt = performance.now();\n  const taken = await deps.transact(',
    `for (let turn = 0; turn < 150 && (await look(deps, row.owner))?.generation === generation; turn += 1)
    await deps.clock.sleep(20);
  const leasedAt = performance.now();
  const taken = await deps.transact(`,
  ),
];
