import type { Poll } from '../catalog/definition/action-definition.ts';
import type { ActionOutcome, PollState, Trace } from './outcome.ts';
import type { PreparedAction } from './prepare.ts';
import type { SettleContext } from './settle.ts';

/** A job was submitted: from now on its id is asked for. */
export function pollJob(poll: Poll, jobId: string, context: SettleContext, trace: Trace): ActionOutcome {
  const giveUpAt = context.now.getTime() + poll.giveUpSeconds * 1000;
  const state: PollState = { kind: 'job', jobId, giveUpAt, inputs: context.fingerprint() };
  return { kind: 'pending', poll: state, afterSeconds: poll.firstWaitSeconds, trace };
}

/** The answer said "not yet": the same is asked again, until the limit of the file is reached. */
export function askAgain(
  prepared: PreparedAction,
  { poll, isJobPoll, fingerprint, now }: SettleContext,
  wantedSeconds: number | null,
  trace: Trace,
): ActionOutcome {
  const { action } = prepared;
  const every = isJobPoll ? action.poll?.everySeconds : action.askAgain?.everySeconds;
  const giveUpSeconds = action.askAgain?.giveUpSeconds ?? 60;
  const state: PollState = poll ?? {
    kind: 'ask_again',
    jobId: '',
    giveUpAt: now.getTime() + giveUpSeconds * 1000,
    inputs: fingerprint(),
  };
  const afterSeconds = Math.max(wantedSeconds ?? 0, every ?? 5);
  if (now.getTime() + afterSeconds * 1000 > state.giveUpAt) return givenUp(prepared, state, trace);
  return { kind: 'pending', poll: state, afterSeconds, trace };
}

/** A question after a job got no proper answer. The job goes on meanwhile: it is asked for again, not submitted. */
export function afterLostPoll(
  prepared: PreparedAction,
  poll: PollState,
  failed: ActionOutcome,
  now: Date,
): ActionOutcome {
  if (failed.kind !== 'error' && failed.kind !== 'later') return failed;
  const every = prepared.action.poll?.everySeconds ?? 5;
  const afterSeconds = failed.kind === 'later' ? Math.max(failed.afterSeconds, every) : every;
  if (failed.kind === 'later') {
    // The wait a tool asks for may be longer than all the time of a job, which is done meanwhile: it is asked for once more after it.
    const isOver = failed.trace.status !== null && now.getTime() >= poll.giveUpAt;
    if (isOver)
      return givenUp(prepared, poll, failed.trace, 'asked to slow down until the time for this job was over');
  } else if (now.getTime() + afterSeconds * 1000 > poll.giveUpAt)
    return givenUp(prepared, poll, failed.trace);
  return { kind: 'pending', poll, afterSeconds, trace: failed.trace };
}

function givenUp(
  { definition }: PreparedAction,
  poll: PollState,
  trace: Trace,
  because = 'had not finished this job in the time given for it',
): ActionOutcome {
  const { name } = definition;
  if (poll.kind === 'ask_again') {
    const message = `${name} was still looking for it when the time for it was over.`;
    return { kind: 'error', trace, message, nextStep: 'Run the cell again later.', providerMessage: null };
  }
  const message = `${name} ${because}.`;
  return { kind: 'unknown', trace, message, nextStep: askedOnceMore(name), providerMessage: null };
}

/** What running such a cell again does, as its job is remembered: it may cost, or have been done. */
function askedOnceMore(name: string): string {
  return `"Run again" asks ${name} for this same job once more and starts no new one. To start a new one, run the column with "Every row again".`;
}
