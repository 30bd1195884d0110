import { auditApi } from './audit-api.ts';
import { connectionsApi } from './connections-api.ts';
import { customApi } from './custom-api.ts';
import { noticesApi } from './notices-api.ts';
import { oauthApi } from './oauth-api.ts';
import { peopleApi } from './people-api.ts';
import { proxyApi } from './proxy-api.ts';
import { type ClientOptions, createRequest } from './request.ts';
import { runsApi } from './runs-api.ts';
import { tablesApi } from './tables-api.ts';

/**
 * The typed client of Keyrail's HTTP API. Every call answers with the parsed JSON or throws an `ApiError`.
 * With a token it works anywhere (`createClient({ baseUrl, token })`); in the browser with the session's cookie.
 */
export function createClient(options: ClientOptions = {}) {
  const request = createRequest(options);
  return {
    ...peopleApi(request),
    ...connectionsApi(request),
    ...oauthApi(request),
    ...customApi(request),
    ...noticesApi(request),
    ...tablesApi(request),
    ...runsApi(request),
    ...auditApi(request),
    ...proxyApi(options),
  };
}

export type Client = ReturnType<typeof createClient>;
