import type { CatalogProblem } from '@keyrail/contract/catalog-problems';
import type {
  ConnectedApp,
  Connection,
  ConnectionChoice,
  ConnectionEvent,
  Dependent,
} from '@keyrail/contract/connections';
import type { FieldChoices, Integration, Recognised } from '@keyrail/contract/integrations';
import type { Page } from '@keyrail/contract/page';
import type { Request } from './request.ts';
import type {
  CheckedConnection,
  ConnectionCredentials,
  ConnectionsQuery,
  ConnectionUsage,
  CreateConnection,
  CreatedConnection,
  FieldChoicesAsk,
  IntegrationList,
  IntegrationsQuery,
  Recognise,
  ReconnectConnection,
  UpdateConnection,
  UpdatedConnection,
} from './shapes.ts';

/** The integrations there are, and the connections of this workspace to them. */
export function connectionsApi(request: Request) {
  const at = (id: string, rest = '') => `/v1/connections/${encodeURIComponent(id)}${rest}`;
  return {
    integrations: {
      list: (query: IntegrationsQuery = {}, signal?: AbortSignal) =>
        request<IntegrationList>('GET', '/v1/integrations', {
          query: query as Record<string, string | number | undefined>,
          ...(signal && { signal }),
        }),
      get: (slug: string) => request<Integration>('GET', `/v1/integrations/${encodeURIComponent(slug)}`),
      /** What is wrong with files of the catalog, which are left out. */
      problems: () => request<{ data: CatalogProblem[] }>('GET', '/v1/catalog-problems'),
      /** What an entered file or key is, before it is saved. */
      recognise: (slug: string, body: Recognise, signal?: AbortSignal) =>
        request<Recognised>('POST', `/v1/integrations/${encodeURIComponent(slug)}/recognise`, {
          body,
          ...(signal && { signal }),
        }),
      /** What the tool offers for a field, asked with what was entered so far. Nothing is stored. */
      choices: (slug: string, body: FieldChoicesAsk, signal?: AbortSignal) =>
        request<FieldChoices>('POST', `/v1/integrations/${encodeURIComponent(slug)}/choices`, {
          body,
          ...(signal && { signal }),
        }),
    },
    connections: {
      list: (query: ConnectionsQuery = {}) =>
        request<Page<Connection>>('GET', '/v1/connections', {
          query: query as Record<string, string | number | undefined>,
        }),
      /** To choose from in a column; also where the Connections page is not shown. */
      choices: (integration: string) =>
        request<{ data: ConnectionChoice[] }>('GET', '/v1/connections/choices', { query: { integration } }),
      /** Those that need attention first; all of them where no limit is given. */
      apps: (query: { limit?: number; cursor?: string } = {}) =>
        request<Page<ConnectedApp>>('GET', '/v1/connections/apps', { query }),
      get: (id: string) => request<Connection>('GET', at(id)),
      /** `idempotencyKey`: the same one again makes no second connection. */
      create: (body: CreateConnection, idempotencyKey?: string) =>
        request<CreatedConnection>('POST', '/v1/connections', { body, idempotencyKey }),
      update: (id: string, body: UpdateConnection, version?: number) =>
        request<UpdatedConnection>('PATCH', at(id), {
          body,
          ...(version !== undefined && { version }),
        }),
      /** `newDefault`: which one becomes the default, where the default of several goes. */
      remove: (id: string, newDefault?: string) =>
        request<void>('DELETE', at(id), { query: { new_default: newDefault } }),
      verify: (id: string) => request<CheckedConnection>('POST', at(id, '/verify')),
      makeDefault: (id: string) => request<Connection>('POST', at(id, '/default')),
      disconnect: (id: string) => request<Connection>('POST', at(id, '/disconnect')),
      reconnect: (id: string, body: ReconnectConnection) =>
        request<CreatedConnection>('POST', at(id, '/reconnect'), { body }),
      rollback: (id: string) => request<CheckedConnection>('POST', at(id, '/rollback')),
      /** Ends the time in which the replaced credential can be rolled back to. */
      destroyPrevious: (id: string) => request<Connection>('POST', at(id, '/destroy-previous')),
      /** The one answer that holds a secret; takes a scope of its own. */
      credentials: (id: string) => request<ConnectionCredentials>('GET', at(id, '/credentials')),
      dependents: (id: string) => request<Page<Dependent>>('GET', at(id, '/dependents')),
      events: (id: string, cursor?: string) =>
        request<Page<ConnectionEvent>>('GET', at(id, '/events'), { query: { cursor } }),
      usage: (id: string) => request<ConnectionUsage>('GET', at(id, '/usage')),
    },
  };
}
