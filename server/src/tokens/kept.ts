import type { Clock } from '../lib/clock.ts';
import type { TokenOutcome } from './token.ts';

/**
 * Tokens kept in this process for a few seconds, so that ten thousand cells do not ask the database ten thousand times.
 * Bounded in time and number; and never beyond the moment at which a token is to be renewed.
 */
export interface Kept {
  /** What is kept, or what `load` brings; several who ask at once share one `load`. Only tokens are kept. */
  get(key: string, load: () => Promise<TokenOutcome>): Promise<TokenOutcome>;
  /** Null: all. A load under way then is not kept either. */
  drop(key: string | null): void;
}

interface Deps {
  clock: Clock;
  keepMs: number;
  /** Whether a kept token may still be handed out without a look. */
  isGood(outcome: Extract<TokenOutcome, { kind: 'token' }>): boolean;
}

interface Entry {
  loading: Promise<TokenOutcome>;
  outcome: TokenOutcome | null;
  until: number;
}

const MOST = 5_000;

export function createKept({ clock, keepMs, isGood }: Deps): Kept {
  const entries = new Map<string, Entry>();

  function mayServe({ outcome, until }: Entry): boolean {
    if (outcome === null) return true;
    return outcome.kind === 'token' && until > clock.now().getTime() && isGood(outcome);
  }

  return {
    get: (key, load) => {
      const kept = entries.get(key);
      if (kept !== undefined && mayServe(kept)) return kept.loading;
      const oldest = entries.keys().next().value;
      if (entries.size >= MOST && oldest !== undefined) entries.delete(oldest);
      const entry: Entry = { loading: load(), outcome: null, until: Number.POSITIVE_INFINITY };
      entries.set(key, entry);
      const drop = () => {
        if (entries.get(key) === entry) entries.delete(key);
      };
      entry.loading.then((outcome) => {
        entry.outcome = outcome;
        entry.until = clock.now().getTime() + keepMs;
        if (outcome.kind !== 'token') return drop();
        // Secrets do not stay because nobody asks for them again.
        setTimeout(drop, keepMs).unref();
      }, drop);
      return entry.loading;
    },
    drop: (key) => {
      if (key === null) entries.clear();
      else entries.delete(key);
    },
  };
}
