/** Sign-ins that this tab waits for, so that a page that is loaded again goes on waiting. Ids alone. */
const key = (slug: string) => `keyrail-sign-in-${slug}`;

const yielding = new Map<string, Set<() => void>>();

/** Calls when another sign-in of the tool begins in this tab; gives back how to stop that. */
export function onAnotherBegun(slug: string, yields: () => void): () => void {
  const those = yielding.get(slug) ?? new Set();
  yielding.set(slug, those.add(yields));
  return () => void those.delete(yields);
}

export function keepUnderWay(slug: string, id: string): void {
  // First: whoever stops waiting also forgets what was kept.
  for (const yields of yielding.get(slug) ?? []) yields();
  try {
    sessionStorage.setItem(key(slug), id);
  } catch {
    // Then it is not waited for after a reload.
  }
}

export function forgetUnderWay(slug: string): void {
  try {
    sessionStorage.removeItem(key(slug));
  } catch {
    // Nothing was kept.
  }
}

export function underWay(slug: string): string | undefined {
  try {
    return sessionStorage.getItem(key(slug)) ?? undefined;
  } catch {
    return undefined;
  }
}
