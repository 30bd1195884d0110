import { masterKeyIdOf, rewrapDataKey, type WrappedKey } from './data-key.ts';
import { type MasterKey, MasterKeyError } from './master-key.ts';
import type { MasterKeys } from './master-keys.ts';
import { type Canary, openRoot, opensCanary, sealCanary } from './unlock.ts';

/**
 * How one master key takes the place of another while servers run:
 *
 *   the next key lies where every server finds it      nothing needs it yet
 *   every server that runs says that it holds it       asked here; else nothing is changed
 *   one transaction: canary, root and all data keys    wholly before, or wholly after
 *   the old one is put away                            nothing in the database needs it any more; older backups do
 *
 * At each point one key opens everything, and the operator has both.
 */
export interface MasterKeyStore {
  canary(): Promise<Canary | null>;
  /** Servers at work on this database, and the master keys that each says it holds. */
  servers(): Promise<ServerWithKeys[]>;
  /** They look at their key files again. */
  tell(): Promise<void>;
  /** Nobody makes or changes a data key meanwhile. */
  change(work: (changing: MasterKeyChange) => Promise<void>): Promise<void>;
}

export interface MasterKeyChange {
  canary: Canary | null;
  /** In order, after this one. */
  dataKeys(after: string, limit: number): Promise<(WrappedKey & { workspaceId: string })[]>;
  saveDataKeys(keys: readonly WrappedKey[]): Promise<void>;
  saveCanary(canary: { sealed: string; root: string }): Promise<void>;
}

export interface ServerWithKeys {
  /** Of its connection to the database. */
  pid: number;
  /** From where; null: this machine. */
  address: string | null;
  masterKeyIds: readonly string[];
}

interface Deps {
  store: MasterKeyStore;
  masterKeys: MasterKeys;
  sleep: (ms: number) => Promise<void>;
  /** How long servers may take to say that they hold the next key. */
  waitMs?: number;
}

export type MasterRotation =
  /** `left`: data keys whose own master key is lost; they stay as they are. */
  | { kind: 'rotated'; from: string; dataKeys: number; left: number }
  /** It was done before. */
  | { kind: 'was_rotated' }
  /** Nothing was changed: these would be without the key. */
  | { kind: 'not_everywhere'; without: ServerWithKeys[] };

const WAIT_MS = 5_000;
const LOOK_MS = 100;
const AT_ONCE = 500;

export async function rotateMaster(deps: Deps, next: MasterKey): Promise<MasterRotation> {
  const canary = await deps.store.canary();
  if (canary !== null && opensCanary(next, canary.sealed)) return { kind: 'was_rotated' };
  const without = await waitUntilHeld(deps, next.id);
  if (without.length > 0) return { kind: 'not_everywhere', without };
  let outcome: MasterRotation = { kind: 'was_rotated' };
  await deps.store.change(async (changing) => {
    if (changing.canary !== null && opensCanary(next, changing.canary.sealed)) return;
    const from = await saveCanary(deps.masterKeys, changing, next);
    outcome = { kind: 'rotated', from: from.id, ...(await rewrapAll(deps.masterKeys, changing, next)) };
  });
  await deps.store.tell();
  return outcome;
}

async function waitUntilHeld(deps: Deps, id: string): Promise<ServerWithKeys[]> {
  const until = performance.now() + (deps.waitMs ?? WAIT_MS);
  for (;;) {
    await deps.store.tell();
    const without = (await deps.store.servers()).filter(({ masterKeyIds }) => !masterKeyIds.includes(id));
    if (without.length === 0 || performance.now() > until) return without;
    await deps.sleep(LOOK_MS);
  }
}

async function saveCanary(
  masterKeys: MasterKeys,
  { canary, saveCanary: save }: MasterKeyChange,
  next: MasterKey,
): Promise<MasterKey> {
  const id = canary === null ? null : masterKeyIdOf({ wrapped: canary.sealed });
  const from = id === null ? null : await masterKeys.byId(id);
  const root = canary?.root == null || from === null ? null : openRoot(from, canary.root);
  if (from === null || root === null)
    throw new MasterKeyError(`The present master key ${id ?? ''} is not at hand, so it cannot be replaced.`);
  await save(sealCanary(next, root));
  return from;
}

async function rewrapAll(
  masterKeys: MasterKeys,
  changing: MasterKeyChange,
  next: MasterKey,
): Promise<{ dataKeys: number; left: number }> {
  let [dataKeys, left, after] = [0, 0, ''];
  for (;;) {
    const stored = await changing.dataKeys(after, AT_ONCE);
    if (stored.length === 0) return { dataKeys, left };
    after = stored.at(-1)?.id ?? after;
    const rewrapped: WrappedKey[] = [];
    for (const { workspaceId, ...key } of stored) {
      const from = await masterKeys.byId(masterKeyIdOf(key) ?? '');
      const under = from === null ? null : rewrapDataKey(from, next, workspaceId, key);
      if (under !== null) rewrapped.push(under);
    }
    await changing.saveDataKeys(rewrapped);
    dataKeys += rewrapped.length;
    left += stored.length - rewrapped.length;
  }
}
