/**
 * A job at the provider that is not over: submitted and to be polled, or answered "ask again". It is stored with the
 * cell before the next question, so that a server that was killed goes on asking and never submits twice.
 */
export interface PollState {
  kind: 'job' | 'ask_again';
  /** The provider's id of the job; empty with `ask_again`, where the same request is sent again. */
  jobId: string;
  /** Milliseconds since 1970: after this it is given up. */
  giveUpAt: number;
  /** What was asked for. A row whose inputs changed since starts anew. */
  inputs: string;
}

/** How it came about, for the detail of a cell; secrets are removed from all of it. */
export interface Trace {
  connectionId: string | null;
  request: { method: string; host: string; path: string } | null;
  status: number | null;
  /** The raw answer, at most 64 KB. */
  body: string | null;
  durationMs: number | null;
}

/** Why something did not work, for people: what happened, what to do, and the provider's own words. */
export interface Explanation {
  message: string;
  nextStep: string | null;
  providerMessage: string | null;
}

/** Everything running an action once can come to. The caller decides what becomes of a run, and what is stored. */
export type ActionOutcome =
  | { kind: 'done'; outputs: Record<string, unknown>; primary: unknown; credits: number | null; trace: Trace }
  | {
      kind: 'no_result';
      outputs: Record<string, unknown>;
      credits: number | null;
      message: string;
      trace: Trace;
    }
  /** An input the action needs is blank; nothing was sent. */
  | { kind: 'skipped'; message: string }
  | ({ kind: 'error'; trace: Trace } & Explanation)
  /** Never made, disconnected or deleted; nothing was sent. */
  | ({ kind: 'connection_missing' } & Explanation)
  | ({ kind: 'connection_broken'; trace: Trace } & Explanation)
  | ({ kind: 'out_of_credits'; trace: Trace } & Explanation)
  /** Throttled: not acted upon. The same again after that time. */
  | ({ kind: 'later'; afterSeconds: number; trace: Trace } & Explanation)
  /** The provider works on it: store `poll`, then execute again with it after that time. */
  | { kind: 'pending'; poll: PollState; afterSeconds: number; trace: Trace }
  /** Stopped before anything was sent. */
  | { kind: 'cancelled' }
  /** The call may have happened, and doing it again may do harm. */
  | ({ kind: 'unknown'; trace: Trace } & Explanation);
