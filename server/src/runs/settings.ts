/** Limits and waits of runs. Tests make the waits short. */
export interface RunSettings {
  /** Calls in flight: of one run, and of all runs of a process together. */
  callsPerRun: number;
  callsPerProcess: number;
  /** How long a silent process keeps a run: a killed one's is taken over after that. It is renewed four times as often. */
  leaseMs: number;
  /** How often a process looks for runs nobody works on. */
  sweepMs: number;
  /** The longest wait inside one call, for the rate budget or a repetition; beyond it the cell waits in the line. */
  patienceMs: number;
}

const CALLS_PER_RUN = 100;

export function runSettings(config: { runConcurrency: number; runLeaseSeconds: number }): RunSettings {
  return {
    callsPerRun: Math.min(CALLS_PER_RUN, config.runConcurrency),
    callsPerProcess: config.runConcurrency,
    leaseMs: config.runLeaseSeconds * 1000,
    sweepMs: 1_000,
    patienceMs: 5_000,
  };
}
