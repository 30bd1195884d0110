import { instanceDeps } from '../compose/instance.ts';
import { everyWorkspace } from '../connections/copy-store.ts';
import { endSignInsAsCopy } from '../connections/end-as-copy.ts';
import { type Standing, standingSeen } from '../instance/instance.ts';
import { whatToDecide, whyQuarantined } from '../instance/words.ts';
import { newId } from '../lib/id.ts';
import { StartRefused } from '../lib/start-refused.ts';
import { pauseAllChannels } from '../notices/pause-all-store.ts';
import { createAuthorizationLookup } from '../oauth/authorization-store.ts';
import { pauseAllRuns } from '../runs/store/pause-all-store.ts';
import type { OperatorCommand, OperatorDeps } from './command.ts';

export const instanceStatus: OperatorCommand = {
  words: ['instance', 'status'],
  usage: 'instance status',
  about:
    'Says which instance the database is, and whether a server on this machine works or pauses, and why.',
  options: {},
  run: async (deps) => {
    const { standing, file } = await seen(deps);
    if (standing.kind === 'confirmed') {
      return `Instance ${standing.id}. Confirmed: a server on this machine works.\nIts word for that: ${file}`;
    }
    const { because, id } = standing;
    const why = whyQuarantined(because, id, deps.config.instanceId);
    return `Instance ${id}. QUARANTINE: a server on this machine pauses.\n${why}\n${whatToDecide(because, id)}`;
  },
};

export const instanceKeep: OperatorCommand = {
  words: ['instance', 'keep'],
  usage: 'instance keep',
  about:
    'Says that this database is the original: moved, restored in its own place, or used from a new machine. Servers that run on it go on within seconds. No other Keyrail may work on a copy of the same data as the original.',
  options: {},
  run: async (deps) => {
    const { standing, place, parts } = await seen(deps);
    refuseOtherSetting(deps, standing);
    await parts.store.decide(standing.id, place);
    return `This database is the original, instance ${standing.id}.${await noted(parts, standing.id)}`;
  },
};

const COPY = 'instance copy [--of ID]';

export const instanceCopy: OperatorCommand = {
  words: ['instance', 'copy'],
  usage: COPY,
  about:
    'Says that this database is a copy beside its original. It gets an id of its own; whatever people signed in for is destroyed here, without a word to the providers, so that the original keeps it; sign-ins under way end; runs that are not over are paused, and so are webhooks and other ways by which people are told. API keys, certificates, service accounts and sign-in setups stay, and act on the same accounts as the original does. A database that is not in quarantine is made a copy only where --of names its present id.',
  options: { of: { type: 'string' } },
  run: async (deps, values) => {
    const { standing, place, parts } = await seen(deps);
    refuseOriginal(standing, values.of);
    const ended = await endWhatIsShared(deps);
    const id = newId<string>('ins');
    // Last: a command that was cut off is given again, and finds less to do.
    await parts.store.decide(id, place);
    return [
      `This database is a copy, with an id of its own: ${id}.${await noted(parts, id)}`,
      `Connections that must sign in again here: ${ended.connections}. Runs that were paused: ${ended.runs}.`,
      `Webhooks and other channels for notices that were paused: ${ended.channels}.`,
      'API keys, certificates and service accounts still work here, on the same accounts as those of the original. Replace or disconnect those that this server must not use.',
      ...(deps.config.instanceId === null ? [] : [`Set KEYRAIL_INSTANCE_ID to ${id}.`]),
    ].join('\n');
  },
};

async function seen({ config, db }: OperatorDeps) {
  const parts = instanceDeps(config, db);
  const found = await standingSeen(parts);
  if (found === null) {
    throw new StartRefused(
      'The database has no instance id yet: the first start of the server gives it one.',
    );
  }
  return {
    ...found,
    parts,
    file: config.instanceId === null ? parts.file.path(found.standing.id) : 'KEYRAIL_INSTANCE_ID',
  };
}

function refuseOtherSetting({ config }: OperatorDeps, { id }: Standing): void {
  if (config.instanceId === null || config.instanceId === id) return;
  throw new StartRefused(
    `KEYRAIL_INSTANCE_ID is ${config.instanceId}, but the database is instance ${id}. ${whatToDecide('other_instance', id)}`,
  );
}

/** Nothing brings destroyed sign-ins back: said of the original by mistake, everybody would have to sign in again. */
function refuseOriginal(standing: Standing, named: string | undefined): void {
  if (named === standing.id || (named === undefined && standing.kind === 'quarantined')) return;
  throw new StartRefused(
    named === undefined
      ? `This database is not in quarantine: it counts as the original, and its sign-ins would be destroyed. If it is a copy all the same: instance copy --of ${standing.id}`
      : `This database is instance ${standing.id}, not ${named}. Nothing was changed.`,
  );
}

async function endWhatIsShared({
  db,
  clock,
}: OperatorDeps): Promise<{ connections: number; runs: number; channels: number }> {
  let connections = 0;
  for (const workspaceId of await everyWorkspace(db.system)) {
    connections += await endSignInsAsCopy({ transact: db.transact, clock }, workspaceId);
  }
  await createAuthorizationLookup(db.system).forget(new Date(clock.now().getTime() + 86_400_000));
  const runs = await pauseAllRuns(db.system);
  return { connections, runs, channels: await pauseAllChannels(db.system) };
}

async function noted({ file, setting }: ReturnType<typeof instanceDeps>, id: string): Promise<string> {
  if (setting !== null || (await file.write(id))) return '';
  return ` This machine cannot note that (${file.path(id)}): set KEYRAIL_INSTANCE_ID=${id} for its servers.`;
}
