import { missingConnection } from '../actions/execute.ts';
import { findAction, type PrepareDeps, prepareAction } from '../actions/prepare.ts';
import type { Connections } from '../connections/connections.ts';
import type { Transact } from '../lib/tx.ts';
import type { Footing } from './drive-state.ts';
import type { Run } from './run.ts';

export interface FootingDeps extends PrepareDeps {
  transact: Transact;
  connections: Pick<Connections, 'credentialSource' | 'resolve'>;
}

/** What the run's action can be made with right now. The default connection may be another one than a second ago. */
export async function findFooting(
  deps: FootingDeps,
  run: Pick<Run, 'workspaceId' | 'action' | 'allowedConnectionIds'>,
): Promise<Footing> {
  const { integration, action, connection_id: connectionId } = run.action;
  const found = findAction(deps, integration, action);
  if (found.kind === 'unknown_action') return { kind: 'impossible', message: found.message };
  const { name } = found.definition;
  const resolved = await deps.transact(run.workspaceId, (tx) =>
    deps.connections.resolve(tx, run.workspaceId, { integration, connectionId }),
  );
  if (resolved.kind === 'missing') return { ...missingConnection(name), kind: 'missing' };
  if (resolved.kind === 'broken') return { kind: 'broken', message: resolved.reason };
  if (run.allowedConnectionIds !== null && !run.allowedConnectionIds.includes(resolved.connection.id)) {
    const message = `The token that started this run may not use this connection to ${name}.`;
    return { kind: 'missing', message, nextStep: 'Start the run with another token.' };
  }
  const prepared = prepareAction(deps, run.workspaceId, found, resolved);
  if (typeof prepared === 'string')
    return { kind: 'missing', message: prepared, nextStep: `Look at the connection to ${name}.` };
  return { kind: 'ready', prepared };
}
