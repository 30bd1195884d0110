import { type Client, createClient } from '@keyrail/sdk/client';
import { type ClientOptions, identityHeaders } from '@keyrail/sdk/request';

const workspaceKey = 'keyrail-workspace';
let workspaceId: string | undefined;
let onUnauthenticated: () => void = () => {};

const options: ClientOptions = {
  workspace: () => workspaceId,
  onUnauthenticated: () => onUnauthenticated(),
};

export const api: Client = createClient(options);

/** The workspace every request speaks for. Only its id is kept in the browser: by tab, and the last one for new tabs. */
export function speakFor(id: string): void {
  workspaceId = id;
  remember(workspaceKey, id);
  try {
    sessionStorage.setItem(workspaceKey, id);
  } catch {
    // Nothing depends on it.
  }
}

/** Another tab may have turned to another workspace; this one stays. */
export function chosenWorkspace(): string | undefined {
  if (workspaceId !== undefined) return workspaceId;
  try {
    return sessionStorage.getItem(workspaceKey) ?? recall(workspaceKey);
  } catch {
    return recall(workspaceKey);
  }
}

/** What to do when the session is over; set once by the app. */
export function whenUnauthenticated(act: () => void): void {
  onUnauthenticated = act;
}

/** For requests that do not go through `fetch`: uploads with progress, event streams. */
export const requestHeaders = (): Record<string, string> => identityHeaders(options);

/** Keeps a preference in this browser. Storage may be shut or full; then it holds for this page alone. */
export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Nothing depends on it.
  }
}

export function recall(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}
