import { keyFileOfId, nextKeyFile, readKeyFile } from './key-file.ts';
import { type MasterKey, parseMasterKey } from './master-key.ts';

/**
 * The master keys a process can use: one and, while it is being replaced, two. Which of them counts says the database; a
 * process holds both before it does (see `rotate-master.ts`).
 */
export interface MasterKeys {
  /** As far as it is known now; the first is the one that `KEYRAIL_MASTER_KEY` or the key file gives. */
  held(): readonly MasterKey[];
  /** Null: not held. One that is not known is looked for again, in a file that may be there by now. */
  byId(id: string): Promise<MasterKey | null>;
  /** Reads the files again. */
  look(): Promise<void>;
}

export interface MasterKeySettings {
  /** KEYRAIL_MASTER_KEY as it stands in the environment; undefined where it is not set. Wins over the file. */
  key: string | undefined;
  /** KEYRAIL_MASTER_KEY_NEXT: the one that takes over. */
  nextKey?: string | undefined;
  /** KEYRAIL_MASTER_KEY_FILE. Beside it may stand the next one and earlier ones. */
  keyFile: string;
}

/** A record that no key fits must not make each reading of it read files. */
const LOOK_GAP_MS = 1_000;

/** Throws `MasterKeyError` where a key that is given is none. */
export async function openMasterKeys(settings: MasterKeySettings): Promise<MasterKeys> {
  let held = await readKeys(settings);
  const earlier = new Map<string, MasterKey>();
  const looked = new Map<string, number>();
  const find = (id: string) => held.find((key) => key.id === id) ?? earlier.get(id) ?? null;

  const look = async () => {
    // What is half written or gone at this moment does not take from a process what it has.
    const found = await readKeys(settings).catch(() => []);
    held = [...found, ...held.filter(({ id }) => !found.some((one) => one.id === id))];
  };
  return {
    held: () => held,
    look,
    byId: async (id) => {
      const known = find(id);
      if (known !== null || settings.key !== undefined) return known;
      const now = performance.now();
      if (now - (looked.get(id) ?? -LOOK_GAP_MS) < LOOK_GAP_MS) return null;
      looked.set(id, now);
      await look();
      const before = await readKeyFile(keyFileOfId(settings.keyFile, id)).catch(() => null);
      if (before?.id === id) earlier.set(id, before);
      return find(id);
    },
  };
}

/** For tests, and where there is no other. */
export function onlyKey(key: MasterKey): MasterKeys {
  return {
    held: () => [key],
    byId: async (id) => (id === key.id ? key : null),
    look: async () => {},
  };
}

async function readKeys({ key, nextKey, keyFile }: MasterKeySettings): Promise<MasterKey[]> {
  const given = key === undefined ? await readKeyFile(keyFile) : parseMasterKey(key, 'KEYRAIL_MASTER_KEY');
  const next = await readNext({ key, nextKey, keyFile });
  return [given, next].filter((one) => one !== null);
}

async function readNext({ key, nextKey, keyFile }: MasterKeySettings): Promise<MasterKey | null> {
  if (nextKey !== undefined) return parseMasterKey(nextKey, 'KEYRAIL_MASTER_KEY_NEXT');
  return key === undefined ? readKeyFile(nextKeyFile(keyFile)) : null;
}
