import { z } from 'zod';

/** NOTIFY channel: cells of a run, or the run itself, changed. */
export const RUN_CHANGED = 'run_changed';

/** NOTIFY channel: somebody paused, resumed or cancelled a run; the payload is its id. */
export const RUN_DECIDED = 'run_decided';

/** A message holds at most 8000 bytes: so many row ids fit. */
const ROWS_AT_MOST = 200;

const message = z.object({ run: z.string(), rows: z.array(z.string()), more: z.boolean() });
export type RunChange = z.infer<typeof message>;

/** Ids alone: whoever wants to know more looks at the tables, where it is committed. */
export function runChangeText(runId: string, rowIds: readonly string[], more = false): string {
  const rows = rowIds.slice(0, ROWS_AT_MOST);
  return JSON.stringify({ run: runId, rows, more: more || rows.length < rowIds.length });
}

export function parseRunChange(text: string): RunChange | null {
  try {
    return message.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
