import { AppError } from '../lib/app-error.ts';
import type { Secret } from '../lib/secret.ts';
import { masterKeyIdOf, newDataKey, unwrapDataKey, type WrappedKey } from './data-key.ts';
import type { MasterKeys } from './master-keys.ts';

/** The data keys of the workspaces, unwrapped with the master key. Made by `createKeyring`. */
export interface Keyring {
  /** The workspace's current data key, made at first use. Counts the use: a key is retired long before 2^32 seals. */
  keyForSealing(workspaceId: string): Promise<{ id: string; key: Secret<Buffer> }>;
  /** Null where there is no such key in this workspace, or where it does not unwrap. */
  keyForOpening(workspaceId: string, keyId: string): Promise<Secret<Buffer> | null>;
  /** From LISTEN `vault_changed`: drops what is in memory of this workspace; null: of all. */
  forget(workspaceId: string | null): void;
}

export interface DataKeyStore {
  current(workspaceId: string): Promise<WrappedKey | null>;
  byId(workspaceId: string, id: string): Promise<WrappedKey | null>;
  /**
   * Makes what `make` gives the current key in place of `replacing`, unless another one has become current meanwhile. `make`
   * learns which master key the database is under, which stays so until the new key is there; null: not known. Nothing
   * happens in a workspace that is being deleted.
   */
  addCurrent(
    workspaceId: string,
    make: (masterKeyId: string | null) => Promise<WrappedKey>,
    replacing: string | null,
  ): Promise<void>;
  /** Counts `uses` more seals; how many there are now, or null where there is no such key. */
  setAside(workspaceId: string, id: string, uses: number): Promise<number | null>;
  /** The master key that the database is under; null before the first start. */
  masterKeyId(): Promise<string | null>;
}

interface KeyringDeps {
  store: DataKeyStore;
  masterKeys: MasterKeys;
  /** Told when a key comes close to its limit. */
  warn?: (message: string) => void;
  limits?: Partial<KeyringLimits>;
}

export interface KeyringLimits {
  /** Unwrapped keys kept in memory, and for how long: nothing is kept that a look at the database does not renew. */
  cachedKeys: number;
  cacheMs: number;
  /** Seals counted ahead by one process, so that not every seal is a write. */
  usesAhead: number;
  /** A new key takes over here: half of NIST's bound for random 96-bit IVs (SP 800-38D §8.3). */
  retireAtUses: number;
}

const defaultKeyringLimits: KeyringLimits = {
  cachedKeys: 1_000,
  cacheMs: 60_000,
  usesAhead: 1_000,
  retireAtUses: 2 ** 31,
};

interface CachedKey {
  key: Secret<Buffer>;
  readAt: number;
}

interface SealingKey extends CachedKey {
  id: string;
  usesLeft: number;
}

export function createKeyring(deps: KeyringDeps): Keyring {
  const limits = { ...defaultKeyringLimits, ...deps.limits };
  const cached = new Map<string, CachedKey>();
  const sealing = new Map<string, SealingKey>();
  const loading = new Map<string, Promise<SealingKey>>();
  /** What was read before keys were forgotten is not kept. */
  let forgotten = 0;

  /** Null: nobody can, with any key there is. A process that was not given the newest master key only cannot now. */
  const unwrap = async (workspaceId: string, stored: WrappedKey): Promise<Secret<Buffer> | null> => {
    const masterId = masterKeyIdOf(stored);
    if (masterId === null) return null;
    const master = await deps.masterKeys.byId(masterId);
    if (master !== null) return unwrapDataKey(master, workspaceId, stored);
    if ((await deps.store.masterKeyId()) === masterId) throw withoutMasterKey(masterId);
    return null;
  };

  const make = (workspaceId: string) => (masterKeyId: string | null) =>
    newKeyFor(deps.masterKeys, workspaceId, masterKeyId);

  /** Read back after it was written: what is used is what is committed, whoever made it. */
  const currentOrNew = async (workspaceId: string): Promise<WrappedKey> => {
    const present = await deps.store.current(workspaceId);
    if (present) return present;
    await deps.store.addCurrent(workspaceId, make(workspaceId), null);
    const made = await deps.store.current(workspaceId);
    if (!made) throw new AppError('not_found', { detail: 'The workspace is being deleted.' });
    return made;
  };

  const forSealing = async (workspaceId: string): Promise<SealingKey> => {
    const stored = await currentOrNew(workspaceId);
    const key = await unwrap(workspaceId, stored);
    if (key === null) throw new Error(`data key ${stored.id} does not open with any master key held`);
    const uses = (await deps.store.setAside(workspaceId, stored.id, limits.usesAhead)) ?? 0;
    if (uses > limits.retireAtUses) {
      deps.warn?.(`Data key ${stored.id} was used ${uses} times; a new one takes over.`);
      await deps.store.addCurrent(workspaceId, make(workspaceId), stored.id);
    }
    return { id: stored.id, key, usesLeft: limits.usesAhead, readAt: Date.now() };
  };

  const load = (workspaceId: string) => {
    const loaded = forSealing(workspaceId).finally(() => {
      if (loading.get(workspaceId) === loaded) loading.delete(workspaceId);
    });
    loading.set(workspaceId, loaded);
    return loaded;
  };

  return {
    keyForSealing: async (workspaceId) => {
      for (;;) {
        const present = sealing.get(workspaceId);
        if (present && present.usesLeft > 0 && Date.now() - present.readAt < limits.cacheMs) {
          present.usesLeft -= 1;
          remember(sealing, workspaceId, present, limits.cachedKeys);
          return { id: present.id, key: present.key };
        }
        // Many who seal at once set uses aside once for all of them.
        const since = forgotten;
        const loaded = await (loading.get(workspaceId) ?? load(workspaceId));
        if (since === forgotten) remember(sealing, workspaceId, loaded, limits.cachedKeys);
      }
    },
    keyForOpening: async (workspaceId, keyId) => {
      const name = `${workspaceId} ${keyId}`;
      const present = cached.get(name);
      if (present && Date.now() - present.readAt < limits.cacheMs) {
        remember(cached, name, present, limits.cachedKeys);
        return present.key;
      }
      const since = forgotten;
      const stored = await deps.store.byId(workspaceId, keyId);
      const key = stored && (await unwrap(workspaceId, stored));
      if (key && since === forgotten) remember(cached, name, { key, readAt: Date.now() }, limits.cachedKeys);
      else cached.delete(name);
      return key;
    },
    forget: (workspaceId) => {
      forgotten += 1;
      loading.clear();
      if (workspaceId === null) {
        cached.clear();
        sealing.clear();
        return;
      }
      sealing.delete(workspaceId);
      for (const name of cached.keys()) if (name.startsWith(`${workspaceId} `)) cached.delete(name);
    },
  };
}

/** Under the master key that counts. */
export async function newKeyFor(
  masterKeys: MasterKeys,
  workspaceId: string,
  masterKeyId: string | null,
): Promise<WrappedKey> {
  const [first] = masterKeys.held();
  const master = masterKeyId === null ? (first ?? null) : await masterKeys.byId(masterKeyId);
  if (master === null) throw withoutMasterKey(masterKeyId ?? 'of this database');
  return newDataKey(master, workspaceId);
}

function withoutMasterKey(id: string): AppError {
  return new AppError('unavailable', {
    detail: `This server was not given the master key ${id}.`,
    reason: 'master_key',
  });
}

/** The most recently used stay. */
function remember<T>(map: Map<string, T>, name: string, value: T, max: number): void {
  map.delete(name);
  map.set(name, value);
  const oldest = map.keys().next().value;
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
