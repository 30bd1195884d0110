import { useEffect, useSyncExternalStore } from 'react';

export interface Crumb {
  label: string;
  to?: string;
}

let crumbs: readonly Crumb[] = [];
const listeners = new Set<() => void>();

/** Says where this page is: the breadcrumb of the top bar, and the title of the browser's tab. */
export function useCrumbs(next: readonly Crumb[]): void {
  const key = JSON.stringify(next);
  useEffect(() => {
    crumbs = JSON.parse(key) as Crumb[];
    document.title = [...crumbs.map((crumb) => crumb.label).reverse(), 'Keyrail'].join(' · ');
    for (const listener of listeners) listener();
  }, [key]);
}

export function useShownCrumbs(): readonly Crumb[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => crumbs,
  );
}
