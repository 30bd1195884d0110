import { z } from 'zod';
import type { Job } from '../jobs/job.ts';

/** NOTIFY channel: something is to be sent. No payload: whoever sends looks at what is due. */
export const DELIVERY_DUE = 'delivery_due';

/** Every minute: says what has held as recovered, forgets what is old. */
export const noticesSweep: Job<Record<string, never>> = {
  name: 'notices.sweep',
  payload: z.strictObject({}),
  maxAttempts: 1,
};
