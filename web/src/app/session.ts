import type { Session } from '@keyrail/sdk/shapes';
import { api, chosenWorkspace, speakFor, whenUnauthenticated } from '../lib/api.ts';
import { sessionQuery } from '../lib/queries.ts';
import { allSaved, letPageGo } from '../lib/unsaved.ts';
import { queryClient } from './query-client.ts';

/** Whether anybody was signed in on this page: only then can a session end. */
let hadSession = false;
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('keyrail-session') : undefined;

/** The page that was opened last. */
let lastPath: string | undefined;

/** Asks who is signed in, and speaks for the workspace chosen last, or the first one. `path`: of the page that opens. */
export async function loadSession(path: string | undefined): Promise<Session> {
  const isKnown = queryClient.getQueryData(sessionQuery.queryKey) !== undefined;
  const session = await queryClient.ensureQueryData(sessionQuery);
  const isStep = path !== undefined && path !== lastPath;
  lastPath = path ?? lastPath;
  // Behind the page that opens: a role may have changed since, however quick the step was.
  if (isKnown) void queryClient.prefetchQuery({ ...sessionQuery, staleTime: isStep ? 0 : 1_000 });
  hadSession = true;
  const chosen = chosenWorkspace();
  const workspace = session.workspaces.find((one) => one.id === chosen) ?? session.workspaces[0];
  if (workspace !== undefined) speakFor(workspace.id);
  return session;
}

/** Ends the session here and in every other tab of this browser. */
export async function signOut(): Promise<void> {
  await api.session.signOut();
  channel?.postMessage('signed-out');
  leave('/sign-in?after=signed-out');
}

export function watchSession(): void {
  whenUnauthenticated(() => {
    if (isOutside() || !hadSession) return;
    const here = location.pathname + location.search + location.hash;
    leave(`/sign-in?after=expired&next=${encodeURIComponent(here)}`);
  });
  if (channel) channel.onmessage = () => !isOutside() && leave('/sign-in?after=signed-out');
  // A page brought back by the back button shows what it showed then: load it anew instead.
  addEventListener('pageshow', (event) => event.persisted && location.reload());
}

/** A whole new page load, so that nothing of the session stays in memory. */
function leave(address: string): void {
  letPageGo();
  queryClient.clear();
  document.getElementById('root')?.replaceChildren();
  location.replace(address);
}

/**
 * Turns to another workspace, once all is saved in the one before. A whole new page load, so that nothing of the one before is
 * shown.
 */
export async function switchTo(workspaceId: string): Promise<void> {
  await allSaved();
  speakFor(workspaceId);
  queryClient.clear();
  location.assign('/');
}

const outside: ReadonlySet<string> = new Set(['/sign-in', '/setup', '/invitation']);
const isOutside = (): boolean => outside.has(location.pathname);
