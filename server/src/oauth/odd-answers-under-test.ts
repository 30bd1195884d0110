import { beforeAll } from 'vitest';
import { catalogFolder } from '../catalog/built-in.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { authMethodSchema, type OAuth2Method } from '../catalog/definition/auth-definition.ts';
import { type ConnectionField, connectionFieldSchema } from '../catalog/definition/field-definition.ts';
import { loadCatalog } from '../catalog/load.ts';
import { Secret } from '../lib/secret.ts';
import { askTokenEndpoint, type Grant } from './token-endpoint.ts';
import { refreshing, SECRET, tokenEndpointUnderTest } from './token-endpoint-under-test.ts';

/** A tool of the catalog, or the lines of a method as a catalog file would have them. */
export type Given = string | Record<string, unknown>;

/** Token addresses that answer as they are told, and what is made of it. */
export function oddAnswersUnderTest() {
  const endpoint = tokenEndpointUnderTest();
  let catalog: Catalog;
  beforeAll(async () => {
    catalog = await loadCatalog({ builtIn: catalogFolder });
  });

  function read(given: Given): { method: OAuth2Method; connectionFields: readonly ConnectionField[] } {
    if (typeof given === 'string') {
      const definition = catalog.get(given);
      const method = definition?.auth.find((one) => one.type === 'oauth2');
      if (definition === undefined || method?.type !== 'oauth2') throw new Error(`no sign-in at ${given}`);
      return { method, connectionFields: definition.connectionFields };
    }
    const { fields = [], ...lines } = given;
    const addresses = { authorize_url: 'https://odd.example/a', token_url: 'https://odd.example/t' };
    const method = authMethodSchema.parse({ type: 'oauth2', ...addresses, ...lines });
    if (method.type !== 'oauth2') throw new Error('no sign-in');
    return { method, connectionFields: (fields as unknown[]).map((one) => connectionFieldSchema.parse(one)) };
  }

  /** What is made of an answer; `asked` is what was sent: the code of a sign-in, or a refresh token. */
  async function answered(
    given: Given,
    status: number,
    body: unknown,
    asked: Grant = refreshing,
    headers: Record<string, string> = {},
  ) {
    const { method, connectionFields } = read(given);
    endpoint.answer(status, body, headers);
    const outcome = await askTokenEndpoint(endpoint.deps(), {
      workspaceId: 'wsp_1',
      url: `${endpoint.server().origin}/token`,
      endpoint: method,
      client: { id: 'fake-client', secret: new Secret(SECRET) },
      grant: asked,
      connectionFields,
    });
    if (outcome.kind !== 'minted') return outcome;
    const { minted, account } = outcome;
    return {
      kind: 'minted',
      access: minted.accessToken.reveal(),
      refresh: minted.refreshToken?.reveal() ?? null,
      seconds: minted.expiresInSeconds,
      refreshSeconds: minted.refreshExpiresInSeconds,
      ends: minted.grantEndsInSeconds,
      scopes: minted.scopes,
      fields: minted.fields,
      account,
    };
  }

  return answered;
}
