import { z } from 'zod';
import type { Job } from '../jobs/job.ts';
import type { TokenOwner } from './mint.ts';

/** NOTIFY channel: a token was made, or a renewal of it ended otherwise. The payload is `keyOf` its owner. */
export const TOKEN_CHANGED = 'token_changed';

/** What tells owners apart: connection ids are unique over all workspaces. */
export function keyOf({ connectionId, credentialVersion }: TokenOwner): string {
  return `${connectionId}:${credentialVersion}`;
}

/** Every half minute: tokens that are due become jobs. */
export const tokensSweep: Job<Record<string, never>> = {
  name: 'tokens.sweep',
  payload: z.strictObject({}),
  maxAttempts: 1,
};

const due = z.strictObject({
  workspace_id: z.string(),
  connection_id: z.string(),
  credential_version: z.int(),
  generation: z.int(),
});
/** Renew this one, unless a newer one is there by then. Under a key, so that there is one such job at a time. */
export const tokenRenew: Job<z.infer<typeof due>> = {
  name: 'tokens.renew',
  payload: due,
  // The sweep comes by again.
  maxAttempts: 1,
};

const ending = z.strictObject({
  workspace_id: z.string(),
  connection_id: z.string(),
  credential_version: z.int(),
});
/** Say that this access ends soon. */
export const tokenSayEnd: Job<z.infer<typeof ending>> = {
  name: 'tokens.say_end',
  payload: ending,
  // The sweep comes by again.
  maxAttempts: 1,
};
