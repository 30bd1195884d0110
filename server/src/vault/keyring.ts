import { randomBytes } from 'node:crypto';
import { newId } from '../lib/id.ts';
import { Secret } from '../lib/secret.ts';
import type { MasterKey } from './master-key.ts';
import { openWith } from './open.ts';
import { decodeRecord } from './record-format.ts';
import { sealWith } from './seal.ts';
import type { SecretPlace } from './sealed-record.ts';

/** The data keys of the workspaces, unwrapped with the master key. Made by `createKeyring`. */
export interface Keyring {
  /** The workspace's current data key, made at first use. Counts the use: a key is retired long before 2^32 seals. */
  keyForSealing(workspaceId: string): Promise<{ id: string; key: Secret<Buffer> }>;
  /** Null where there is no such key in this workspace, or where it does not unwrap. */
  keyForOpening(workspaceId: string, keyId: string): Promise<Secret<Buffer> | null>;
}

export interface WrappedKey {
  id: string;
  wrapped: string;
}

export interface DataKeyStore {
  current(workspaceId: string): Promise<WrappedKey | null>;
  byId(workspaceId: string, id: string): Promise<WrappedKey | null>;
  /** Makes this the current key in place of `replacing`, unless another one has become current meanwhile. */
  addCurrent(workspaceId: string, key: WrappedKey, replacing: string | null): Promise<void>;
  /** Counts `uses` more seals; how many there are now, or null where there is no such key. */
  setAside(workspaceId: string, id: string, uses: number): Promise<number | null>;
}

interface KeyringDeps {
  store: DataKeyStore;
  masterKey: MasterKey;
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

export function createKeyring(deps: KeyringDeps): Keyring {
  const limits = { ...defaultKeyringLimits, ...deps.limits };
  const wrapKey = deps.masterKey.derive('wrap data keys');
  const cached = new Map<string, CachedKey>();
  const sealing = new Map<string, { id: string; key: Secret<Buffer>; usesLeft: number; readAt: number }>();

  const unwrap = (workspaceId: string, stored: WrappedKey): Secret<Buffer> | null => {
    const parts = decodeRecord(stored.wrapped);
    if (parts === null || parts.keyId !== deps.masterKey.id) return null;
    const key = { id: deps.masterKey.id, key: wrapKey.reveal() };
    const text = openWith(key, placeOfKey(workspaceId, stored.id), parts.sealed);
    return text === null ? null : new Secret(Buffer.from(text, 'base64'));
  };

  const wrap = (workspaceId: string): WrappedKey => {
    const id = newId<string>('dk');
    const key = { id: deps.masterKey.id, key: wrapKey.reveal() };
    const text = randomBytes(32).toString('base64');
    return { id, wrapped: sealWith(key, placeOfKey(workspaceId, id), text) };
  };

  /** Read back after it was written: what is used is what is committed, whoever made it. */
  const currentOrNew = async (workspaceId: string): Promise<WrappedKey> => {
    const present = await deps.store.current(workspaceId);
    if (present) return present;
    await deps.store.addCurrent(workspaceId, wrap(workspaceId), null);
    const made = await deps.store.current(workspaceId);
    if (!made) throw new Error('the data key just made is not there');
    return made;
  };

  const forSealing = async (workspaceId: string) => {
    const stored = await currentOrNew(workspaceId);
    const key = unwrap(workspaceId, stored);
    if (key === null)
      throw new Error(`data key ${stored.id} does not open with master key ${deps.masterKey.id}`);
    const uses = (await deps.store.setAside(workspaceId, stored.id, limits.usesAhead)) ?? 0;
    if (uses > limits.retireAtUses) {
      deps.warn?.(`Data key ${stored.id} was used ${uses} times; a new one takes over.`);
      await deps.store.addCurrent(workspaceId, wrap(workspaceId), stored.id);
    }
    return { id: stored.id, key, usesLeft: limits.usesAhead, readAt: Date.now() };
  };

  return {
    keyForSealing: async (workspaceId) => {
      const present = sealing.get(workspaceId);
      const isFresh = present && present.usesLeft > 0 && Date.now() - present.readAt < limits.cacheMs;
      const entry = isFresh ? present : await forSealing(workspaceId);
      entry.usesLeft -= 1;
      remember(sealing, workspaceId, entry, limits.cachedKeys);
      return { id: entry.id, key: entry.key };
    },

    keyForOpening: async (workspaceId, keyId) => {
      const name = `${workspaceId} ${keyId}`;
      const present = cached.get(name);
      if (present && Date.now() - present.readAt < limits.cacheMs) {
        remember(cached, name, present, limits.cachedKeys);
        return present.key;
      }
      const stored = await deps.store.byId(workspaceId, keyId);
      const key = stored && unwrap(workspaceId, stored);
      if (key) remember(cached, name, { key, readAt: Date.now() }, limits.cachedKeys);
      else cached.delete(name);
      return key;
    },
  };
}

function placeOfKey(workspaceId: string, keyId: string): SecretPlace {
  return { workspaceId, recordId: keyId, version: 1, purpose: 'data key' };
}

/** The most recently used stay. */
function remember<T>(map: Map<string, T>, name: string, value: T, max: number): void {
  map.delete(name);
  map.set(name, value);
  const oldest = map.keys().next().value;
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}
