import { missingConnection } from '../actions/execute.ts';
import { findAction, type PrepareDeps, prepareAction } from '../actions/prepare.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Connections } from '../connections/connections.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import { isWithin } from './bounds.ts';
import type { Footing } from './drive-state.ts';
import { type RunRights, whyStopped } from './rights.ts';
import type { Run } from './run.ts';

export interface FootingDeps extends PrepareDeps {
  transact: Transact;
  connections: Pick<Connections, 'credentialSource' | 'resolve'>;
}

export interface RunFootingDeps extends FootingDeps {
  rights: RunRights;
}

/** What a run stands on right now: first of all the right of whoever started it. */
export async function findRunFooting(deps: RunFootingDeps, run: Run): Promise<Footing> {
  const catalog = await deps.catalogs.of(run.workspaceId);
  return deps.transact(run.workspaceId, async (tx) => {
    const message = await whyStopped(deps.rights, tx, run);
    return message === null ? footingWithin(deps, catalog, tx, run) : { kind: 'stopped', message };
  });
}

/** What the run's action can be made with right now. The default connection may be another one than a second ago. */
export async function findFooting(deps: FootingDeps, asked: Asked): Promise<Footing> {
  const catalog = await deps.catalogs.of(asked.workspaceId);
  return deps.transact(asked.workspaceId, (tx) => footingWithin(deps, catalog, tx, asked));
}

type Asked = Pick<Run, 'workspaceId' | 'action' | 'allowedConnectionIds'>;

async function footingWithin(
  deps: FootingDeps,
  catalog: Pick<Catalog, 'get'>,
  tx: Tx,
  run: Asked,
): Promise<Footing> {
  const { integration, action, connection_id: connectionId } = run.action;
  const found = findAction(catalog, integration, action);
  if (found.kind === 'unknown_action') return { kind: 'impossible', message: found.message };
  const resolved = await deps.connections.resolve(tx, run.workspaceId, { integration, connectionId });
  if (found.kind === 'unknown_integration')
    return { kind: resolved.kind === 'missing' ? 'impossible' : 'broken', message: found.message };
  const { name } = found.definition;
  if (resolved.kind === 'missing') return { ...missingConnection(name), kind: 'missing' };
  if (!isWithin(run.allowedConnectionIds, resolved)) {
    const message = `The token that started this run may not use this connection to ${name}.`;
    return { kind: 'missing', message, nextStep: 'Start the run with another token.' };
  }
  if (resolved.kind === 'broken') return { kind: 'broken', message: resolved.reason };
  const prepared = prepareAction(deps, run.workspaceId, found, resolved);
  if (typeof prepared === 'string')
    return { kind: 'missing', message: prepared, nextStep: `Look at the connection to ${name}.` };
  return { kind: 'ready', prepared };
}
