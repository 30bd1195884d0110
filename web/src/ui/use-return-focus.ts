import { useEffect, useState } from 'react';

/**
 * For what is mounted only while it is open: the focus goes back to where it was, and where that is gone (its row was
 * deleted), to the page's content, so that the keyboard never begins again at the top.
 */
export function useReturnFocus(): void {
  const [before] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // After the focus trap of the dialog has let go.
      setTimeout(() => {
        if (document.activeElement !== null && document.activeElement !== document.body) return;
        const place = before instanceof HTMLElement && before.isConnected ? before : null;
        (place ?? document.getElementById('content'))?.focus({ preventScroll: true });
      });
    },
    [before],
  );
}
