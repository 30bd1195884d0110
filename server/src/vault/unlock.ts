import { randomBytes } from 'node:crypto';
import { Secret } from '../lib/secret.ts';
import { makeKeyFile } from './key-file.ts';
import { expand, type MasterKey, MasterKeyError } from './master-key.ts';
import { type MasterKeySettings, type MasterKeys, openMasterKeys } from './master-keys.ts';
import { openWith } from './open.ts';
import { decodeRecord } from './record-format.ts';
import { sealWith } from './seal.ts';
import type { SecretPlace } from './sealed-record.ts';

export interface CanaryStore {
  read(): Promise<Canary | null>;
  /** Keeps what is there, if somebody was first. */
  writeFirst(sealed: string, root: string): Promise<void>;
  /** Beside this very canary, where there is no root yet. */
  writeRoot(sealed: string, root: string): Promise<void>;
  /** The id of a master key that stored data keys need; null where there are none. */
  neededKeyId(): Promise<string | null>;
}

export interface Canary {
  sealed: string;
  /** Null: written before there were roots. */
  root: string | null;
}

interface UnlockDeps {
  store: CanaryStore;
  /** Prints to the operator; used once, when a key file was made. */
  announce: (message: string) => void;
}

/** What the rest of the program gets: the keys, and what is derived from none of them in particular. */
export interface Vault {
  /** Of the master key that the database is under. */
  id: string;
  masterKeys: MasterKeys;
  /** 32 bytes for one purpose, the same for as long as the database lives, whichever master key it is under. */
  derive(purpose: string): Secret<Buffer>;
}

const CANARY_PLACE: SecretPlace = { workspaceId: '', recordId: 'canary', version: 1, purpose: 'canary' };
const CANARY_TEXT = 'this opens with the right master key alone';
const ROOT_PLACE: SecretPlace = { workspaceId: '', recordId: 'root', version: 1, purpose: 'root' };

/**
 * The vault, once the master key is shown to be this database's: a canary sealed with it is opened before anything else
 * happens. Throws `MasterKeyError` where the server must not start. A key is made only for an empty database.
 */
export async function unlock(deps: UnlockDeps, settings: MasterKeySettings): Promise<Vault> {
  const canary = await deps.store.read();
  const neededId = canary === null ? await deps.store.neededKeyId() : keyIdOf(canary.sealed);
  const masterKeys = await givenKeys(settings, neededId, deps.announce);
  if (canary === null) {
    const first = await neededKey(masterKeys, neededId ?? masterKeys.held()[0]?.id ?? '');
    const made = sealCanary(first, new Secret(randomBytes(32)));
    await deps.store.writeFirst(made.sealed, made.root);
  }
  // Read again: of two first starts with different keys, one has lost and must not go on.
  const stored = await deps.store.read();
  const key = await neededKey(masterKeys, keyIdOf(stored?.sealed ?? ''));
  if (stored === null || !opensCanary(key, stored.sealed)) throw changed(key);
  const root = await rootOf(deps.store, key, stored);
  return { id: key.id, masterKeys, derive: (purpose) => expand(root, purpose) };
}

async function neededKey(masterKeys: MasterKeys, id: string): Promise<MasterKey> {
  const key = await masterKeys.byId(id);
  if (key === null)
    throw wrongKey(
      id,
      masterKeys
        .held()
        .map((one) => one.id)
        .join(' and '),
    );
  return key;
}

/** A database from before there were roots keeps what was derived from its master key until now. */
async function rootOf(store: CanaryStore, key: MasterKey, canary: Canary): Promise<Secret<Buffer>> {
  if (canary.root === null) await store.writeRoot(canary.sealed, sealRoot(key, key.root()));
  const stored = canary.root === null ? await store.read() : canary;
  const root = stored?.root == null ? null : openRoot(key, stored.root);
  if (root === null) throw changed(key);
  return root;
}

async function givenKeys(
  settings: MasterKeySettings,
  neededId: string | null,
  announce: (message: string) => void,
): Promise<MasterKeys> {
  const given = await openMasterKeys(settings);
  if (given.held().length > 0) return given;
  if (neededId !== null) {
    if ((await given.byId(neededId)) !== null) return given;
    throw new MasterKeyError(
      `This database needs the master key ${neededId}, and there is none at ${settings.keyFile}. Put the key file back from your backup, or set KEYRAIL_MASTER_KEY. No new key is made over existing data.`,
    );
  }
  const isOurs = await makeKeyFile(settings.keyFile);
  await given.look();
  const [made] = given.held();
  if (!made) throw new MasterKeyError(`The master key file ${settings.keyFile} was made and is gone again.`);
  if (isOurs) {
    announce(
      `A master key (${made.id}) was made at ${settings.keyFile}. Back it up, apart from the data: without it nothing that is stored can be opened.`,
    );
  }
  return given;
}

/** The check record and the root, under this master key. */
export function sealCanary(key: MasterKey, root: Secret<Buffer>): { sealed: string; root: string } {
  const sealed = sealWith({ id: key.id, key: key.derive('canary').reveal() }, CANARY_PLACE, CANARY_TEXT);
  return { sealed, root: sealRoot(key, root) };
}

function sealRoot(key: MasterKey, root: Secret<Buffer>): string {
  const text = root.reveal().toString('base64');
  return sealWith({ id: key.id, key: key.derive('root').reveal() }, ROOT_PLACE, text);
}

/** Null: not with this key. */
export function openRoot(key: MasterKey, record: string): Secret<Buffer> | null {
  const text = openedWith(key, 'root', ROOT_PLACE, record);
  return text === null ? null : new Secret(Buffer.from(text, 'base64'));
}

export function opensCanary(key: MasterKey, record: string): boolean {
  return openedWith(key, 'canary', CANARY_PLACE, record) === CANARY_TEXT;
}

function openedWith(key: MasterKey, purpose: string, place: SecretPlace, record: string): string | null {
  const parts = decodeRecord(record);
  if (parts === null || parts.keyId !== key.id) return null;
  return openWith({ id: key.id, key: key.derive(purpose).reveal() }, place, parts.sealed);
}

function changed(key: MasterKey): MasterKeyError {
  return new MasterKeyError(
    `The master key ${key.id} is the right one, but the database's check record does not open: it was changed. Restore the database from a backup.`,
  );
}

function keyIdOf(record: string): string {
  return record.split('.')[1] ?? '';
}

function wrongKey(neededId: string, givenId: string): MasterKeyError {
  return new MasterKeyError(
    `Wrong master key: this database needs ${neededId}, the key given is ${givenId}. Set KEYRAIL_MASTER_KEY or the key file to the key with that id.`,
  );
}
