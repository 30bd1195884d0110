import { z } from 'zod';
import type { ComposeDeps } from '../compose.ts';
import type { Connections } from '../connections/connections.ts';
import { endAccess } from '../connections/end-workspace.ts';
import type { NotWithdrawn } from '../connections/withdrawals/end-store.ts';
import { deleteWorkspaceRows } from '../db/workspace-rows.ts';
import { type Job, type JobContext, type JobOutcome, type Task, task } from '../jobs/job.ts';
import { enqueue } from '../jobs/queue.ts';
import { destroyKeys } from '../vault/erase-store.ts';
import { closeWorkspace } from '../workspaces/delete-workspace.ts';
import type { Who } from '../workspaces/who.ts';

const payload = z.strictObject({ workspace_id: z.string() });

/** What is left of a workspace that is being deleted. It goes on wherever it was. */
export const workspaceErase: Job<z.infer<typeof payload>> = { name: 'workspaces.erase', payload };

type Deps = Pick<ComposeDeps, 'db' | 'clock' | 'log' | 'instance'> & {
  connections: Pick<Connections, 'withdrawals' | 'forget'>;
};

export interface WorkspaceDeletion {
  deleteWorkspace(who: Who, typedName: string): Promise<NotWithdrawn[]>;
  tasks: Task[];
}

/** How long providers are told before the keys go, and whoever deletes the workspace waits. */
const TELL_MS = 10_000;
/** Should this process die before it has destroyed the keys, another does so. */
const TAKE_OVER_MS = 30_000;
const ROWS_AT_ONCE = 1_000;

/**
 * A workspace is deleted in steps, each of which stays done:
 *
 *   closed: nobody is in it any more, and a job will end what is begun      one transaction
 *   access that people signed in for is withdrawn, for ten seconds          what the tools did not confirm is said
 *   its data keys are destroyed                                             from here on nothing secret of it opens
 *   its rows go, in small steps                                             the job, by whichever process has time
 */
export function composeWorkspaceDeletion(deps: Deps): WorkspaceDeletion {
  const { db, clock, log } = deps;
  return {
    deleteWorkspace: async (who, typedName) => {
      const { workspaceId, label } = who;
      const { name } = await closeWorkspace({ transact: db.transact, clock }, who, typedName, (tx) =>
        enqueue(tx, workspaceErase, { workspace_id: workspaceId }, jobOf(workspaceId, later(clock.now()))),
      );
      log.warn({ workspaceId, name, by: label, userId: who.userId }, 'a workspace is being deleted');
      const left = await erase(deps, workspaceId);
      await db.transact(workspaceId, (tx) =>
        enqueue(tx, workspaceErase, { workspace_id: workspaceId }, jobOf(workspaceId, clock.now())),
      );
      return left;
    },
    tasks: [task(workspaceErase, ({ workspace_id: id }, context) => eraseRows(deps, id, context))],
  };
}

function jobOf(workspaceId: string, runAt: Date) {
  return { key: `${workspaceErase.name}:${workspaceId}`, runAt };
}

function later(now: Date): Date {
  return new Date(now.getTime() + TAKE_OVER_MS);
}

async function erase(deps: Deps, workspaceId: string): Promise<NotWithdrawn[]> {
  const { db, clock, log, instance, connections } = deps;
  const forMs = instance.isQuarantined() ? 0 : TELL_MS;
  const { withdrawals } = connections;
  // Whatever goes wrong there, the keys go.
  const left = await endAccess({ transact: db.transact, clock, withdrawals }, workspaceId, forMs).catch(
    (error: unknown) => {
      log.warn({ err: error, workspaceId }, 'access of a deleted workspace could not be withdrawn');
      return [];
    },
  );
  await destroyKeys(db.system, workspaceId);
  connections.forget(workspaceId);
  const tools = left.map(({ integration, accountName }) => ({ integration, accountName }));
  log.warn({ workspaceId, notWithdrawn: tools }, 'the data keys of a deleted workspace are destroyed');
  return left;
}

async function eraseRows(deps: Deps, workspaceId: string, { stopping }: JobContext): Promise<JobOutcome> {
  const { system } = deps.db;
  const workspace = await system
    .selectFrom('workspaces')
    .leftJoin('data_keys', 'data_keys.workspace_id', 'workspaces.id')
    .select(['workspaces.deleting_at', 'data_keys.id as key_id'])
    .where('workspaces.id', '=', workspaceId)
    .executeTakeFirst();
  if (workspace?.deleting_at == null) return 'done';
  if (workspace.key_id !== null) await erase(deps, workspaceId);
  const isStopped = () => stopping.aborted;
  const isDone = await deleteWorkspaceRows(system, workspaceId, { atOnce: ROWS_AT_ONCE, isStopped });
  if (isDone) deps.log.warn({ workspaceId }, 'a workspace is deleted');
  return isDone ? 'done' : 'again';
}
