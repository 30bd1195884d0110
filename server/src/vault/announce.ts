/** NOTIFY channel: keys changed. The payload is the workspace's id; empty: the master key, or the keys of many. */
export const VAULT_CHANGED = 'vault_changed';
