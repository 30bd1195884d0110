import { useCallback, useEffect } from 'react';
import { api } from '../../../lib/api.ts';
import { hasCode } from '../../../lib/failure.ts';
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
    (connectionId: string, chosen: string | null) => {
      changed();
      api.connections.get(connectionId).then(
        (connection) =>
          onSaved({
            ...connection,
            verdict: connection.last_verdict,
            notes: chosen === null ? [] : [chosen],
          }),
        // It is in the list, which is asked for anew.
        () => {},
      );
    },
    [changed, onSaved],
  );
  const control = useSignIn(tool, onConnected);
  const { state } = control;
  // Somebody removed the one-time setup meanwhile: the form follows.
  const isSetupGone = state.kind === 'refused' && hasCode(state.error, 'setup_missing');
  useEffect(() => {
    if (isSetupGone) changed();
  }, [isSetupGone, changed]);
  return control;
}
