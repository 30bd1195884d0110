import { catalogFolder } from '../catalog/built-in.ts';
import type { OAuth2Method } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { loadCatalog } from '../catalog/load.ts';
import { Secret } from '../lib/secret.ts';
import type { Grant } from './token-endpoint.ts';
import { exchanging, REFRESH, tokenEndpointUnderTest } from './token-endpoint-under-test.ts';

const catalog = await loadCatalog({ builtIn: catalogFolder });

/** How people sign in at an integration, as its own catalog file says it. */
export function signInOf(slug: string): { definition: Definition; method: OAuth2Method } {
  const definition = catalog.get(slug);
  const method = definition?.auth.find((one) => one.type === 'oauth2');
  if (definition === undefined || method?.type !== 'oauth2') throw new Error(`nobody signs in at ${slug}`);
  return { definition, method };
}

/** All where people sign in. */
export function signIns(): string[] {
  return catalog.list().flatMap(({ slug, methods }) => (methods.includes('oauth2') ? [slug] : []));
}

/** A token address that is asked as the catalog file says. */
export function providerUnderTest() {
  const endpoint = tokenEndpointUnderTest();
  const askAt = (slug: string, kind: 'code' | 'refresh' = 'refresh') => {
    const { definition, method } = signInOf(slug);
    const refreshing: Grant = {
      kind: 'refresh_token',
      refreshToken: new Secret(REFRESH),
      params: method.refreshParams,
      grantType: method.refreshGrant,
      tokenParam: method.refreshTokenParam,
      httpMethod: method.refreshMethod,
    };
    const { connectionFields } = definition;
    return endpoint.ask(method, kind === 'code' ? exchanging : refreshing, { connectionFields });
  };
  return { ...endpoint, askAt };
}
