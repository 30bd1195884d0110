import type { Connection } from '@keyrail/contract/connections';
import type { Page as ListPage } from '@keyrail/contract/page';
import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { connectionPagesQuery } from '../../../lib/queries.ts';
import type { Saved } from '../outcome.tsx';

/** What was saved on this page last, as long as what is said of it is true. */
export function useSaved(slug: string, connections: Connection[]) {
  const [saved, setSaved] = useState<Saved | null>(null);
  const client = useQueryClient();
  const tellSaved = (next: Saved) => {
    setSaved(next);
    // The form gives way to the list at once, not when the list has been asked for again.
    client.setQueryData(connectionPagesQuery(slug).queryKey, (known) => known && withFirst(known, next));
  };
  // What is offered after a replacement follows what became of it since.
  const now = connections.find((connection) => connection.id === saved?.id);
  // Disconnected, rolled back, or replaced by somebody else: as whom it was connected is not true any more.
  const isPast =
    saved !== null &&
    now !== undefined &&
    (now.status === 'disconnected' || (now.version > saved.version && now.hint !== saved.hint));
  return { saved, now, isPast, tellSaved, forget: () => setSaved(null) };
}

/** The list with the first connection in it; as it is where it has some. */
function withFirst(known: Listed, first: Connection): Listed {
  const [page, ...rest] = known.pages;
  return page?.data.length === 0 ? { ...known, pages: [{ ...page, data: [first] }, ...rest] } : known;
}

type Listed = InfiniteData<ListPage<Connection>, unknown>;
