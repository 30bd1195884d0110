import type { MintOutcome } from '../tokens/mint.ts';

/**
 * What the other side said and what we say of it, as one text: tokens keep one for each failure. The other side's words never
 * hold a line break (oauth/shown-words.ts), so that it tells the two apart.
 */
const BETWEEN = '\n';

/** The outcome as it is kept: with our advice behind its words. */
export function withAdviceKept<O extends MintOutcome | { kind: 'held' }>(outcome: O): O {
  if (!('advice' in outcome) || !outcome.advice) return outcome;
  return { ...outcome, words: `${outcome.words ?? ''}${BETWEEN}${outcome.advice}` };
}

/** Both again. `said` is the other side's own. */
export function toldWords(kept: string | null): { said: string | null; advice: string | null } {
  if (kept === null) return { said: null, advice: null };
  const at = kept.indexOf(BETWEEN);
  if (at === -1) return { said: kept, advice: null };
  return { said: kept.slice(0, at) || null, advice: kept.slice(at + BETWEEN.length) };
}
