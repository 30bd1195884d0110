import { z } from 'zod';

/**
 * NOTIFY channel: something about a connection changed (credential, status, default, existence). The payload is
 * its workspace's id: whoever keeps anything of that workspace's connections in memory drops it.
 */
export const CONNECTION_CHANGED = 'connection_changed';

/**
 * Job, enqueued in the transaction that makes it true: work that waits for this integration may go on, because a
 * connection was made, reconnected, topped up, or became the default. Waiting runs look for themselves whether
 * the connection they want is usable now.
 */
export const CONNECTION_HEALED = 'connection_healed';
export const connectionHealed = z.strictObject({
  workspace_id: z.string(),
  connection_id: z.string(),
  integration: z.string(),
});
export type ConnectionHealed = z.infer<typeof connectionHealed>;

/** Job: check this connection now (after a refused call, or because it is due). One at a time per connection. */
export const CONNECTION_CHECK = 'connection_check';
export const connectionCheck = z.strictObject({ workspace_id: z.string(), connection_id: z.string() });
export type ConnectionCheck = z.infer<typeof connectionCheck>;
