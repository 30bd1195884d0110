import type { Page } from '@keyrail/contract/page';
import type { z } from 'zod';
import { decodeCursor, encodeCursor } from '../lib/cursor.ts';

/**
 * One page of a list whose place is one value (an id, mostly). Reads one item more than asked for: whether it is there
 * says if there is a next page.
 */
export async function pageFrom<Item, Place, Shown>(
  query: { limit: number; cursor?: string | undefined },
  placeShape: z.ZodType<Place>,
  read: (page: { limit: number; after: Place | null }) => Promise<Item[]>,
  placeOf: (item: Item) => Place,
  present: (item: Item) => Shown,
): Promise<Page<Shown>> {
  const after = query.cursor === undefined ? null : decodeCursor(placeShape, query.cursor);
  const items = await read({ limit: query.limit + 1, after });
  const shown = items.slice(0, query.limit);
  const last = shown.at(-1);
  const isMore = items.length > query.limit && last !== undefined;
  return { data: shown.map(present), next_cursor: isMore ? encodeCursor(placeOf(last)) : null };
}
