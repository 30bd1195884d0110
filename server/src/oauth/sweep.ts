import { z } from 'zod';
import type { Job } from '../jobs/job.ts';

/** Every ten minutes: forgets sign-ins that ended a day ago. */
export const authorizationsSweep: Job<Record<string, never>> = {
  name: 'authorizations.sweep',
  payload: z.strictObject({}),
  maxAttempts: 1,
};
