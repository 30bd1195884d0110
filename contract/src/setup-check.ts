import { z } from 'zod';
import { timestamp } from './page.ts';

/** One thing that signing in and links depend on, and what to change where it is not as it should be. */
export const setupFinding = z.object({
  id: z.enum([
    'public_url',
    'https',
    'forwarded_headers',
    'callback',
    'browser_address',
    'clock',
    'sign_in_setups',
    'catalog',
    'master_key',
    'copy',
    'damaged_records',
    'backup',
  ]),
  state: z.enum(['ok', 'warning', 'problem', 'unknown']),
  title: z.string(),
  message: z.string().describe('What was found, in a sentence or two.'),
  next_step: z.string().nullable().describe('What to change; null where all is well.'),
});
export type SetupFinding = z.infer<typeof setupFinding>;

/** `POST /v1/setup-check`: "Check my setup". `keyrail doctor` says the same on the command line. */
export const setupCheckAsk = z.strictObject({
  browser_origin: z.url().max(300).describe('The address the page is open under.'),
  browser_time: timestamp
    .optional()
    .describe('The clock of the browser, compared with the one of this server.'),
});
export const setupCheck = z.object({
  checked_at: timestamp,
  public_url: z.url(),
  findings: z.array(setupFinding),
});
export type SetupCheck = z.infer<typeof setupCheck>;
