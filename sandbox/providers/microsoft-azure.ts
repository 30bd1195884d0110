import { uuidOf } from '../people.ts';
import { bearerOf, memberOf, type Reply, type SandboxRequest } from '../request.ts';
import { ENTRA } from '../service-accounts/entra.ts';
import type { StandIn } from '../stand-in.ts';

export const SUBSCRIPTION = '00000000-0000-4000-8000-00000005b5c1';

/** Azure Resource Manager; its tokens come from the sign-in host of the directory. https://learn.microsoft.com/en-us/rest/api/azure/ */
export const microsoftAzure: StandIn = {
  slug: 'microsoft-azure',
  origin: 'https://management.azure.com',
  tokensOf: 'microsoft-outlook',
  keyOf: bearerOf,
  limitsOf: () => ({ group: 'reads', windows: [{ calls: 12_000, perMs: 3_600_000 }] }),
  rejected: (_key, because) =>
    because === 'expired'
      ? error(
          401,
          'ExpiredAuthenticationToken',
          'The access token expiry UTC time is earlier than current UTC time.',
        )
      : error(401, 'InvalidAuthenticationToken', 'The access token is invalid.'),
  throttled: () => ({
    ...error(429, 'TooManyRequests', 'The request is being throttled as the limit has been reached.'),
    headers: { 'retry-after': '1' },
  }),
  outOfCredits: () =>
    error(429, 'TooManyRequests', 'The request is being throttled as the limit has been reached.'),
  missingPermission: () =>
    error(
      403,
      'AuthorizationFailed',
      "The client does not have authorization to perform action 'Microsoft.Resources/subscriptions/read'.",
    ),
  errorInside: () => ({ status: 200, body: { error: { code: 'InternalServerError', message: 'Internal' } } }),
  answer,
};

function answer({ method, path, query, body }: SandboxRequest): Reply {
  if (!query.has('api-version'))
    return error(
      400,
      'MissingApiVersionParameter',
      'The api-version query parameter (?api-version=) is required for all requests.',
    );
  if (path === '/subscriptions') {
    const one = {
      subscriptionId: SUBSCRIPTION,
      tenantId: ENTRA.tenant,
      displayName: 'Acme production',
      state: 'Enabled',
    };
    return ok({ value: [one], count: { type: 'Total', value: 1 } });
  }
  const [, id = '', rest = ''] = /^\/subscriptions\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  if (id !== SUBSCRIPTION)
    return error(404, 'SubscriptionNotFound', `The subscription '${id}' could not be found.`);
  if (rest === '/resources') {
    const isNone = /nothing/i.test(query.get('$filter') ?? '');
    return ok({ value: isNone ? [] : [resource('shopfiles'), resource('shoplogs')] });
  }
  if (rest === '/resourcegroups') return ok({ value: [group('shop-production', {})] });
  const [, name = ''] = /^\/resourcegroups\/([^/]+)$/.exec(rest) ?? [];
  if (name === 'missing')
    return error(404, 'ResourceGroupNotFound', `Resource group '${name}' could not be found.`);
  if (name !== '' && method === 'PUT')
    return { status: 201, body: group(name, memberOf(body, 'tags') ?? {}) };
  return name === '' ? error(404, 'NotFound', 'Not found') : ok(group(name, {}));
}

function resource(name: string): object {
  const type = 'Microsoft.Storage/storageAccounts';
  const id = `/subscriptions/${SUBSCRIPTION}/resourceGroups/shop-production/providers/${type}/${name}`;
  return { id, name, type, location: 'westeurope', managedBy: uuidOf(name) };
}

function group(name: string, tags: unknown): object {
  const id = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${name}`;
  return { id, name, location: 'westeurope', tags, properties: { provisioningState: 'Succeeded' } };
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

function error(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message } } };
}
