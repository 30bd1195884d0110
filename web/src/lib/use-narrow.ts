import { useSyncExternalStore } from 'react';

/** Whether the page is as narrow as a phone, where some views have another form. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      const narrow = matchMedia('(max-width: 640px)');
      narrow.addEventListener('change', listener);
      return () => narrow.removeEventListener('change', listener);
    },
    () => matchMedia('(max-width: 640px)').matches,
  );
}
