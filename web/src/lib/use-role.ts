import type { Role, Workspace } from '@keyrail/sdk/shapes';
import { useQuery } from '@tanstack/react-query';
import { chosenWorkspace } from './api.ts';
import { sessionQuery } from './queries.ts';

/** The workspace this page speaks for. */
export function useCurrentWorkspace(): Workspace | undefined {
  const session = useQuery(sessionQuery);
  const workspaces = session.data?.workspaces ?? [];
  return workspaces.find((one) => one.id === chosenWorkspace()) ?? workspaces[0];
}

const order: Role[] = ['viewer', 'editor', 'admin', 'owner'];

/** Whether the person has at least this role. The server decides; the page only follows. */
export function useMay(least: Role): boolean {
  const role = useCurrentWorkspace()?.role ?? 'viewer';
  return order.indexOf(role) >= order.indexOf(least);
}

/** Whom to ask, as the workspace's owner set it. */
export function useHelpContact(): string {
  return useCurrentWorkspace()?.contact_for_help ?? 'an owner or admin of this workspace';
}
