import type { Run } from '@keyrail/contract/runs';

/** Cells of a run that are through, whichever way; those that wait for a connection or for credits are not. */
export function finishedOf({ counts }: Run): number {
  return counts.done + counts.no_result + counts.skipped + counts.error + counts.unknown + counts.over_budget;
}
