import type { ConnectedApp, Connection, ConnectionEvent, Dependent } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import type { Page } from '@keyrail/contract/page';
import type { Request } from './request.ts';
import type {
  CheckedConnection,
  ConnectionsQuery,
  ConnectionUsage,
  CreateConnection,
  CreatedConnection,
  IntegrationList,
  IntegrationsQuery,
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
    },
    connections: {
      list: (query: ConnectionsQuery = {}) =>
        request<Page<Connection>>('GET', '/v1/connections', {
          query: query as Record<string, string | number | undefined>,
        }),
      apps: () => request<{ data: ConnectedApp[] }>('GET', '/v1/connections/apps'),
      get: (id: string) => request<Connection>('GET', at(id)),
      create: (body: CreateConnection) => request<CreatedConnection>('POST', '/v1/connections', { body }),
      update: (id: string, body: UpdateConnection, version?: number) =>
        request<UpdatedConnection>('PATCH', at(id), {
          body,
          ...(version !== undefined && { version }),
        }),
      remove: (id: string) => request<void>('DELETE', at(id)),
      verify: (id: string) => request<CheckedConnection>('POST', at(id, '/verify')),
      makeDefault: (id: string) => request<Connection>('POST', at(id, '/default')),
      disconnect: (id: string) => request<Connection>('POST', at(id, '/disconnect')),
      reconnect: (id: string, body: ReconnectConnection) =>
        request<CreatedConnection>('POST', at(id, '/reconnect'), { body }),
      rollback: (id: string) => request<CheckedConnection>('POST', at(id, '/rollback')),
      dependents: (id: string) => request<Page<Dependent>>('GET', at(id, '/dependents')),
      events: (id: string, cursor?: string) =>
        request<Page<ConnectionEvent>>('GET', at(id, '/events'), { query: { cursor } }),
      usage: (id: string) => request<ConnectionUsage>('GET', at(id, '/usage')),
    },
  };
}
