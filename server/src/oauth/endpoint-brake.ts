import type { TokenOutcome } from './token-endpoint.ts';

interface Deps {
  /** Milliseconds, by a clock that only goes forward. */
  now(): number;
  /** In [0, 1). */
  random(): number;
}

/**
 * Keeps a token endpoint that fails for many connections from being asked by all of them. In this process alone: several
 * processes ask it as often as there are processes.
 *
 *   well → [fails for several connections in a row] paused: nobody asks → [pause over] one asks → fails: a longer pause
 *                                                                                              → answers: well
 */
export interface EndpointBrake {
  /**
   * `endpoint`: what fails as one, in one workspace: nobody holds up another's. `asker`: the connection, so that one alone
   * holds up nobody.
   */
  through(endpoint: string, asker: string, ask: () => Promise<TokenOutcome>): Promise<TokenOutcome>;
}

type NotNow = Extract<TokenOutcome, { kind: 'not_now' }>;

interface Failing {
  askers: Set<string>;
  pauses: number;
  pausedUntil: number;
  /** How many were turned away; those who come later are sent further away, so that they do not come back together. */
  turnedAway: number;
  isTried: boolean;
  last: NotNow;
}

/** So many different connections in a row, and it is the endpoint. */
const SEVERAL = 3;
const FIRST_PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 60_000;
/** What one endpoint is asked after a pause is over: that many connections a second. */
const BACK_PER_SECOND = 10;
const MOST_ENDPOINTS = 1_000;

export function createEndpointBrake({ now, random }: Deps): EndpointBrake {
  const failing = new Map<string, Failing>();

  function note(endpoint: string, asker: string, outcome: NotNow): void {
    const known = failing.get(endpoint) ?? {
      askers: new Set(),
      pauses: 0,
      pausedUntil: 0,
      turnedAway: 0,
      isTried: false,
      last: outcome,
    };
    known.last = outcome;
    if (known.askers.size < SEVERAL) known.askers.add(asker);
    if (known.askers.size >= SEVERAL && known.pausedUntil <= now()) {
      const doubled = Math.min(FIRST_PAUSE_MS * 2 ** known.pauses, LONGEST_PAUSE_MS);
      const pauseMs = Math.max(doubled * (0.75 + 0.5 * random()), (outcome.retryAfterSeconds ?? 0) * 1000);
      known.pauses += 1;
      known.turnedAway = 0;
      known.pausedUntil = now() + pauseMs;
    }
    const oldest = failing.keys().next().value;
    if (failing.size >= MOST_ENDPOINTS && oldest !== undefined) failing.delete(oldest);
    failing.set(endpoint, known);
  }

  /** Spread over the time in which all who were turned away can be asked for. */
  function turnAway(known: Failing): NotNow {
    known.turnedAway += 1;
    const spreadSeconds = (known.turnedAway / BACK_PER_SECOND) * random();
    const waitSeconds = Math.max(0, known.pausedUntil - now()) / 1000 + spreadSeconds;
    const retryAfterSeconds = Math.max(1, Math.ceil(waitSeconds));
    // What was said to one is not for the eyes of another.
    return { ...known.last, words: null, mayHaveHappened: false, retryAfterSeconds };
  }

  return {
    through: async (endpoint, asker, ask) => {
      const known = failing.get(endpoint);
      const isBraked = known !== undefined && known.askers.size >= SEVERAL;
      if (isBraked && (known.pausedUntil > now() || known.isTried)) return turnAway(known);
      if (isBraked) known.isTried = true;
      try {
        const outcome = await ask();
        if (outcome.kind === 'not_now') note(endpoint, asker, outcome);
        else failing.delete(endpoint);
        return outcome;
      } finally {
        if (isBraked) known.isTried = false;
      }
    },
  };
}
