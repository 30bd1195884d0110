import type {
  CustomDefinitionInput,
  CustomIntegration,
  CustomTestResult,
  Discovered,
  TestCustomIntegration,
  UpdateCustomIntegration,
} from '@keyrail/contract/custom';
import type { Request } from './request.ts';

/** Integrations that the workspace describes itself. Their slug then works like any other. */
export function customApi(request: Request) {
  const at = (slug: string) => `/v1/custom-integrations/${encodeURIComponent(slug)}`;
  return {
    customIntegrations: {
      list: () => request<{ data: CustomIntegration[] }>('GET', '/v1/custom-integrations'),
      get: (slug: string, signal?: AbortSignal) =>
        request<CustomIntegration>('GET', at(slug), { ...(signal && { signal }) }),
      create: (body: CustomDefinitionInput, idempotencyKey?: string) =>
        request<CustomIntegration>('POST', '/v1/custom-integrations', { body, idempotencyKey }),
      /**
       * `version`: of the one that was looked at. Where credentials would be destroyed, an `ApiError` `conflict` with the reason
       * `credentials_would_be_lost` comes until `confirm` is set; its `affected` names them.
       */
      update: (slug: string, body: UpdateCustomIntegration, version?: number) =>
        request<CustomIntegration>('PATCH', at(slug), { body, ...(version !== undefined && { version }) }),
      /** Without `confirm`, where connections are there: `conflict`, `has_connections`. */
      remove: (slug: string, confirm = false) =>
        request<void>('DELETE', at(slug), { query: { confirm: confirm ? 'true' : undefined } }),
      /** What an authorization server says of itself, by its issuer. Nothing is stored. */
      discover: (issuer: string) =>
        request<Discovered>('POST', '/v1/custom-integrations/discover', { body: { issuer } }),
      /** Sends the check request, or one action, and saves nothing. Secrets are masked in the answer. */
      test: (body: TestCustomIntegration) =>
        request<CustomTestResult>('POST', '/v1/custom-integrations/test', { body }),
    },
  };
}
