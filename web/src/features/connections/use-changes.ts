import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';

/** Asks anew for everything that a changed connection shows in. */
export function useConnectionsChanged(): () => void {
  const client = useQueryClient();
  return useCallback(() => {
    void client.invalidateQueries({ queryKey: ['connections'] });
    void client.invalidateQueries({ queryKey: ['integrations'] });
    void client.invalidateQueries({ queryKey: ['integration'] });
    void client.invalidateQueries({ queryKey: ['oauth-apps'] });
    void client.invalidateQueries({ queryKey: ['expiries'] });
    void client.invalidateQueries({ queryKey: ['notices'] });
  }, [client]);
}
