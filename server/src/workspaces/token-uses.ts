import type { Clock } from '../lib/clock.ts';
import type { TokenLookup } from './token-store.ts';

/** When tokens were used last: noted in memory and written together, as a write for each request would be waste. */
export interface TokenUses {
  mark(id: string): void;
  /** Writes what is noted; also the last thing before a stop. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

interface TokenUsesDeps {
  tokens: Pick<TokenLookup, 'markUsed'>;
  clock: Clock;
  onError: (error: unknown) => void;
}

const FLUSH_EVERY_MS = 15_000;

export function createTokenUses({ tokens, clock, onError }: TokenUsesDeps): TokenUses {
  let uses = new Map<string, Date>();
  async function flush(): Promise<void> {
    if (uses.size === 0) return;
    const written = uses;
    uses = new Map();
    // Lost with the process or the database, it is a date shown a little too early: not worth a failed request.
    await tokens.markUsed(written).catch(onError);
  }
  const timer = setInterval(() => void flush(), FLUSH_EVERY_MS);
  timer.unref();
  return {
    mark: (id) => uses.set(id, clock.now()),
    flush,
    stop: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}
