// A worker process for tests that kill it: it says when it has begun a job, and never ends one.
import { z } from 'zod';
import { task } from '../src/jobs/job.ts';
import { startWorker } from '../src/jobs/worker.ts';
import { systemClock } from '../src/lib/clock.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const [url = '', name = ''] = process.argv.slice(2);

await startWorker(
  { clock: systemClock, log: silent },
  {
    url,
    concurrency: 1,
    drainMs: 1_000,
    tasks: [
      task({ name, payload: z.unknown() }, () => {
        console.log('begun');
        return new Promise(() => {});
      }),
    ],
  },
);
