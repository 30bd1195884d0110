import { z } from 'zod';
import type { Job } from '../jobs/job.ts';

/**
 * NOTIFY channel: something about a connection changed (credential, status, default, existence). The payload is
 * its workspace's id: whoever keeps anything of that workspace's connections in memory drops it.
 */
export const CONNECTION_CHANGED = 'connection_changed';

const workspaceAndConnection = { workspace_id: z.string(), connection_id: z.string() };

const healed = z.strictObject({ ...workspaceAndConnection, integration: z.string() });
/**
 * Enqueued in the transaction that makes it true: work that waits for this integration may go on, because a
 * connection was made, reconnected, topped up, or became the default. Waiting runs look for themselves whether
 * the connection they want is usable now.
 */
export const connectionHealed: Job<z.infer<typeof healed>> = { name: 'connections.healed', payload: healed };

const checked = z.strictObject(workspaceAndConnection);
/** Check this connection now: a call was refused, or it is due. Under a key, so that many reports make one check. */
export const connectionCheck: Job<z.infer<typeof checked>> = {
  name: 'connections.check',
  payload: checked,
  // What fails here fails for reasons of ours; the schedule comes by again.
  maxAttempts: 3,
};

/** Every minute: enqueues the checks that are due, destroys replaced credentials whose time is over. */
export const connectionsSweep: Job<Record<string, never>> = {
  name: 'connections.sweep',
  payload: z.strictObject({}),
  maxAttempts: 1,
};

/** Every minute: ends that are due to be said become jobs. */
export const expiriesSweep: Job<Record<string, never>> = {
  name: 'expiries.sweep',
  payload: z.strictObject({}),
  maxAttempts: 1,
};

const said = z.strictObject({ workspace_id: z.string(), id: z.string() });
/** Say that this end comes near, or that it is none any more. Under a key, so that there is one at a time. */
export const expiryTell: Job<z.infer<typeof said>> = {
  name: 'expiries.tell',
  payload: said,
  // The sweep comes by again.
  maxAttempts: 3,
};

const setup = z.strictObject({ workspace_id: z.string(), integration: z.string() });
/**
 * A sign-in setup works again: renewals that were being put off at that very moment are tried again, too. Enqueued for a
 * little later.
 */
export const setupWorksAgain: Job<z.infer<typeof setup>> = {
  name: 'connections.setup_works_again',
  payload: setup,
  maxAttempts: 3,
};

const told = z.strictObject({ workspace_id: z.string(), id: z.string() });
/** Tell the provider that this access has ended, unless it has been told by now. Under a key, so that there is one at a time. */
export const withdrawalTell: Job<z.infer<typeof told>> = {
  name: 'withdrawals.tell',
  payload: told,
  // The sweep comes by again.
  maxAttempts: 1,
};

/** Of one workspace one after the other: a provider that is slow to answer holds up nobody else's jobs. */
export function tellingOf(workspaceId: string, id: string): { key: string; queue: string } {
  return { key: `${withdrawalTell.name}:${id}`, queue: `${withdrawalTell.name}:${workspaceId}` };
}

/** Every ten seconds: withdrawals that are due become jobs; old ones are forgotten. */
export const withdrawalsSweep: Job<Record<string, never>> = {
  name: 'withdrawals.sweep',
  payload: z.strictObject({}),
  maxAttempts: 1,
};
