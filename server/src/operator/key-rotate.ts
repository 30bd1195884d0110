import { enqueueReencryption } from '../compose/vault.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { makeKeyFile, nextKeyFile, promoteNextKey, readKeyFile } from '../vault/key-file.ts';
import { type MasterKey, parseMasterKey } from '../vault/master-key.ts';
import { rotateDataKey } from '../vault/rotate-data.ts';
import { type MasterRotation, rotateMaster } from '../vault/rotate-master.ts';
import { dataKeyFacts, masterKeyStore, tell } from '../vault/rotation-store.ts';
import { dataKeyStore } from '../vault/store.ts';
import type { Vault } from '../vault/unlock.ts';
import type { OperatorCommand, OperatorDeps } from './command.ts';
import { openVault } from './key.ts';

export const keyRotateMaster: OperatorCommand = {
  words: ['key', 'rotate', 'master'],
  usage: 'key rotate master',
  about:
    'Puts a new master key in place of the present one, while servers run. With a key file the new key is made beside it and takes its place. With KEYRAIL_MASTER_KEY, give every server the new one as KEYRAIL_MASTER_KEY_NEXT first; the command says each step. Nothing is changed unless every server that runs holds both. Cut off, it is given again.',
  options: {},
  run: async (deps) => {
    const vault = await openVault(deps);
    const { next, isInFile } = await nextKey(deps, vault);
    const { clock, db } = deps;
    const outcome = await rotateMaster(
      { store: masterKeyStore(db.system), masterKeys: await opened(deps), sleep: (ms) => clock.sleep(ms) },
      next,
    );
    if (outcome.kind === 'not_everywhere') return { text: notEverywhere(deps, outcome, next), code: 1 };
    const { keptAs } = isInFile ? await promoteNextKey(deps.config.masterKeyFile) : { keptAs: null };
    return rotated(deps, outcome, next, isInFile ? { keptAs } : null);
  },
};

/** Opened anew: the next key may have been made since. */
async function opened(deps: OperatorDeps): Promise<Vault['masterKeys']> {
  return (await openVault(deps)).masterKeys;
}

/** Whichever there is already goes on being the next one: a command that was cut off makes no third. */
async function nextKey(
  { config }: OperatorDeps,
  vault: Vault,
): Promise<{ next: MasterKey; isInFile: boolean }> {
  if (config.masterKeyNext !== null)
    return {
      next: parseMasterKey(config.masterKeyNext.reveal(), 'KEYRAIL_MASTER_KEY_NEXT'),
      isInFile: false,
    };
  if (config.masterKey !== null) throw new StartRefused(stepsWithSetting(vault.id));
  const path = nextKeyFile(config.masterKeyFile);
  await makeKeyFile(path);
  const next = await readKeyFile(path);
  if (next === null) throw new StartRefused(`The file ${path} was made and is gone again.`);
  return { next, isInFile: true };
}

function stepsWithSetting(id: string): string {
  return `The master key ${id} is given by KEYRAIL_MASTER_KEY, so the new one must come the same way. Nothing was changed. In this order:
  1. Make a new key and keep it safe:  openssl rand -base64 32
  2. Set it as KEYRAIL_MASTER_KEY_NEXT, beside KEYRAIL_MASTER_KEY, for every server, and restart them one after the other.
  3. Give this command again, with both set.
  4. Then set KEYRAIL_MASTER_KEY to the new key, unset KEYRAIL_MASTER_KEY_NEXT, and restart them once more.`;
}

function notEverywhere(
  { config }: OperatorDeps,
  { without }: Extract<MasterRotation, { kind: 'not_everywhere' }>,
  next: MasterKey,
): string {
  const file = nextKeyFile(config.masterKeyFile);
  const servers = without.map(({ pid, address, masterKeyIds }) => {
    const has = masterKeyIds.filter((id) => id !== '').join(' and ') || 'none it names';
    return `  at ${address ?? 'this machine'} (database connection ${pid}); its keys: ${has}`;
  });
  const remedy =
    config.masterKeyNext !== null || config.masterKey !== null
      ? 'Set KEYRAIL_MASTER_KEY_NEXT for them, restart them, and give this command again.'
      : `On another machine, put a copy of ${file} beside its key file, readable by its owner alone; a server that has its key in KEYRAIL_MASTER_KEY is restarted with this one in KEYRAIL_MASTER_KEY_NEXT. Then give this command again.`;
  return `Nothing was changed: servers that run do not hold the new master key ${next.id}.\n${servers.join('\n')}\n${remedy}`;
}

function rotated(
  { config }: OperatorDeps,
  outcome: Exclude<MasterRotation, { kind: 'not_everywhere' }>,
  next: MasterKey,
  file: { keptAs: string | null } | null,
): string {
  const lines = [`The database is under the master key ${next.id}.`];
  if (outcome.kind === 'was_rotated') lines.push('It was already; what was left to do is done.');
  else lines.push(`It was ${outcome.from} before. Data keys wrapped anew: ${outcome.dataKeys}.`);
  if (outcome.kind === 'rotated' && outcome.left > 0)
    lines.push(`Data keys whose own master key is lost, and that stay as they are: ${outcome.left}.`);
  if (file === null) {
    const where = config.masterKey === null ? `the key file ${config.masterKeyFile}` : 'KEYRAIL_MASTER_KEY';
    lines.push(
      `Servers go on with both keys. Now put the new key into ${where}, unset KEYRAIL_MASTER_KEY_NEXT, and restart them one after the other.`,
    );
  } else {
    lines.push(`The new key is at ${config.masterKeyFile}. Back it up, apart from the data.`);
    if (file.keptAs !== null) lines.push(`The old one is kept at ${file.keptAs}.`);
  }
  lines.push(
    'Nothing in the database needs the old key any more. Backups made before now do: keep it as long as you keep them.',
  );
  return lines.join('\n');
}

export const keyRotateData: OperatorCommand = {
  words: ['key', 'rotate', 'data'],
  usage: 'key rotate data (--workspace ID | --all)',
  about:
    'Gives one workspace, or all of them and the operator, a new data key. What is saved from then on is encrypted with it; what is stored is encrypted again by the servers in the background, readable throughout. "key status" says how far that is. An old key is destroyed thirty days after nothing needed it.',
  options: { workspace: { type: 'string' }, all: { type: 'boolean' } },
  run: async (deps, { workspace, all }) => {
    if ((workspace === undefined) === (all === undefined))
      throw new StartRefused(
        `Say which: --workspace ID, or --all.\nIt is used like this: ${keyRotateData.usage}`,
      );
    const { masterKeys } = await openVault(deps);
    const { system } = deps.db;
    const known = [...new Set((await dataKeyFacts(system)).map(({ workspaceId }) => workspaceId))];
    const ids = workspace === undefined ? known : known.filter((id) => id === workspace);
    if (workspace !== undefined && ids.length === 0)
      throw new StartRefused(
        `No workspace "${workspace}" has a data key. "key status" lists those that have.`,
      );
    let count = 0;
    for (const id of ids) {
      if (!(await rotateDataKey({ store: dataKeyStore(system), masterKeys }, id))) continue;
      await enqueueReencryption(system, [id]);
      await tell(system, id);
      count += 1;
    }
    if (count === 0) return 'No workspace has a data key yet: nothing is stored that needs one.';
    return `New data keys: ${count}. Servers encrypt again in the background what is stored; "key status" says how far they are.`;
  },
};
