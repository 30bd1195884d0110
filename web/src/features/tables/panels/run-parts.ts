import type { CellCounts, Run } from '@keyrail/contract/runs';
import type { BarPart } from '../../../ui/bar.tsx';

const order: { key: keyof CellCounts; tone: BarPart['tone']; words: string }[] = [
  { key: 'done', tone: 'green', words: 'Done' },
  { key: 'no_result', tone: 'grey', words: 'No result' },
  { key: 'skipped', tone: 'faint', words: 'Skipped' },
  { key: 'error', tone: 'red', words: 'Error' },
  { key: 'unknown', tone: 'amber', words: 'Unknown: check' },
  { key: 'waiting_for_connection', tone: 'amber', words: 'Waiting for the connection' },
  { key: 'out_of_credits', tone: 'amber', words: 'Out of credits' },
  { key: 'over_budget', tone: 'amber', words: 'Spending limit reached' },
  { key: 'running', tone: 'accent', words: 'Running' },
  { key: 'queued', tone: 'empty', words: 'Queued' },
];

/** The rows of a run by state, in the order of the bar; those still queued end it, in the colour of its empty part. */
export function partsOf(run: Run): BarPart[] {
  return order
    .map(({ key, tone, words }) => ({ key, tone, words, value: run.counts[key] }))
    .filter((part) => part.value > 0);
}
