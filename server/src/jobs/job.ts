import type { ZodType } from 'zod';

/**
 * A kind of job: its name in the queue and the shape of its payload. Payloads hold ids, never a secret: they are rows in
 * plain text. A job may run more than once (a process was killed, a connection was lost), so running one again must do no harm.
 */
export interface Job<Payload> {
  /** `room.deed`, such as `runs.work`. */
  name: string;
  payload: ZodType<Payload>;
  /** Attempts before it is given up; being killed in the middle counts as one. 25 when not said, over about three days. */
  maxAttempts?: number;
}

export interface JobContext {
  jobId: string;
  /** From 1. */
  attempt: number;
  isLastAttempt: boolean;
  /** Aborted when the process begins to stop: take on nothing new, end what is in flight, return (`again` if work is left). */
  stopping: AbortSignal;
  /** Aborted when the time for that is over: drop everything. */
  signal: AbortSignal;
}

/** `again`: work is left, and the same job is put back at once, for whichever process has time. */
export type JobOutcome = 'done' | 'again';

/** What a room does when a job of its kind is due. Throwing makes it run again later, with growing pauses. */
export interface Task {
  job: Job<unknown>;
  run(payload: unknown, context: JobContext): Promise<JobOutcome>;
}

/** Ties a kind of job to what does it; the payload arrives checked. Whatever it returns other than `again` means done. */
export function task<Payload>(
  job: Job<Payload>,
  run: (payload: Payload, context: JobContext) => Promise<unknown>,
): Task {
  return {
    job: job as Job<unknown>,
    run: async (payload, context) =>
      (await run(job.payload.parse(payload), context)) === 'again' ? 'again' : 'done',
  };
}
