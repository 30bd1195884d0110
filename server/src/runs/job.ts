import { z } from 'zod';
import type { Job } from '../jobs/job.ts';

/** Job: somebody who works on runs looks at this one now. Doing it twice does no harm: a run has one holder. */
export const runWork: Job<{ workspace_id: string; run_id: string }> = {
  name: 'runs.work',
  payload: z.strictObject({ workspace_id: z.string(), run_id: z.string() }),
  maxAttempts: 3,
};
