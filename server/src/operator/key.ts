import { masterKeySettings } from '../compose/master-key-settings.ts';
import { allSealedRecords } from '../compose/vault.ts';
import { countDamaged } from '../connections/damaged-store.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { readKeyFile } from '../vault/key-file.ts';
import { createKeyring } from '../vault/keyring.ts';
import { openEverything } from '../vault/reencrypt.ts';
import { type DataKeyFacts, dataKeyFacts, masterKeyStore } from '../vault/rotation-store.ts';
import type { SealedRecords } from '../vault/sealed-records.ts';
import { canaryStore, dataKeyStore } from '../vault/store.ts';
import { unlock, type Vault } from '../vault/unlock.ts';
import type { OperatorCommand, OperatorDeps } from './command.ts';

/** The vault as a server would open it; a first master key is made by a server's first start alone. */
export async function openVault({ db, config }: Pick<OperatorDeps, 'db' | 'config'>): Promise<Vault> {
  const store = canaryStore(db.system);
  if ((await store.read()) === null && (await store.neededKeyId()) === null)
    throw new StartRefused(
      'The database is under no master key yet: the first start of the server makes one.',
    );
  return unlock(
    { store, announce: (message) => process.stderr.write(`${message}\n`) },
    masterKeySettings(config),
  );
}

export const keyStatus: OperatorCommand = {
  words: ['key', 'status'],
  usage: 'key status [--check]',
  about:
    "Says which master key the database is under and where it comes from, which servers hold it, how many records each workspace's data keys protect, and whether a change of keys is under way. --check opens every stored record and lists those that do not open. Ends with 1 where something does not open.",
  options: { check: { type: 'boolean' } },
  run: async (deps, { check }) => {
    const vault = await openVault(deps);
    const records = allSealedRecords(deps.db);
    const facts = await dataKeyFacts(deps.db.system);
    const counts = new Map(
      await Promise.all(records.map(async (kind) => [kind.name, await kind.count()] as const)),
    );
    const damaged = await countDamaged(deps.db.system, null);
    const checked = check === undefined ? null : await openAll(deps, vault, records, facts);
    const lost = facts.filter((key) => !holds(vault, key));
    const isWell =
      damaged === 0 && (checked === null || checked.unreadable.length === 0) && lost.length === 0;
    const lines = [
      ...(await masterLines(deps, vault)),
      '',
      ...dataKeyLines(facts, counts, vault),
      '',
      damaged === 0
        ? 'No connection is known to have credentials that do not open.'
        : `Connections whose credentials do not open: ${damaged}. They ask for new ones.`,
      ...(checked === null ? [] : checkedLines(checked)),
    ];
    return { text: lines.join('\n'), code: isWell ? 0 : 1 };
  },
};

async function masterLines({ db, config }: OperatorDeps, vault: Vault): Promise<string[]> {
  const from = config.masterKey === null ? config.masterKeyFile : 'KEYRAIL_MASTER_KEY';
  const servers = await masterKeyStore(db.system).servers();
  const without = servers.filter(({ masterKeyIds }) => !masterKeyIds.includes(vault.id));
  const inFile = config.masterKey === null ? await readKeyFile(config.masterKeyFile).catch(() => null) : null;
  const given = config.masterKey === null ? inFile?.id : vault.masterKeys.held()[0]?.id;
  const next = vault.masterKeys.held().find(({ id }) => id !== vault.id);
  const lines = [
    `Master key: ${vault.id} (${given === vault.id ? from : 'not where it should stand yet'})`,
    servers.length === 0
      ? 'Servers that run: none.'
      : `Servers that run: ${servers.length}, ${without.length === 0 ? 'all with this key' : `${without.length} WITHOUT this key`}.`,
  ];
  if (next !== undefined || given !== vault.id)
    lines.push(
      `A change of the master key was begun${next === undefined ? '' : `; the other key at hand is ${next.id}`}. To end it: key rotate master`,
    );
  return lines;
}

function dataKeyLines(
  facts: DataKeyFacts[],
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
  vault: Vault,
): string[] {
  const workspaces = new Map<string, DataKeyFacts[]>();
  for (const key of facts) workspaces.set(key.workspaceId, [...(workspaces.get(key.workspaceId) ?? []), key]);
  const current = facts.filter(({ isCurrent }) => isCurrent).length;
  const total = (key: DataKeyFacts) =>
    recordsUnder(counts, key.id).reduce((sum, [, count]) => sum + count, 0);
  const left = facts
    .filter((key) => !key.isCurrent && holds(vault, key))
    .reduce((sum, key) => sum + total(key), 0);
  const lines = [
    `Data keys: ${facts.length}, of ${workspaces.size} ${workspaces.size === 1 ? 'workspace' : 'workspaces'}; ${current} current, ${facts.length - current} retired.`,
    left === 0
      ? 'Nothing waits to be encrypted again.'
      : `To be encrypted again under a current key: ${left} records. A server does so in the background.`,
  ];
  for (const [workspaceId, keys] of workspaces) {
    lines.push(
      `  ${keys[0]?.workspaceName ?? workspaceId}${keys[0]?.workspaceName ? ` (${workspaceId})` : ''}`,
    );
    for (const key of keys) lines.push(`    ${keyLine(key, counts, holds(vault, key))}`);
  }
  return lines;
}

function keyLine(
  key: DataKeyFacts,
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
  isHeld: boolean,
): string {
  const records = recordsUnder(counts, key.id);
  const what =
    records.length === 0 ? 'nothing' : records.map(([name, count]) => `${count} ${name}`).join(', ');
  const state = !isHeld
    ? `its master key ${key.masterKeyId} is not at hand`
    : key.isCurrent
      ? 'current'
      : `retired ${(key.retiredAt ?? key.createdAt).toISOString().slice(0, 10)}`;
  return `${key.id}  ${state}; sealed with it: up to ${key.uses} times; under it now: ${what}`;
}

function recordsUnder(
  counts: ReadonlyMap<string, ReadonlyMap<string, number>>,
  keyId: string,
): [string, number][] {
  return [...counts].flatMap(([name, byKey]) => {
    const count = byKey.get(keyId) ?? 0;
    return count === 0 ? [] : [[name, count] as [string, number]];
  });
}

function holds(vault: Vault, { masterKeyId }: DataKeyFacts): boolean {
  return masterKeyId === vault.id || vault.masterKeys.held().some(({ id }) => id === masterKeyId);
}

interface Checked {
  opened: number;
  unreadable: string[];
}

async function openAll(
  { db }: OperatorDeps,
  { masterKeys }: Vault,
  records: readonly SealedRecords[],
  facts: readonly DataKeyFacts[],
): Promise<Checked> {
  const keyring = createKeyring({ store: dataKeyStore(db.system), masterKeys });
  const total: Checked = { opened: 0, unreadable: [] };
  const known = new Set(facts.map(({ id }) => id));
  for (const kind of records) {
    // A record that names a key which is not there does not open either.
    const ids = new Set([...known, ...(await kind.count()).keys()]);
    for (const id of ids) {
      const found = await openEverything({ keyring }, kind, id);
      total.opened += found.opened;
      total.unreadable.push(...found.unreadable.map((record) => `${kind.name}: ${record}`));
    }
  }
  return total;
}

const MOST_LISTED = 50;

function checkedLines({ opened, unreadable }: Checked): string[] {
  const listed = unreadable.slice(0, MOST_LISTED).map((one) => `  ${one}`);
  const more = unreadable.length - listed.length;
  return [
    `Opened to check: ${opened + unreadable.length} records, of which ${unreadable.length} do not open.`,
    ...listed,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
