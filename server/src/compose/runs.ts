import type { Catalogs } from '../catalog/catalogs.ts';
import type { ComposeDeps } from '../compose.ts';
import type { Connections } from '../connections/connections.ts';
import type { Listener } from '../db/listen.ts';
import type { Instance } from '../instance/instance.ts';
import { AppError } from '../lib/app-error.ts';
import { newId } from '../lib/id.ts';
import type { Transact } from '../lib/tx.ts';
import type { RunningOutbound } from '../outbound/outbound.ts';
import { RUN_DECIDED } from '../runs/announce.ts';
import { createExecutor, type Executor } from '../runs/executor.ts';
import { createFairSlots } from '../runs/fair-slots.ts';
import { createRuns, type Runs } from '../runs/runs.ts';
import { runSettings } from '../runs/settings.ts';
import { cellsSource } from '../runs/store/cell-view-store.ts';
import { dueRuns } from '../runs/store/lease-store.ts';
import { createRunWatch, type RunWatch } from '../runs/watch.ts';
import { rowAccess } from '../tables/tables.ts';
import { useRight } from '../workspaces/use-right.ts';

/** Runs, and whoever looks at them. */
export interface Work {
  runs: Runs;
  watch: RunWatch;
  executor: Executor;
  stop(): Promise<void>;
}

export async function composeRuns(
  { config, db, clock, log, instance }: Pick<ComposeDeps, 'config' | 'db' | 'clock' | 'log' | 'instance'>,
  transact: Transact,
  catalogs: Catalogs,
  outbound: RunningOutbound,
  connections: Connections,
  listener: Listener,
): Promise<Work> {
  const settings = runSettings(config);
  const shared = {
    tables: rowAccess({ cells: cellsSource }),
    catalogs,
    connections,
    actions: { outbound: patient(outbound, instance), clock },
    clock,
  };
  const executor = createExecutor({
    ...shared,
    transact: db.transact,
    log,
    owner: newId('proc'),
    slots: createFairSlots(settings.callsPerProcess, settings.callsPerRun),
    dueRuns: async (limit) => (instance.isQuarantined() ? [] : dueRuns(db.system, limit)),
    drainMs: config.drainTimeoutSeconds * 1000,
    leaseMs: settings.leaseMs,
    sweepMs: settings.sweepMs,
    patienceMs: settings.patienceMs,
    rights: { useRight: (tx, workspaceId, maker) => useRight({ clock }, tx, workspaceId, maker) },
  });
  const watch = await createRunWatch({ transact: db.transact, clock, listener });
  const stopHeeding = await listener.listen(RUN_DECIDED, executor.heed);
  const stop = async () => {
    await Promise.all([watch.stop(), stopHeeding()]);
  };
  return { runs: createRuns({ ...shared, transact, executor }), watch, executor, stop };
}

/** How soon a cell asks again whether calls may leave. */
const PAUSED_SECONDS = 5;

/** While nothing may leave this server, cells wait as they do for a tool that is busy: none of them fails for it. */
function patient(outbound: RunningOutbound, instance: Pick<Instance, 'mayLeave'>): RunningOutbound {
  return {
    ...outbound,
    call: async (call) => {
      try {
        await instance.mayLeave();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        return { kind: 'rate_limited', retryAfterSeconds: PAUSED_SECONDS, answer: null };
      }
      return outbound.call(call);
    },
  };
}
