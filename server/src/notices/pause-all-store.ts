import type { Queries } from '../db/open.ts';

/** Nothing is sent to anybody until a person resumes it: the same people and servers are told by the original. */
export async function pauseAllChannels(system: Queries): Promise<number> {
  const { numUpdatedRows } = await system
    .updateTable('notice_channels')
    .set({ is_paused: true })
    .where('is_paused', '=', false)
    .executeTakeFirst();
  return Number(numUpdatedRows);
}
