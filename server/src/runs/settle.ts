import type { ActionOutcome, Explanation, Trace } from '../actions/outcome.ts';
import type { CellTrace, SettledCell } from './cell.ts';
import type { SettledState } from './run.ts';

/** Outcomes after which a cell has its result, or waits for somebody. */
export type Settling = Exclude<ActionOutcome, { kind: 'later' | 'pending' | 'cancelled' }>;

/** What a cell becomes by what its action came to. */
export function settledCell(rowId: string, outcome: Settling, poll: SettledCell['poll']): SettledCell {
  return {
    rowId,
    state: stateOf(outcome),
    value: outcome.kind === 'done' ? outcome.primary : null,
    outputs: 'outputs' in outcome ? outcome.outputs : null,
    message: 'message' in outcome ? outcome.message : null,
    detail: traceOf('trace' in outcome ? outcome.trace : null, outcome),
    body: 'trace' in outcome ? outcome.trace.body : null,
    poll: isUnderWay(outcome) ? poll : null,
  };
}

/**
 * A job is not forgotten because its answer could not be fetched. Where the answer was there, and says that the job itself ended for
 * want of credits, it is sent anew after the top-up: asked for again, it would say the same for ever.
 */
function isUnderWay(outcome: Settling): boolean {
  if (outcome.kind === 'out_of_credits') return (outcome.trace.status ?? 0) >= 300;
  return outcome.kind === 'connection_broken' || outcome.kind === 'unknown';
}

function stateOf(outcome: Settling): SettledState {
  switch (outcome.kind) {
    case 'done':
      return [outcome.primary, ...Object.values(outcome.outputs)].every((value) => value === null)
        ? 'no_result'
        : 'done';
    case 'no_result':
    case 'skipped':
    case 'error':
    case 'unknown':
    case 'out_of_credits':
      return outcome.kind;
    case 'connection_missing':
      return 'error';
    case 'connection_broken':
      return 'waiting_for_connection';
  }
}

export function traceOf(trace: Trace | null, explanation: object): CellTrace {
  const { nextStep, providerMessage } = explanation as Partial<Explanation>;
  return {
    next_step: nextStep ?? null,
    provider_message: providerMessage ?? null,
    connection_id: trace?.connectionId ?? null,
    request: trace?.request ?? null,
    response_status: trace?.status ?? null,
    duration_ms: trace?.durationMs ?? null,
  };
}

/** Whether something was sent for it, which is what the cap of a run counts. */
export function wasCalled(outcome: ActionOutcome): boolean {
  return 'trace' in outcome && outcome.trace.request !== null && outcome.kind !== 'later';
}
