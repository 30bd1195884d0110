import { type DataKeyStore, newKeyFor } from './keyring.ts';
import type { MasterKeys } from './master-keys.ts';

interface Deps {
  store: Pick<DataKeyStore, 'current' | 'addCurrent'>;
  masterKeys: MasterKeys;
}

/**
 * A new data key takes over in this workspace: what is sealed from now on is sealed under it. What there is stays readable, and
 * is sealed anew by a job. False: the workspace has no key yet, so there is nothing to replace.
 */
export async function rotateDataKey({ store, masterKeys }: Deps, workspaceId: string): Promise<boolean> {
  const current = await store.current(workspaceId);
  if (current === null) return false;
  await store.addCurrent(workspaceId, (id) => newKeyFor(masterKeys, workspaceId, id), current.id);
  return true;
}
