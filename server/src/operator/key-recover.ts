import { masterKeySettings } from '../compose/master-key-settings.ts';
import { allSealedRecords } from '../compose/vault.ts';
import { unmarkedUnder } from '../connections/damaged-store.ts';
import { reportDamaged } from '../connections/report.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { makeKeyFile, readKeyFile, setAsideKeyFile } from '../vault/key-file.ts';
import type { MasterKey } from '../vault/master-key.ts';
import { openMasterKeys } from '../vault/master-keys.ts';
import { recover } from '../vault/recover.ts';
import { dataKeyFacts, masterKeyStore } from '../vault/rotation-store.ts';
import type { OperatorCommand, OperatorDeps } from './command.ts';

const USAGE = 'key recover --lost ID --yes';

export const keyRecover: OperatorCommand = {
  words: ['key', 'recover'],
  usage: USAGE,
  about:
    'The master key is lost, and no copy of it is left. Makes a new one: workspaces, people, tables and everything else stay, but no stored secret can ever be read again; each connection says so and asks for its credentials. --lost names the lost key, as a server that does not start says it. Stop the servers first. Without --yes it only says what would become unreadable.',
  options: { lost: { type: 'string' }, yes: { type: 'boolean' } },
  run: async (deps, { lost, yes }) => {
    const { system } = deps.db;
    const store = masterKeyStore(system);
    const needed = (await store.canary())?.sealed.split('.')[1];
    if (needed === undefined)
      throw new StartRefused(
        'The database is under no master key yet: the first start of the server makes one.',
      );
    const isBegun = lost !== undefined && lost !== needed;
    const keys = await openMasterKeys(masterKeySettings(deps.config));
    if (isBegun) return goOn(deps, keys, needed, lost);
    if ((await keys.byId(needed)) !== null)
      throw new StartRefused(
        `The master key ${needed} is here and is the right one. Nothing is lost, and nothing was changed.`,
      );
    const holding = (await store.servers()).filter(({ masterKeyIds }) => masterKeyIds.includes(needed));
    if (holding.length > 0)
      throw new StartRefused(
        `A server that runs holds the master key ${needed}: as long as it runs, connections work. Nothing was changed. Look for the key in your backups first; where there is none, note what is needed, stop all servers, and give this command again.`,
      );
    const count = await countUnder(deps, needed);
    if (lost === undefined || yes === undefined)
      return {
        text: `The database needs the master key ${needed}, which is not here. Recovering makes ${count} stored records unreadable for good. Nothing was changed. If no copy of the key is left anywhere:\n  key recover --lost ${needed} --yes`,
        code: 1,
      };
    const next = await newKey(deps, keys.held()[0] ?? null);
    await recover({ store }, next);
    const marked = await markAll(deps, needed);
    return recovered(deps, next, needed, count, marked);
  },
};

/** It was cut off after the key had been replaced: what is left is to tell the connections. */
async function goOn(
  deps: OperatorDeps,
  keys: Awaited<ReturnType<typeof openMasterKeys>>,
  present: string,
  lost: string,
): Promise<string> {
  const isKnown = (await dataKeyFacts(deps.db.system)).some(({ masterKeyId }) => masterKeyId === lost);
  const next = await keys.byId(present);
  if (!isKnown || next === null)
    throw new StartRefused(`The database needs the master key ${present}, not ${lost}. Nothing was changed.`);
  const marked = await markAll(deps, lost);
  return recovered(deps, next, lost, await countUnder(deps, lost), marked);
}

/** What `KEYRAIL_MASTER_KEY` gives; else a new file. One that holds another key is put aside, not overwritten. */
async function newKey({ config }: OperatorDeps, given: MasterKey | null): Promise<MasterKey> {
  if (config.masterKey !== null && given !== null) return given;
  const present = await readKeyFile(config.masterKeyFile);
  if (present !== null) await setAsideKeyFile(config.masterKeyFile, present.id);
  await makeKeyFile(config.masterKeyFile);
  const made = await readKeyFile(config.masterKeyFile);
  if (made === null) throw new StartRefused(`The file ${config.masterKeyFile} was made and is gone again.`);
  return made;
}

async function lostKeys({ db }: OperatorDeps, masterKeyId: string): Promise<string[]> {
  const facts = await dataKeyFacts(db.system);
  return facts.filter((key) => key.masterKeyId === masterKeyId).map(({ id }) => id);
}

async function countUnder(deps: OperatorDeps, masterKeyId: string): Promise<number> {
  const ids = await lostKeys(deps, masterKeyId);
  const counts = await Promise.all(allSealedRecords(deps.db).map((kind) => kind.count()));
  return counts.reduce((sum, byKey) => sum + ids.reduce((more, id) => more + (byKey.get(id) ?? 0), 0), 0);
}

const AT_ONCE = 500;

async function markAll(deps: OperatorDeps, masterKeyId: string): Promise<number> {
  const { db, clock } = deps;
  const ids = await lostKeys(deps, masterKeyId);
  let marked = 0;
  for (;;) {
    const found = await unmarkedUnder(db.system, ids, AT_ONCE);
    if (found.length === 0) return marked;
    for (const { workspaceId, connectionId, version } of found)
      await reportDamaged({ transact: db.transact, clock }, workspaceId, connectionId, version, 'key_lost');
    marked += found.length;
  }
}

function recovered(
  { config }: OperatorDeps,
  next: MasterKey,
  lost: string,
  count: number,
  marked: number,
): string {
  const where = config.masterKey === null ? config.masterKeyFile : 'KEYRAIL_MASTER_KEY';
  return [
    `The database is under the new master key ${next.id} (${where}). Back it up, apart from the data.`,
    `Records that cannot be read: ${count}. Credentials of connections that ask for new ones: ${marked}.`,
    'Sign-in setups and addresses of notification channels must be entered again, too.',
    `Should the lost key be found, put it beside the key file as ${config.masterKeyFile}.${lost}: what is stored under it opens again.`,
  ].join('\n');
}
