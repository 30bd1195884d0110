import { ApiError } from '@keyrail/sdk/api-error';
import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { hasCode } from '../lib/failure.ts';
import { sessionQuery } from '../lib/queries.ts';

/** What was asked is shown at once when a page is opened again, and asked anew behind it. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: askAnewAfterRefusal }),
  mutationCache: new MutationCache({ onError: askAnewAfterRefusal }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < 2 && mayPass(error),
      retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 4_000),
    },
    mutations: { retry: false },
  },
});

/** Whether asking again may help: not for an answer that says no. */
function mayPass(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 'network' || error.status >= 500);
}

/** What the page believed allowed is not: the role may have changed, so it is asked anew and the page follows. */
function askAnewAfterRefusal(error: unknown): void {
  if (hasCode(error, 'forbidden')) void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
}
