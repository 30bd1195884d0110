import { useCallback } from 'react';
import { api } from '../../../lib/api.ts';
import type { Saved } from '../outcome.tsx';
import { useConnectionsChanged } from '../use-changes.ts';
import { type SignInControl, useSignIn } from './use-sign-in.ts';

/** A sign-in whose end is a connection to show: read anew, with the outcome of its check. */
export function useSignedIn(
  tool: { slug: string; name: string },
  onSaved: (saved: Saved) => void,
): SignInControl {
  const changed = useConnectionsChanged();
  const onConnected = useCallback(
    (connectionId: string) => {
      changed();
      api.connections.get(connectionId).then(
        (connection) => onSaved({ ...connection, verdict: connection.last_verdict, notes: [] }),
        // It is in the list, which is asked for anew.
        () => {},
      );
    },
    [changed, onSaved],
  );
  return useSignIn(tool, onConnected);
}
