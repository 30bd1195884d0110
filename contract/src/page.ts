import { z } from 'zod';

/** What every list takes: `limit` items from where `cursor` (a `next_cursor` of the answer before) stands. */
export const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
});

/** What every list answers; `next_cursor` is null on the last page. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable() });

export interface Page<Item> {
  data: Item[];
  next_cursor: string | null;
}

/** A moment, as an ISO 8601 string in UTC. */
export const timestamp = z.iso.datetime({ error: 'Write a time in UTC, such as 2026-11-23T12:00:00Z.' });
