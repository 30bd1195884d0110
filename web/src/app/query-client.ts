import { ApiError } from '@keyrail/sdk/api-error';
import { QueryClient } from '@tanstack/react-query';

/** What was asked is shown at once when a page is opened again, and asked anew behind it. */
export const queryClient = new QueryClient({
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
