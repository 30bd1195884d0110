import type { Notice } from '@keyrail/contract/notices';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../lib/api.ts';
import { toastError } from '../../lib/toast.tsx';

/** Marks everything up to the newest notice that is shown as read; what comes meanwhile stays unread. */
export function useMarkRead() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (until: Notice['id']) => api.notices.read(until),
    onError: (error) => toastError(error, 'Not marked as read'),
    onSettled: () => client.invalidateQueries({ queryKey: ['notices'] }),
  });
}
