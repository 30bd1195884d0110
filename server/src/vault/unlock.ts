import { makeKeyFile, readKeyFile } from './key-file.ts';
import { type MasterKey, MasterKeyError, parseMasterKey } from './master-key.ts';
import { openWith } from './open.ts';
import { decodeRecord } from './record-format.ts';
import { sealWith } from './seal.ts';
import type { SecretPlace } from './sealed-record.ts';

export interface CanaryStore {
  read(): Promise<string | null>;
  /** Keeps what is there, if somebody was first. */
  writeFirst(sealed: string): Promise<void>;
  /** The id of a master key that stored data keys need; null where there are none. */
  neededKeyId(): Promise<string | null>;
}

interface UnlockDeps {
  store: CanaryStore;
  /** Prints to the operator; used once, when a key file was made. */
  announce: (message: string) => void;
}

export interface MasterKeySettings {
  /** KEYRAIL_MASTER_KEY as it stands in the environment; undefined where it is not set. Wins over the file. */
  key: string | undefined;
  /** KEYRAIL_MASTER_KEY_FILE. */
  keyFile: string;
}

const CANARY_PLACE: SecretPlace = { workspaceId: '', recordId: 'canary', version: 1, purpose: 'canary' };
const CANARY_TEXT = 'this opens with the right master key alone';

/**
 * The master key, once it is shown to be this database's: a canary sealed with it is opened before anything else
 * happens. Throws `MasterKeyError` where the server must not start. A key is made only for an empty database.
 */
export async function unlock(deps: UnlockDeps, settings: MasterKeySettings): Promise<MasterKey> {
  const canary = await deps.store.read();
  const neededId = canary === null ? await deps.store.neededKeyId() : keyIdOf(canary);
  const key = await givenKey(settings, neededId, deps.announce);
  if (neededId !== null && neededId !== key.id) throw wrongKey(neededId, key.id);
  if (canary === null) await deps.store.writeFirst(sealCanary(key));
  // Read again: of two first starts with different keys, one has lost and must not go on.
  const stored = (await deps.store.read()) ?? '';
  if (keyIdOf(stored) !== key.id) throw wrongKey(keyIdOf(stored), key.id);
  if (!opensCanary(key, stored)) {
    throw new MasterKeyError(
      `The master key ${key.id} is the right one, but the database's check record does not open: it was changed. Restore the database from a backup.`,
    );
  }
  return key;
}

async function givenKey(
  settings: MasterKeySettings,
  neededId: string | null,
  announce: (message: string) => void,
): Promise<MasterKey> {
  if (settings.key !== undefined) return parseMasterKey(settings.key, 'KEYRAIL_MASTER_KEY');
  const found = await readKeyFile(settings.keyFile);
  if (found) return found;
  if (neededId !== null) {
    throw new MasterKeyError(
      `This database needs the master key ${neededId}, and there is none at ${settings.keyFile}. Put the key file back from your backup, or set KEYRAIL_MASTER_KEY. No new key is made over existing data.`,
    );
  }
  const isOurs = await makeKeyFile(settings.keyFile);
  const made = await readKeyFile(settings.keyFile);
  if (!made) throw new MasterKeyError(`The master key file ${settings.keyFile} was made and is gone again.`);
  if (isOurs) {
    announce(
      `A master key (${made.id}) was made at ${settings.keyFile}. Back it up, apart from the data: without it nothing that is stored can be opened.`,
    );
  }
  return made;
}

function sealCanary(key: MasterKey): string {
  return sealWith({ id: key.id, key: key.derive('canary').reveal() }, CANARY_PLACE, CANARY_TEXT);
}

function opensCanary(key: MasterKey, record: string): boolean {
  const parts = decodeRecord(record);
  if (parts === null) return false;
  const opened = openWith({ id: key.id, key: key.derive('canary').reveal() }, CANARY_PLACE, parts.sealed);
  return opened === CANARY_TEXT;
}

function keyIdOf(record: string): string {
  return record.split('.')[1] ?? '';
}

function wrongKey(neededId: string, givenId: string): MasterKeyError {
  return new MasterKeyError(
    `Wrong master key: this database needs ${neededId}, the key given is ${givenId}. Set KEYRAIL_MASTER_KEY or the key file to the key with that id.`,
  );
}
