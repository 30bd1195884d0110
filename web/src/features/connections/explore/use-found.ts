import { useInfiniteQuery } from '@tanstack/react-query';
import { useDeferredValue } from 'react';
import { integrationPagesQuery } from '../../../lib/queries.ts';

/** What the search finds, and how many there are of each category: of all, and of what it found. */
export function useFound(search: string, category: string | null) {
  const wanted = useDeferredValue(search.trim());
  const whole = useInfiniteQuery(integrationPagesQuery());
  const found = useInfiniteQuery(
    integrationPagesQuery({
      ...(wanted !== '' && { search: wanted }),
      ...(category !== null && { category }),
    }),
  );
  return {
    wanted,
    whole,
    found,
    tools: found.data?.pages.flatMap((page) => page.data) ?? [],
    all: whole.data?.pages[0]?.categories ?? [],
    fitting: found.data?.pages[0]?.categories ?? [],
    /** What is shown is of what is typed. */
    isSettled: wanted === search.trim() && !found.isPlaceholderData,
  };
}
