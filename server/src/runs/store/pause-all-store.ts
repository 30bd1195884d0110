import { sql } from 'kysely';
import type { Queries } from '../../db/open.ts';

/** Every run of every workspace that is not over waits for a person to resume it. For a time when none is being worked on. */
export async function pauseAllRuns(system: Queries): Promise<number> {
  const { numAffectedRows } = await sql`
    update runs set state = 'paused', message = null
    where state in ('queued', 'running', 'waiting')`.execute(system);
  return Number(numAffectedRows ?? 0);
}
