import {
  connectionCheck,
  connectionsSweep,
  expiriesSweep,
  expiryTell,
  setupWorksAgain,
  withdrawalsSweep,
  withdrawalTell,
} from '../connections/announce.ts';
import type { Connections } from '../connections/connections.ts';
import type { SignIns } from '../connections/sign-in/sign-ins.ts';
import { type Task, task } from '../jobs/job.ts';
import type { Periodic } from '../jobs/schedule.ts';
import type { Transact } from '../lib/tx.ts';
import { noticesSweep } from '../notices/announce.ts';
import type { Notices } from '../notices/notices.ts';
import { authorizationsSweep } from '../oauth/sweep.ts';
import type { Executor } from '../runs/executor.ts';
import { runTasks } from '../runs/runs.ts';
import { FORGET_VALUES, runForgetValues } from '../tables/forget-values.ts';
import { tokenRenew, tokenSayEnd, tokensSweep } from '../tokens/announce.ts';
import type { People } from '../workspaces/people.ts';
import { peopleSweep } from '../workspaces/sweep.ts';

const MINUTE_MS = 60_000;

interface Deps {
  transact: Transact;
  connections: Connections;
  people: People;
  signIns: SignIns;
  notices: Pick<Notices, 'sweep'>;
  executor: Executor;
}

/** What a process does when a job of its kind is due, and what is due by the clock. */
export function composeJobs(
  deps: Deps,
  more: { tasks: Task[]; periodics: Periodic[] },
): { tasks: Task[]; periodics: Periodic[] } {
  const { transact, connections, people, signIns, notices, executor } = deps;
  return {
    tasks: [
      task(connectionCheck, ({ workspace_id, connection_id }) =>
        connections.check(workspace_id, connection_id),
      ),
      task(connectionsSweep, () => connections.sweep()),
      task(withdrawalTell, ({ workspace_id, id }) => connections.withdrawals.tell(workspace_id, id)),
      task(setupWorksAgain, ({ workspace_id, integration }) =>
        connections.tryRenewalsAgain(workspace_id, integration),
      ),
      task(expiriesSweep, () => connections.sweepExpiries()),
      task(expiryTell, ({ workspace_id, id }) => connections.tellExpiry(workspace_id, id)),
      task(withdrawalsSweep, () => connections.withdrawals.sweep()),
      task(tokensSweep, () => connections.tokens.sweep()),
      task(tokenRenew, ({ generation, ...owner }) => connections.tokens.renewDue(ownerOf(owner), generation)),
      task(tokenSayEnd, (owner) => connections.tokens.sayEnd(ownerOf(owner))),
      task(noticesSweep, () => notices.sweep()),
      task(peopleSweep, () => people.sweep()),
      task(authorizationsSweep, () => signIns.sweep()),
      ...more.tasks,
      ...runTasks({ transact }, executor),
      task(FORGET_VALUES, (payload, context) => runForgetValues({ transact }, payload, context)),
    ],
    periodics: [
      { job: connectionsSweep, everyMs: MINUTE_MS },
      { job: expiriesSweep, everyMs: MINUTE_MS },
      { job: withdrawalsSweep, everyMs: MINUTE_MS / 6 },
      { job: tokensSweep, everyMs: MINUTE_MS / 2 },
      ...more.periodics,
      { job: noticesSweep, everyMs: MINUTE_MS },
      { job: peopleSweep, everyMs: 60 * MINUTE_MS },
      { job: authorizationsSweep, everyMs: 10 * MINUTE_MS },
    ],
  };
}

function ownerOf(named: { workspace_id: string; connection_id: string; credential_version: number }) {
  return {
    workspaceId: named.workspace_id,
    connectionId: named.connection_id,
    credentialVersion: named.credential_version,
  };
}
