import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';

/** Asks anew for everything that a changed channel or webhook shows in. */
export function useTargetsChanged(): () => void {
  const client = useQueryClient();
  return useCallback(() => {
    for (const key of ['notification-channels', 'webhooks', 'deliveries']) {
      void client.invalidateQueries({ queryKey: [key] });
    }
  }, [client]);
}
