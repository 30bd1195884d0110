/** Sign-ins that this tab waits for, so that a page that is loaded again goes on waiting. Ids alone. */
const key = (slug: string) => `keyrail-sign-in-${slug}`;

export function keepUnderWay(slug: string, id: string): void {
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
