import type {
  ConnectedApp,
  Connection,
  ConnectionEvent,
  ConnectionStatus,
} from '@keyrail/contract/connections';
import type { IntegrationFound } from '@keyrail/contract/integrations';
import type { Page } from '@keyrail/contract/page';
import type { IntegrationsQuery } from '@keyrail/sdk/shapes';
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api } from './api.ts';
import { isHeld } from './held-page.ts';

/** What is asked of the server, each with the key it is kept under. Keys begin with the thing's name. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: () => api.session.get(),
  staleTime: 60_000,
  // A role that was changed, or a workspace one was taken out of, is seen on a page that just stays open.
  refetchInterval: () => (isHeld() ? false : 30_000),
  refetchOnWindowFocus: () => !isHeld(),
});

export const integrationsQuery = (query: IntegrationsQuery = {}) =>
  queryOptions({
    queryKey: ['integrations', query],
    queryFn: ({ signal }) => api.integrations.list({ limit: 200, ...query }, signal),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

/** What the search found, a page at a time; the first page knows how many there are of each category. */
export const integrationPagesQuery = (query: IntegrationsQuery = {}) =>
  infiniteQueryOptions({
    queryKey: ['integrations', 'pages', query],
    queryFn: ({ signal, pageParam }) =>
      api.integrations.list(
        { limit: 60, ...query, ...(pageParam !== undefined && { cursor: pageParam }) },
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

/** Every integration there is, for names and marks in lists. */
export const allIntegrationsQuery = queryOptions({
  queryKey: ['integrations', 'all'],
  queryFn: ({ signal }) => allPages({}, signal),
  staleTime: 60_000,
});

/** All that a search finds, where those that are connected come first: they may be on any page. */
export const allFoundQuery = (search: string) =>
  queryOptions({
    queryKey: ['integrations', 'all', search],
    queryFn: ({ signal }) => allPages({ search }, signal),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });

async function allPages(query: IntegrationsQuery, signal: AbortSignal): Promise<IntegrationFound[]> {
  const all: IntegrationFound[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.integrations.list(
      { ...query, limit: 200, ...(cursor !== undefined && { cursor }) },
      signal,
    );
    all.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

/** Files of the catalog that are left out. They are read at the start of the server alone. */
export const catalogProblemsQuery = queryOptions({
  queryKey: ['catalog-problems'],
  queryFn: async () => (await api.integrations.problems()).data,
  staleTime: 300_000,
});

export const integrationQuery = (slug: string) =>
  queryOptions({
    queryKey: ['integration', slug],
    queryFn: () => api.integrations.get(slug),
    staleTime: 60_000,
  });

export const connectionsQuery = (integration?: string) =>
  queryOptions<Page<Connection>>({
    queryKey: ['connections', { integration: integration ?? null }],
    queryFn: () => api.connections.list({ limit: 200, ...(integration !== undefined && { integration }) }),
  });

const worth: ConnectionStatus[] = [
  'expired',
  'invalid',
  'revoked',
  'disconnected',
  'expiring_soon',
  'limited',
  'out_of_credits',
  'unverified',
];

/**
 * The connections somebody may have to look at: all of them where they are few; of thousands the first ones of each status
 * that is not fine.
 */
export const watchedConnectionsQuery = queryOptions<Connection[]>({
  queryKey: ['connections', 'watched'],
  queryFn: async () => {
    const first = await api.connections.list({ limit: 200 });
    if (first.next_cursor === null) return first.data;
    const pages = await Promise.all(worth.map((status) => api.connections.list({ status, limit: 10 })));
    return pages.flatMap((page) => page.data);
  },
});

/** The connections of one tool, a page at a time. */
export const connectionPagesQuery = (integration: string) =>
  infiniteQueryOptions({
    queryKey: ['connections', 'pages', integration],
    queryFn: ({ pageParam }) => api.connections.list({ integration, limit: 50, cursor: pageParam }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<Connection>) => page.next_cursor ?? undefined,
    // What is told to a tool in the background is seen to end: at once as a rule, within a day where the tool is away.
    refetchInterval: ({ state }) => {
      const all = state.data?.pages.flatMap((page) => page.data) ?? [];
      const pending = all.filter((one) => one.withdrawal?.state === 'pending');
      if (pending.length === 0) return false;
      return pending.some((one) => Date.now() - Date.parse(one.status_since) < 30_000) ? 1_500 : 30_000;
    },
  });

export const connectionQuery = (id: string) =>
  queryOptions({ queryKey: ['connections', 'one', id], queryFn: () => api.connections.get(id) });

export const oauthAppsQuery = queryOptions({
  queryKey: ['oauth-apps'],
  queryFn: () => api.oauthApps.list(),
});

/** Access that is to be ended at a tool by a person, as telling the tool did not work. */
export const failedWithdrawalsQuery = queryOptions({
  queryKey: ['connections', 'withdrawals', 'failed'],
  queryFn: () => api.withdrawals.list({ state: 'failed', limit: 20 }),
});

export const connectedAppsQuery = queryOptions<ConnectedApp[]>({
  queryKey: ['connections', 'apps'],
  queryFn: async () => (await api.connections.apps()).data,
});

export const dependentsQuery = (id: string) =>
  queryOptions({
    queryKey: ['connections', 'dependents', id],
    queryFn: () => api.connections.dependents(id),
  });

/** What happened to a connection, newest first, a page at a time. */
export const eventsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ['connections', 'events', id],
    queryFn: ({ pageParam }) => api.connections.events(id, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page: Page<ConnectionEvent>) => page.next_cursor ?? undefined,
  });

export const usageQuery = (id: string) =>
  queryOptions({ queryKey: ['connections', 'usage', id], queryFn: () => api.connections.usage(id) });

export const tablesQuery = queryOptions({
  queryKey: ['tables'],
  queryFn: () => api.tables.list({ limit: 200 }),
});

export const tableQuery = (id: string) =>
  queryOptions({ queryKey: ['table', id], queryFn: () => api.tables.get(id) });

export const runQuery = (id: string) =>
  queryOptions({ queryKey: ['run', id], queryFn: () => api.runs.get(id) });

export const runsQuery = queryOptions({
  queryKey: ['runs'],
  queryFn: () => api.runs.list({ limit: 20 }),
});

export const tokensQuery = queryOptions({ queryKey: ['tokens'], queryFn: () => api.tokens.list() });
