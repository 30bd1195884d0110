import { sql } from 'kysely';
import { type Queries, queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { Job } from './job.ts';

export interface EnqueueOptions {
  /** Not before then; at once when not said. */
  runAt?: Date;
  /** One job at a time bears a key: a waiting one is replaced; beside one that runs already a new one waits. */
  key?: string;
  /** With `key`: a waiting job keeps its time, and takes only the new payload. */
  keepRunAt?: boolean;
  /** Jobs of one queue run one after the other. */
  queue?: string;
  /** Smaller goes first; 0 when not said. */
  priority?: number;
}

/** Puts a job into the queue when the transaction commits, and not at all when it does not. */
export async function enqueue<Payload>(
  tx: Tx,
  job: Job<Payload>,
  payload: Payload,
  options: EnqueueOptions = {},
): Promise<void> {
  await insert(queries(tx), job, payload, options);
}

/** The same for what belongs to no workspace (sweeps), on a connection or transaction of the tables' owner. */
export async function enqueueAsSystem<Payload>(
  system: Queries,
  job: Job<Payload>,
  payload: Payload,
  options: EnqueueOptions = {},
): Promise<void> {
  await insert(system, job, payload, options);
}

/** Many of one kind, each under its key, in one statement. */
export async function enqueueManyAsSystem<Payload>(
  system: Queries,
  job: Job<Payload>,
  entries: readonly { payload: Payload; key: string }[],
  { priority }: Pick<EnqueueOptions, 'priority'> = {},
): Promise<void> {
  if (entries.length === 0) return;
  const payloads = entries.map(({ payload }) => JSON.stringify(job.payload.parse(payload)));
  const keys = entries.map(({ key }) => key);
  // What keyrail_enqueue does, without its cost for each.
  await sql`
    select count(*) from graphile_worker.add_jobs(array(
      select row(${job.name}, payload::json, null, null, ${job.maxAttempts ?? null}::smallint, key,
        ${priority ?? null}::smallint, null)::graphile_worker.job_spec
      from unnest(${payloads}::text[], ${keys}::text[]) as entries (payload, key)))`.execute(system);
}

async function insert<Payload>(
  handle: Queries,
  job: Job<Payload>,
  payload: Payload,
  { runAt, key, keepRunAt, queue, priority }: EnqueueOptions,
): Promise<void> {
  const checked = JSON.stringify(job.payload.parse(payload));
  const mode = keepRunAt ? 'preserve_run_at' : 'replace';
  await sql`select keyrail_enqueue(
    ${job.name}, ${checked}::json, ${runAt ?? null}::timestamptz, ${key ?? null}, ${mode}, ${queue ?? null},
    ${job.maxAttempts ?? null}::int, ${priority ?? null}::int
  )`.execute(handle);
}
