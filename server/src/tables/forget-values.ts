import { z } from 'zod';
import type { Job, JobContext, JobOutcome } from '../jobs/job.ts';
import { enqueue } from '../jobs/queue.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import { dropValues } from './row-store.ts';

/** What a deleted column left in the rows goes, in small steps: nobody sees it any more, but it may be somebody's data. */
const payload = z.strictObject({ workspace_id: z.string(), table_id: z.string(), key: z.int() });
export const FORGET_VALUES: Job<z.infer<typeof payload>> = { name: 'tables.forget_values', payload };

const ROWS_A_STEP = 5000;

export async function forgetValues(tx: Tx, workspaceId: string, tableId: string, key: number): Promise<void> {
  await enqueue(tx, FORGET_VALUES, { workspace_id: workspaceId, table_id: tableId, key });
}

/** Does the job; stopped in the middle it begins anew, and passes over what is done. */
export async function runForgetValues(
  deps: { transact: Transact },
  job: z.infer<typeof payload>,
  context: Pick<JobContext, 'stopping'>,
): Promise<JobOutcome> {
  for (let after: number | null = -1; after !== null; ) {
    if (context.stopping.aborted) return 'again';
    const from: number = after;
    after = await deps.transact(job.workspace_id, (tx) =>
      dropValues(tx, job.workspace_id, job.table_id, job.key, { after: from, limit: ROWS_A_STEP }),
    );
  }
  return 'done';
}
