import type { Catalog } from '../catalog/catalog.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { methodById } from '../catalog/methods.ts';
import { resolveBaseUrl } from '../catalog/requests/base-url.ts';
import type { AddressSource } from '../catalog/requests/request.ts';
import { budgetKeyOf } from '../connections/budget-key.ts';
import type { Connections } from '../connections/connections.ts';
import type { ResolvedConnection, UsableConnection } from '../connections/resolve.ts';
import { trustedBy } from '../connections/trusted.ts';
import type { RateWindow } from '../outbound/call.ts';
import type { CredentialSource, Trusted } from '../outbound/credential-source.ts';

export interface PrepareDeps {
  catalogs: Catalogs;
  connections: Pick<Connections, 'credentialSource'>;
}

/** Everything about an action that is the same for all rows: made once, used for each. */
export interface PreparedAction {
  workspaceId: string;
  definition: Definition;
  action: Action;
  connection: UsableConnection;
  credential: CredentialSource;
  address: AddressSource;
  trusted?: Trusted | undefined;
  allowedOrigins: readonly string[];
  rateWindows: readonly RateWindow[];
  budgetKey: string;
}

export type NamedAction =
  | { kind: 'found'; definition: Definition; action: Action }
  | { kind: 'unknown_action'; message: string }
  /** Its file is gone, or broken; what hangs on it goes on once it is back. */
  | { kind: 'unknown_integration'; message: string };

/** The action a column names. The catalog may have changed since the column was made. */
export function findAction(catalog: Pick<Catalog, 'get'>, integration: string, name: string): NamedAction {
  const definition = catalog.get(integration);
  if (definition === undefined)
    return {
      kind: 'unknown_integration',
      message: `The catalog has no “${integration}” any more: its file is gone or broken. It goes on when the file is back.`,
    };
  const action = definition.actions.find((one) => one.name === name);
  return action === undefined
    ? { kind: 'unknown_action', message: `${definition.name} has no action "${name}".` }
    : { kind: 'found', definition, action };
}

/** Puts an action and the connection it uses together; a string says why they do not fit. */
export function prepareAction(
  deps: Pick<PrepareDeps, 'connections'>,
  workspaceId: string,
  found: Extract<NamedAction, { kind: 'found' }>,
  resolved: Extract<ResolvedConnection, { kind: 'usable' }>,
): PreparedAction | string {
  const { definition, action } = found;
  const { connection } = resolved;
  const method = methodById(definition, connection.method);
  if (action.methods?.includes(connection.method) === false) return wrongMethod(found, connection.method);
  const address = { ...definition, baseUrl: action.baseUrl ?? method?.baseUrl ?? definition.baseUrl };
  const base = resolveBaseUrl(address, connection.fields);
  if (base.kind === 'unfit') return base.message;
  return {
    workspaceId,
    definition,
    action,
    connection,
    credential: deps.connections.credentialSource(workspaceId, connection.id, connection.fields),
    address,
    trusted: trustedBy(definition, method, connection.fields),
    allowedOrigins: [new URL(base.url).origin],
    rateWindows: windowsOf(definition, action),
    budgetKey: budgetKeyOf(definition, connection),
  };
}

/** Other methods may be for another API of the same provider, where the action is not known. */
function wrongMethod(
  { definition, action }: Pick<PreparedAction, 'definition' | 'action'>,
  method: string,
): string {
  const words = (name: string) => {
    const found = methodById(definition, name);
    return `“${found?.label ?? name}”`;
  };
  const wanted = (action.methods ?? []).map(words).join(' or ');
  return `“${action.label}” takes a connection to ${definition.name} by ${wanted}; this one is by ${words(method)}.`;
}

/** The documented limits that count this action: those for every call, and those of its group. */
export function windowsOf(definition: Definition, action: Action): readonly RateWindow[] {
  const windows = definition.rateLimits?.windows ?? [];
  return windows.filter((window) => window.group === undefined || window.group === action.rateGroup);
}
