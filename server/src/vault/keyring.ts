import type { Secret } from '../lib/secret.ts';

/** The data keys of the workspaces, unwrapped with the master key. Made by `createKeyring`. */
export interface Keyring {
  /** The workspace's current data key, made at first use. Counts the use: a key is retired long before 2^32 seals. */
  keyForSealing(workspaceId: string): Promise<{ id: string; key: Secret<Buffer> }>;
  /** Null where there is no such key in this workspace, or where it does not unwrap. */
  keyForOpening(workspaceId: string, keyId: string): Promise<Secret<Buffer> | null>;
}
