import type {
  Authorization,
  OAuthApp,
  SavedOAuthApp,
  StartAuthorization,
  StartedAuthorization,
} from '@keyrail/contract/oauth';
import type { Page } from '@keyrail/contract/page';
import type { SetupCheck } from '@keyrail/contract/setup-check';
import type { WithdrawalEntry } from '@keyrail/contract/withdrawals';
import type { Request } from './request.ts';
import type { PutOAuthApp, SetupCheckAsk, WithdrawalsQuery } from './shapes.ts';

/** Signing in at a provider, and the one-time sign-in setups it is done under. */
export function oauthApi(request: Request) {
  const at = (integration: string) => `/v1/oauth/apps/${encodeURIComponent(integration)}`;
  return {
    setupCheck: {
      /** "Check my setup": what signing in and links depend on, as this server and this browser see it. */
      run: (body: SetupCheckAsk) => request<SetupCheck>('POST', '/v1/setup-check', { body }),
    },
    oauthApps: {
      list: () => request<Page<OAuthApp>>('GET', '/v1/oauth/apps'),
      get: (integration: string) => request<OAuthApp>('GET', at(integration)),
      /** `version`: of the one that was looked at, so that nobody else's change is overwritten. */
      put: (integration: string, body: PutOAuthApp, version?: number) =>
        request<SavedOAuthApp>('PUT', at(integration), { body, ...(version !== undefined && { version }) }),
      remove: (integration: string) => request<void>('DELETE', at(integration)),
      /** The replaced client secret becomes the current one again; nobody signs in again. */
      rollback: (integration: string) => request<SavedOAuthApp>('POST', `${at(integration)}/rollback`),
      /** Ends the time in which the replaced client secret can be rolled back to. */
      destroyPrevious: (integration: string) =>
        request<OAuthApp>('POST', `${at(integration)}/destroy-previous`),
    },
    withdrawals: {
      /** Access that nobody uses here any more: what became of telling its tool so. */
      list: (query: WithdrawalsQuery = {}) =>
        request<Page<WithdrawalEntry>>('GET', '/v1/withdrawals', {
          query: query as Record<string, string | number | undefined>,
        }),
      /** Somebody has seen it: it is shown no more. */
      dismiss: (id: string) => request<void>('DELETE', `/v1/withdrawals/${encodeURIComponent(id)}`),
    },
    authorizations: {
      start: (body: StartAuthorization) =>
        request<StartedAuthorization>('POST', '/v1/oauth/authorizations', { body }),
      get: (id: string) =>
        request<Authorization>('GET', `/v1/oauth/authorizations/${encodeURIComponent(id)}`),
      /** Where the sign-in reaches several accounts (`choosing`): which one the connection is for. */
      choose: (id: string, value: string) =>
        request<Authorization>('POST', `/v1/oauth/authorizations/${encodeURIComponent(id)}/choose`, {
          body: { value },
        }),
    },
  };
}
