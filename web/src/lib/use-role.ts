import type { Role, Workspace } from '@keyrail/sdk/shapes';
import { useQuery } from '@tanstack/react-query';
import { chosenWorkspace } from './api.ts';
import { sessionQuery } from './queries.ts';
import { roles } from './roles.ts';

/** The workspace this page speaks for. */
export function useCurrentWorkspace(): Workspace | undefined {
  const session = useQuery(sessionQuery);
  const workspaces = session.data?.workspaces ?? [];
  return workspaces.find((one) => one.id === chosenWorkspace()) ?? workspaces[0];
}

/** Whether the person has at least this role. The server decides; the page only follows. */
export function useMay(least: Role): boolean {
  const role = useCurrentWorkspace()?.role ?? 'viewer';
  return roles.indexOf(role) >= roles.indexOf(least);
}

/** Whether the Connections page is there for the person: the workspace may keep it to owners and admins. */
export function useSeesConnections(): boolean {
  return seesConnections(useCurrentWorkspace());
}

/** The same, where there is no component to ask from. */
export function seesConnections(workspace: Workspace | undefined): boolean {
  const mayManage = workspace?.role === 'owner' || workspace?.role === 'admin';
  return mayManage || workspace?.connections_visible_to !== 'admins';
}

/** Whom to ask: the contact that the workspace set, or its owners by name. */
export function useHelpContact(): string {
  return useCurrentWorkspace()?.whom_to_ask ?? 'an owner or admin of this workspace';
}
