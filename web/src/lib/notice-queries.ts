import type { Expiry, ExpiryKind } from '@keyrail/contract/expiries';
import type { Delivery, NoticeKind } from '@keyrail/contract/notices';
import type { Page } from '@keyrail/contract/page';
import type { NoticeList } from '@keyrail/sdk/shapes';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from './api.ts';
import { addDays, type Day, weeksOf } from './dates.ts';

/** What ends when, the soonest first, a page at a time; what is over comes before. */
export const expiryPagesQuery = (kind?: ExpiryKind) =>
  infiniteQueryOptions({
    queryKey: ['expiries', 'list', kind ?? null],
    queryFn: ({ pageParam }) =>
      api.expiries.list({
        limit: 50,
        ...(kind !== undefined && { kind }),
        ...(pageParam !== undefined && { cursor: pageParam }),
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Expiry>) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

/** All that ends in the weeks a month is drawn in. Far more than fits on a page of a calendar is cut off. */
export const monthExpiriesQuery = (month: Day, kind?: ExpiryKind) =>
  queryOptions({
    queryKey: ['expiries', 'month', month, kind ?? null],
    queryFn: async () => {
      const days = weeksOf(month).flat();
      const from = new Date(`${days[0]}T00:00:00`).toISOString();
      const until = new Date(`${addDays(days.at(-1) ?? month, 1)}T00:00:00`).toISOString();
      const all: Expiry[] = [];
      let cursor: string | undefined;
      do {
        const page = await api.expiries.list({
          from,
          until,
          limit: 200,
          ...(kind !== undefined && { kind }),
          ...(cursor !== undefined && { cursor }),
        });
        all.push(...page.data);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined && all.length < 1_000);
      return all;
    },
  });

/** The next few, for the Overview. */
export const soonExpiriesQuery = queryOptions({
  queryKey: ['expiries', 'soon'],
  queryFn: () => api.expiries.list({ limit: 6, until: new Date(Date.now() + 90 * 86_400_000).toISOString() }),
});

/** For the bell: the last ones, and how many are unread. */
export const bellQuery = queryOptions<NoticeList>({
  queryKey: ['notices', 'bell'],
  queryFn: () => api.notices.list({ limit: 15 }),
  refetchInterval: 30_000,
});

export const noticePagesQuery = (kind?: NoticeKind) =>
  infiniteQueryOptions({
    queryKey: ['notices', 'list', kind ?? null],
    queryFn: ({ pageParam }) =>
      api.notices.list({
        limit: 50,
        ...(kind !== undefined && { kind }),
        ...(pageParam !== undefined && { cursor: pageParam }),
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: NoticeList) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });

export const channelsQuery = queryOptions({
  queryKey: ['notification-channels'],
  queryFn: () => api.notificationChannels.list(),
});

export const webhooksQuery = queryOptions({ queryKey: ['webhooks'], queryFn: () => api.webhooks.list() });

/** What was sent where; looked at again while something is under way. */
export const deliveriesQuery = (filter: { channel?: string; state?: Delivery['state'] } = {}) =>
  infiniteQueryOptions({
    queryKey: ['deliveries', filter],
    queryFn: ({ pageParam }) =>
      api.deliveries.list({
        limit: 25,
        ...filter,
        ...(pageParam !== undefined && { cursor: pageParam }),
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Delivery>) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => {
      const pending = state.data?.pages.flatMap((page) => page.data).filter((one) => one.state === 'pending');
      if (pending === undefined || pending.length === 0) return false;
      return pending.some((one) => Date.now() - Date.parse(one.created_at) < 30_000) ? 1_500 : 15_000;
    },
  });
